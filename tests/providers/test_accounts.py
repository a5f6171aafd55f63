"""Tests of provider accounts, over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import management
from django.test import Client
from django.urls import reverse

from providers import accounts
from providers.credentials.sealing import open_sealed
from providers.errors import (
    Authentication,
    ContentFiltered,
    InvalidParameters,
    ProtocolError,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    TimedOut,
    Unavailable,
)
from providers.models import AccountState, ProviderAccount
from tests.factories import NOW, AccountFactory, UserFactory
from tests.providers.answering import AnsweringServer, envelope
from tests.providers.pixverse import recordings

pytestmark = pytest.mark.django_db

CANARY = "canary-51c7e0"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def owner() -> User:
    """Owner of the accounts."""
    user: User = UserFactory.create()
    return user


def connected(owner: User, **given: Any) -> ProviderAccount:
    """Connect an account, with some values replaced."""
    filled: dict[str, Any] = {
        "provider_id": "pixverse",
        "label": "Mine",
        "credentials": {"access_key": CANARY},
        "now": NOW,
        **given,
    }
    return accounts.connect(owner, **filled)


def answering(*codes: int) -> AnsweringServer:
    """Server that answers the requests of an account check, successfully or with error codes."""
    told = [envelope(None, code=code) for code in codes] or [
        envelope(recordings.answer(f"web-{name}.json")["Resp"]) for name in ("user-credits", "user-info", "workspaces")
    ]
    return AnsweringServer(*told)


class TestConnect:
    def test_stores_credentials_encrypted(self, owner: User) -> None:
        account = connected(owner, label="  Mine ", credentials={"access_key": f" {CANARY}\n"})

        account.refresh_from_db()
        assert account.label == "Mine"
        assert account.state == AccountState.UNTESTED
        assert CANARY not in account.sealed_credentials
        assert open_sealed(account.sealed_credentials) == {"access_key": CANARY}

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"provider_id": "nobody"}, "provider_id"),
            ({"label": " "}, "label"),
            ({"label": "x" * 81}, "label"),
            ({"label": "two\nlines"}, "label"),
            ({"label": "a\u202eb"}, "label"),
            ({"base_url": "https://☃.example"}, "base_url"),
            ({"base_url": "https://example.com/two words"}, "base_url"),
            ({"base_url": "https://[ü"}, "base_url"),
            ({"base_url": "https://bücher.example/" + "ü" * 100}, "base_url"),
            ({"base_url": "http://example.com"}, "base_url"),
            ({"base_url": "http://127.0.0.1:8001"}, "base_url"),
            ({"base_url": "https://example.com/" + "x" * 300}, "base_url"),
            ({"credentials": {}}, "credentials"),
            ({"credentials": {"access_key": " "}}, "credentials"),
            ({"credentials": {"access_key": "a", "token": "b"}}, "credentials"),
            ({"credentials": {"password": "a"}}, "password"),
            ({"credentials": {"access_key": "two words"}}, "access_key"),
            ({"credentials": {"access_key": "ünïcode"}}, "access_key"),
            ({"credentials": {"access_key": "x" * 9000}}, "access_key"),
        ],
    )
    def test_says_what_is_wrong(self, owner: User, given: dict[str, Any], field: str) -> None:
        with pytest.raises(accounts.InvalidAccount) as caught:
            connected(owner, **given)

        assert field in caught.value.errors
        assert ProviderAccount.objects.count() == 0

    def test_says_all_that_is_wrong_without_quoting_credentials(self, owner: User) -> None:
        with pytest.raises(accounts.InvalidAccount) as caught:
            connected(owner, label="", base_url="nowhere", credentials={"access_key": f"{CANARY} twice"})

        assert set(caught.value.errors) == {"label", "base_url", "access_key"}
        assert CANARY not in str(caught.value)

    @pytest.mark.parametrize("label", ["👩‍👩‍👧", "🏳️‍🌈", "می‌خواهم", "क्‍ष"])
    def test_takes_names_of_every_script(self, owner: User, label: str) -> None:
        assert connected(owner, label=label).label == label

    def test_stores_spaces_as_plain_ones(self, owner: User) -> None:
        connected(owner, label="two words")

        with pytest.raises(accounts.InvalidAccount):
            connected(owner, label="two\u00a0words")

    def test_stores_an_internationalized_address_as_it_is_sent(self, owner: User) -> None:
        account = connected(owner, base_url="https://bücher.example:8443/v1")

        assert account.base_url == "https://xn--bcher-kva.example:8443/v1"

    def test_refuses_a_label_taken_at_that_provider(self, owner: User) -> None:
        connected(owner)
        connected(UserFactory.create())

        with pytest.raises(accounts.InvalidAccount) as caught:
            connected(owner)

        assert set(caught.value.errors) == {"label"}

    def test_allows_plain_http_to_listed_hosts_only(self, owner: User, loopback: None) -> None:
        assert connected(owner, base_url="http://127.0.0.1:8001").base_url == "http://127.0.0.1:8001"


class TestUpdate:
    def test_changes_what_is_given(self, owner: User) -> None:
        account = connected(owner)
        sealed = account.sealed_credentials

        accounts.update(account, label="Other", is_enabled=False, now=LATER)

        account.refresh_from_db()
        assert (account.label, account.is_enabled, account.updated_at) == ("Other", False, LATER)
        assert account.sealed_credentials == sealed

    def test_resets_the_state_with_new_credentials(self, owner: User) -> None:
        account = AccountFactory.create(owner=owner, state=AccountState.NEEDS_SIGN_IN, state_detail="No.")

        accounts.update(account, credentials={"token": "new"}, now=LATER)

        account.refresh_from_db()
        assert (account.state, account.state_detail) == (AccountState.UNTESTED, "")
        assert open_sealed(account.sealed_credentials) == {"token": "new"}

    def test_never_sends_stored_credentials_to_another_address(self, owner: User) -> None:
        account = connected(owner)

        with pytest.raises(accounts.InvalidAccount) as caught:
            accounts.update(account, base_url="https://example.com", now=LATER)

        account.refresh_from_db()
        assert "credentials" in caught.value.errors
        assert account.base_url == ""

    def test_changes_nothing_when_something_is_wrong(self, owner: User) -> None:
        connected(owner, label="Taken")
        account = connected(owner)

        with pytest.raises(accounts.InvalidAccount):
            accounts.update(account, label="Taken", is_enabled=False, now=LATER)

        account.refresh_from_db()
        assert (account.label, account.is_enabled) == ("Mine", True)


@pytest.mark.usefixtures("loopback")
class TestTest:
    def test_stores_the_provider_s_response(self, owner: User) -> None:
        with answering() as server:
            account = connected(owner, base_url=server.url)
            check = accounts.test(account, now=LATER)

        account.refresh_from_db()
        assert check.display_name == account.display_name == "sample_user"
        assert (account.state, account.checked_at) == (AccountState.ACTIVE, LATER)
        assert account.balances[0] == {"kind": "daily", "amount": 60.0, "unit": "credits"}

    def test_says_when_there_are_no_credits(self, owner: User) -> None:
        nothing = envelope({"credit_daily": 0, "credit_monthly": 0, "credit_package": 0})
        with AnsweringServer(nothing) as server:
            account = connected(owner, base_url=server.url)
            accounts.test(account, now=LATER)

        assert account.state == AccountState.NO_CREDIT

    @pytest.mark.parametrize(
        ("code", "kind", "state"),
        [
            (10001, Authentication, AccountState.NEEDS_SIGN_IN),
            (10005, Authentication, AccountState.NEEDS_SIGN_IN),
            (500043, QuotaExceeded, AccountState.NO_CREDIT),
            (500020, ProviderError, AccountState.UNTESTED),
        ],
    )
    def test_stores_and_raises_the_error(
        self, owner: User, code: int, kind: type[ProviderError], state: AccountState
    ) -> None:
        with answering(code) as server:
            account = connected(owner, base_url=server.url)
            with pytest.raises(kind):
                accounts.test(account, now=LATER)

        account.refresh_from_db()
        assert account.state == state
        assert CANARY not in account.state_detail

    def test_discards_a_response_after_a_change_of_the_account(self, owner: User) -> None:
        with answering() as server:
            account = connected(owner, base_url=server.url)
            stale = ProviderAccount.objects.get(pk=account.pk)
            accounts.update(account, credentials={"access_key": "another"}, now=LATER)
            accounts.test(stale, now=LATER)

        account.refresh_from_db()
        assert account.state == AccountState.UNTESTED


class TestRecordFailure:
    @pytest.mark.parametrize(
        ("kind", "state"),
        [
            (Authentication, "needs_sign_in"),
            (QuotaExceeded, "no_credit"),
            (Unavailable, "unreachable"),
            (TimedOut, "unreachable"),
            (ProtocolError, "unreachable"),
            (RateLimited, "active"),
            (ContentFiltered, "active"),
            (InvalidParameters, "active"),
        ],
    )
    def test_sets_the_state_that_follows_from_an_error(self, kind: type[ProviderError], state: str) -> None:
        account = AccountFactory.create(state=AccountState.ACTIVE)

        accounts.record_failure(account, kind("What happened."), now=LATER)

        account.refresh_from_db()
        assert account.state == state


class TestDisconnect:
    def test_deletes_the_account(self, owner: User) -> None:
        accounts.disconnect(connected(owner))

        assert ProviderAccount.objects.count() == 0


@pytest.mark.usefixtures("loopback")
class TestAdmin:
    def test_shows_no_credentials(self, owner: User, admin_client: Client) -> None:
        account = connected(owner)

        listed = admin_client.get(reverse("admin:providers_provideraccount_changelist"), {"q": "Mine"})
        shown = admin_client.get(reverse("admin:providers_provideraccount_change", args=[account.pk]))

        pages = listed.content.decode() + shown.content.decode()
        assert listed.status_code == shown.status_code == 200
        assert CANARY not in pages
        assert account.sealed_credentials not in pages

    def test_tests_selected_accounts(self, owner: User, admin_client: Client) -> None:
        with answering() as server:
            account = connected(owner, base_url=server.url)
            chosen = {"action": "test_connection", "_selected_action": [account.pk]}
            admin_client.post(reverse("admin:providers_provideraccount_changelist"), chosen)

        account.refresh_from_db()
        assert account.state == AccountState.ACTIVE


class TestCanary:
    def test_is_in_no_dump_of_the_database(self, owner: User, capsys: pytest.CaptureFixture[str]) -> None:
        connected(owner)

        management.call_command("dumpdata", "providers")

        assert CANARY not in capsys.readouterr().out
