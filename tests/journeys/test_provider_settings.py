"""Provider Settings: connecting, testing, changing, disabling and deleting an account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from assets.models import Asset
from providers.credentials.sealing import open_sealed
from providers.models import AccountState, ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import AccountFactory, AssetFactory
from tests.journeys.walking import HTMX

SETTINGS = "/settings/providers/pixverse/"
CONNECT = "/settings/providers/pixverse/accounts/new/"


class TestSettings:
    def test_leads_to_the_first_provider(self, as_alice: Client) -> None:
        assert as_alice.get(reverse("providers:settings")).headers["Location"] == SETTINGS

    def test_offers_to_connect_when_there_is_no_account(self, as_alice: Client) -> None:
        page = as_alice.get(SETTINGS).content.decode()

        assert "No Pixverse account yet" in page
        assert CONNECT in page
        assert "Manual Tools" not in page

    def test_has_the_manual_tools(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice, label="Studio")

        page = as_alice.get(SETTINGS).content.decode()

        assert "Pixverse Library &amp; Lineage (Manual Tools)" in page
        assert (
            "These operations do not run automatically; trigger them manually when you've added new "
            "Pixverse content or want to repair lineage."
        ) in page
        assert f'<option value="{account.pk}">Studio</option>' in page
        for words in ("Step 1 of 2", "Step 2 of 2", "Scan Library", "Import Missing Assets", "Rebuild Lineage"):
            assert words in page

    def test_offers_accounts_that_work_first(self, as_alice: Client, alice: User) -> None:
        AccountFactory(owner=alice, label="A", state=AccountState.NEEDS_SIGN_IN)
        AccountFactory(owner=alice, label="B", state=AccountState.UNTESTED)
        AccountFactory(owner=alice, label="C", state=AccountState.ACTIVE)

        picker = as_alice.get(SETTINGS).content.decode().split('id="tools-account"')[1].split("</select>")[0]

        assert re.findall(r">(\w)</option>", picker) == ["C", "B", "A"]

    def test_says_state_and_credits_in_words(self, as_alice: Client, alice: User) -> None:
        balances = [{"kind": "daily", "amount": 60, "unit": "credits"}, {"kind": "gift", "amount": None, "unit": ""}]
        AccountFactory(owner=alice, state=AccountState.NEEDS_SIGN_IN, balances=balances)

        page = as_alice.get(SETTINGS).content.decode()

        assert "Needs a new sign-in" in page
        assert "60" in page
        assert "unknown" in page

    def test_shows_only_the_readers_accounts(self, as_alice: Client, bob: User) -> None:
        AccountFactory(owner=bob, label="bob's studio")

        assert "bob" not in as_alice.get(SETTINGS).content.decode()

    def test_rejects_an_unknown_provider(self, as_alice: Client) -> None:
        assert as_alice.get("/settings/providers/nobody/").status_code == 404

    @pytest.mark.parametrize("count", [1, 5])
    def test_takes_the_same_number_of_queries_for_any_number_of_accounts(
        self, as_alice: Client, alice: User, django_assert_num_queries: Any, count: int
    ) -> None:
        AccountFactory.create_batch(count, owner=alice)

        with django_assert_num_queries(3):
            as_alice.get(SETTINGS)


class TestConnect:
    def test_stores_and_tests_the_account(self, as_alice: Client, sandbox: SandboxServer) -> None:
        posted = {"label": "Studio", "credential_access_key": sandbox.access_key, "base_url": sandbox.url}

        page = as_alice.post(CONNECT, posted, follow=True).content.decode()

        account = ProviderAccount.objects.get()
        assert "“Studio” is connected." in page
        assert account.state == AccountState.ACTIVE
        assert sandbox.access_key not in page

    def test_keeps_an_account_whose_key_is_refused(self, as_alice: Client, sandbox: SandboxServer) -> None:
        posted = {"label": "Studio", "credential_access_key": "a-wrong-key", "base_url": sandbox.url}

        page = as_alice.post(CONNECT, posted, follow=True).content.decode()

        assert "The provider does not accept this sign-in" in page
        assert "Needs a new sign-in" in page
        assert "a-wrong-key" not in page

    @pytest.mark.parametrize(
        ("posted", "said"),
        [
            ({"label": "", "credential_access_key": "k"}, "This field is required"),
            ({"label": "Studio"}, "This field is required"),
            ({"label": "Studio", "credential_access_key": "two words"}, "no spaces"),
            ({"label": "Studio", "credential_access_key": "k", "base_url": "http://10.0.0.1"}, "field__error"),
        ],
        ids=["no name", "no key", "odd key", "private address"],
    )
    def test_says_what_is_wrong_beside_the_field(self, as_alice: Client, posted: dict[str, str], said: str) -> None:
        response = as_alice.post(CONNECT, posted)

        assert response.status_code == 422
        assert said in response.content.decode()
        assert not ProviderAccount.objects.exists()

    def test_refuses_a_name_that_is_taken(self, as_alice: Client, alice: User) -> None:
        AccountFactory(owner=alice, label="Studio")

        response = as_alice.post(CONNECT, {"label": "Studio", "credential_access_key": "k"})

        assert response.status_code == 422
        assert "already have an account" in response.content.decode()

    def test_offers_every_sign_in_method(self, as_alice: Client) -> None:
        page = as_alice.get(CONNECT).content.decode()

        assert "?method=" in page
        assert as_alice.get(CONNECT, {"method": "nonsense"}).status_code == 200


class TestChange:
    def test_renames_and_keeps_the_credentials(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice, label="Studio")

        as_alice.post(reverse("providers:change", args=[account.pk]), {"label": "Home"})

        account.refresh_from_db()
        assert account.label == "Home"
        assert open_sealed(account.sealed_credentials) == {"access_key": "a-test-access-key"}

    def test_never_shows_stored_credentials(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice)

        page = as_alice.get(reverse("providers:change", args=[account.pk])).content.decode()

        assert "a-test-access-key" not in page
        assert account.sealed_credentials not in page

    def test_replaces_credentials_and_tests_them(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        posted = {"label": "Sandbox", "base_url": sandbox.url, "credential_access_key": "another-key"}

        page = as_alice.post(reverse("providers:change", args=[account.pk]), posted, follow=True)

        assert "Needs a new sign-in" in page.content.decode()


class TestActs:
    @pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
    def test_testing_reports_success(self, as_alice: Client, account: ProviderAccount, headers: dict[str, str]) -> None:
        page = as_alice.post(reverse("providers:test", args=[account.pk]), headers=headers, follow=True)

        assert "“Sandbox” is connected." in page.content.decode()
        assert "Ready" in page.content.decode()

    def test_testing_reports_the_error_and_the_next_step(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add({"name": "session_replaced"})

        response = as_alice.post(reverse("providers:test", args=[account.pk]), headers=HTMX)

        assert response.status_code == 422
        assert "The provider does not accept this sign-in" in response.content.decode()
        assert reverse("providers:change", args=[account.pk]) in response.content.decode()

    def test_disabling_keeps_it_and_offers_to_enable(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice)
        address = reverse("providers:switch", args=[account.pk])

        disabled = as_alice.post(address, {"is_enabled": "false"}, follow=True).content.decode()
        enabled = as_alice.post(address, {"is_enabled": "true"}, follow=True).content.decode()

        assert "All accounts are disabled" in disabled
        assert "All accounts are disabled" not in enabled

    def test_deleting_asks_first_and_keeps_the_library(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice)
        AssetFactory(owner=alice, account=account)
        address = reverse("providers:delete", args=[account.pk])

        asked = as_alice.get(address).content.decode()
        as_alice.post(address)

        assert "Kept:" in asked
        assert not ProviderAccount.objects.exists()
        assert Asset.objects.get().account is None


class TestNotYours:
    @pytest.mark.parametrize("name", ["change", "delete"])
    def test_pages_are_404(self, as_alice: Client, bob: User, name: str) -> None:
        theirs = AccountFactory(owner=bob)

        assert as_alice.get(reverse(f"providers:{name}", args=[theirs.pk])).status_code == 404

    @pytest.mark.parametrize("name", ["change", "delete", "test", "switch"])
    def test_acts_are_404(self, as_alice: Client, bob: User, name: str) -> None:
        theirs = AccountFactory(owner=bob)

        assert as_alice.post(reverse(f"providers:{name}", args=[theirs.pk])).status_code == 404
        assert ProviderAccount.objects.filter(pk=theirs.pk, is_enabled=True).exists()
