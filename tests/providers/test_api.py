"""Tests of the accounts' JSON API, over real HTTP to the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.tokens import store
from providers.credentials.sealing import open_sealed
from providers.models import AccountState, ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import NOW, AccountFactory

ACCOUNTS = "/api/v1/providers/pixverse/accounts"
SECRET = "canary-4f1d7c0a-never-shown"


@pytest.fixture
def sandbox(settings: Any) -> Iterator[SandboxServer]:
    with SandboxServer(size=20, seed=1, access_key=SECRET) as server:
        settings.STEMMA_PRIVATE_HOSTS = ["127.0.0.1"]
        yield server


def connect(as_alice: Client, **changes: Any) -> Any:
    body = {"label": "Main", "credentials": {"access_key": SECRET}, **changes}
    return as_alice.post(ACCOUNTS, body, content_type="application/json")


def change(as_alice: Client, account_id: int, **body: Any) -> Any:
    return as_alice.patch(f"{ACCOUNTS}/{account_id}", body, content_type="application/json")


class TestListProviders:
    def test_says_how_to_sign_in_and_what_can_be_read(self, as_alice: Client) -> None:
        answer = as_alice.get("/api/v1/providers").json()

        found = {provider["provider_id"]: provider for provider in answer["items"]}["pixverse"]
        assert answer["total"] == len(answer["items"])
        assert found["display_name"] == "Pixverse"
        assert found["lists"] == ["videos", "images", "audio"]
        assert "list_assets" in found["capabilities"]
        assert found["sign_in_methods"][0]["fields"][0].keys() == {"name", "label", "help_text", "is_secret"}


class TestConnectAccount:
    def test_stores_credentials_and_never_shows_them(self, as_alice: Client, alice: User) -> None:
        created = connect(as_alice, label=" Main ")
        shown = as_alice.get(f"{ACCOUNTS}/{created.json()['id']}")
        listed = as_alice.get(ACCOUNTS)

        account = ProviderAccount.objects.get()
        assert created.status_code == 201
        assert created.json() == shown.json() == listed.json()["items"][0]
        assert (created.json()["label"], created.json()["state"]) == ("Main", "untested")
        assert account.owner == alice
        assert open_sealed(account.sealed_credentials) == {"access_key": SECRET}
        for answer in (created, shown, listed):
            assert SECRET not in answer.content.decode()
            assert "credentials" not in answer.content.decode()

    def test_takes_a_bearer_token(self, client: Client, alice: User) -> None:
        issued = store.issue(alice, name="laptop", now=NOW)

        answer = client.post(
            ACCOUNTS,
            {"label": "Main", "credentials": {"access_key": SECRET}},
            content_type="application/json",
            headers={"Authorization": f"Bearer {issued.token}"},
        )

        assert answer.status_code == 201

    def test_needs_the_csrf_token_with_a_session(self, alice: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice)

        assert connect(strict).json()["code"] == "forbidden"
        assert ProviderAccount.objects.count() == 0

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"label": "  "}, "label"),
            ({"label": "two\nlines"}, "label"),
            ({"label": "x" * 81}, "label"),
            ({"label": None}, "label"),
            ({"label": "a\x00b"}, "label"),
            ({"base_url": "http://pixverse.test"}, "base_url"),
            ({"base_url": "https://me:word@pixverse.test"}, "base_url"),
            ({"base_url": "nonsense"}, "base_url"),
            ({"base_url": "https://pixverse.test/a\x00b"}, "base_url"),
            ({"base_url": "https://pixverse.test/a\ud800b"}, "base_url"),
            ({"base_url": "https://pixverse.test/a\u202eb"}, "base_url"),
            ({"base_url": "https://pix\nverse.test"}, "base_url"),
            ({"base_url": "https://pixverse.test/a b"}, "base_url"),
            ({"base_url": "https://pixv☃rse.test"}, "base_url"),
            ({"credentials": {}}, "credentials"),
            ({"credentials": {"access_key": SECRET, "token": SECRET}}, "credentials"),
            ({"credentials": {"access_key": f"{SECRET}\n"[::-1] + " x"}}, "access_key"),
            ({"credentials": SECRET}, "credentials"),
            ({"credentials": {"access_key": 7}}, "credentials.access_key"),
            ({"pasword": SECRET}, "pasword"),
        ],
        ids=ascii,
    )
    def test_says_what_is_wrong_and_quotes_nothing(self, as_alice: Client, changes: dict[str, Any], field: str) -> None:
        answer = connect(as_alice, **changes)

        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid_request"
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert SECRET not in answer.content.decode()
        assert ProviderAccount.objects.count() == 0

    def test_refuses_the_same_label_twice(self, as_alice: Client) -> None:
        connect(as_alice)

        answer = connect(as_alice)

        assert (answer.status_code, answer.json()["code"]) == (409, "account_conflict")
        assert answer.json()["errors"][0]["field"] == "label"
        assert ProviderAccount.objects.count() == 1

    @pytest.mark.parametrize("provider_id", ["nobody", "PIXVERSE", "%00", "%2e%2e"])
    def test_rejects_an_unknown_provider(self, as_alice: Client, provider_id: str) -> None:
        address = f"/api/v1/providers/{provider_id}/accounts"

        assert as_alice.get(address).json()["code"] == "not_found"
        assert as_alice.post(
            address, {"label": "x", "credentials": {}}, content_type="application/json"
        ).json()["code"] == "not_found"  # fmt: skip


class TestListAccounts:
    def test_lists_a_window_of_the_users_own(self, as_alice: Client, alice: User) -> None:
        AccountFactory()
        AccountFactory.create_batch(3, owner=alice)

        answer = as_alice.get(ACCOUNTS, {"limit": 2, "offset": 2}).json()

        assert (answer["total"], answer["limit"], answer["offset"], len(answer["items"])) == (3, 2, 2, 1)


class TestChangeAccount:
    def test_changes_what_is_given(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice, label="Old", state=AccountState.ACTIVE)

        answer = change(as_alice, account.pk, label="New", is_enabled=False)

        assert answer.status_code == 200
        assert (answer.json()["label"], answer.json()["is_enabled"], answer.json()["state"]) == ("New", False, "active")
        account.refresh_from_db()
        assert (account.label, account.is_enabled) == ("New", False)

    def test_replaces_credentials(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice, state=AccountState.ACTIVE)

        answer = change(as_alice, account.pk, credentials={"token": SECRET})

        account.refresh_from_db()
        assert open_sealed(account.sealed_credentials) == {"token": SECRET}
        assert answer.json()["state"] == "untested"
        assert SECRET not in answer.content.decode()

    def test_rejects_an_invalid_address(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice)

        answer = change(as_alice, account.pk, base_url="https://pixverse.test/a\x00b", credentials={"token": SECRET})

        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["base_url"]

    def test_sends_no_stored_credentials_to_a_new_address(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice)

        answer = change(as_alice, account.pk, base_url="https://elsewhere.test")

        assert answer.status_code == 409
        account.refresh_from_db()
        assert account.base_url == ""


class TestTestAccount:
    def test_returns_name_and_balances(self, as_alice: Client, sandbox: SandboxServer) -> None:
        account_id = connect(as_alice, base_url=sandbox.url).json()["id"]

        answer = as_alice.post(f"{ACCOUNTS}/{account_id}/test")

        assert answer.status_code == 200
        assert answer.json()["account"]["state"] == "active"
        assert answer.json()["account"]["balances"][0].keys() == {"kind", "amount", "unit"}
        assert answer.json()["account"]["checked_at"]
        assert isinstance(answer.json()["workspaces"], list)

    def test_reports_an_invalid_key(self, as_alice: Client, sandbox: SandboxServer) -> None:
        account_id = connect(as_alice, base_url=sandbox.url, credentials={"access_key": "dead-key"}).json()["id"]

        answer = as_alice.post(f"{ACCOUNTS}/{account_id}/test")

        assert (answer.status_code, answer.json()["code"]) == (401, "provider_authentication")
        assert answer.json()["next_step"]
        assert "dead-key" not in answer.content.decode()
        assert as_alice.get(f"{ACCOUNTS}/{account_id}").json()["state"] == "needs_sign_in"


class TestDisconnectAccount:
    def test_deletes_it(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice)

        assert as_alice.delete(f"{ACCOUNTS}/{account.pk}").status_code == 204
        assert as_alice.get(f"{ACCOUNTS}/{account.pk}").status_code == 404


class TestAMalformedId:
    @pytest.mark.parametrize("account_id", ["0", "-1", "x", "1.5", "1e3", str(2**63), str(2**70), "%00", "１"])
    def test_is_a_problem_and_no_crash(self, as_alice: Client, account_id: str) -> None:
        answer = as_alice.get(f"{ACCOUNTS}/{account_id}")

        assert answer.status_code in (404, 422)
        assert answer.json()["code"] in ("not_found", "invalid_request")
