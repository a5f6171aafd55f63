"""Tests of credentials: encrypted with the newest key, decrypted with any, never stored in plain text."""

from __future__ import annotations

import io

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from pytest_django import Settings

from providers.credentials.checks import check_credentials_open
from providers.credentials.sealing import WrongCredentialsKey, is_sealed_with_newest_key, open_sealed, reseal, seal
from providers.models import ProviderAccount
from tests.factories import AccountFactory

OLD, NEW, STRANGE = (Fernet.generate_key().decode() for _ in range(3))
VALUES = {"access_key": "canary-9d1e", "note": "ünïcode"}


@pytest.fixture
def sealed_before(settings: Settings) -> str:
    """Credentials encrypted when OLD was the only key; now NEW is first."""
    settings.STEMMA_CREDENTIALS_KEYS = [OLD]
    sealed = seal(VALUES)
    settings.STEMMA_CREDENTIALS_KEYS = [NEW, OLD]
    return sealed


class TestSeal:
    def test_encrypts_and_decrypts(self) -> None:
        sealed = seal(VALUES)

        assert "canary" not in sealed
        assert open_sealed(sealed) == VALUES

    def test_is_different_each_time(self) -> None:
        assert seal(VALUES) != seal(VALUES)


class TestOpenSealed:
    def test_tries_every_key(self, sealed_before: str) -> None:
        assert open_sealed(sealed_before) == VALUES

    @pytest.mark.parametrize("damaged", ["", "not sealed", "gAAAAAB"])
    def test_refuses_what_it_cannot_open(self, damaged: str) -> None:
        with pytest.raises(WrongCredentialsKey):
            open_sealed(damaged)

    def test_says_neither_key_nor_credentials(self, sealed_before: str, settings: Settings) -> None:
        settings.STEMMA_CREDENTIALS_KEYS = [STRANGE]

        with pytest.raises(WrongCredentialsKey) as caught:
            open_sealed(sealed_before)

        assert not {STRANGE, sealed_before, "canary-9d1e"} & set(str(caught.value).split())


class TestReseal:
    def test_uses_the_newest_key(self, sealed_before: str, settings: Settings) -> None:
        resealed = reseal(sealed_before)

        assert not is_sealed_with_newest_key(sealed_before)
        assert is_sealed_with_newest_key(resealed)
        settings.STEMMA_CREDENTIALS_KEYS = [NEW]
        assert open_sealed(resealed) == VALUES

    def test_refuses_what_it_cannot_open(self, sealed_before: str, settings: Settings) -> None:
        settings.STEMMA_CREDENTIALS_KEYS = [STRANGE]

        with pytest.raises(WrongCredentialsKey):
            reseal(sealed_before)


@pytest.mark.django_db
class TestRotateCredentials:
    def test_re_encrypts_every_account_once(self, sealed_before: str, settings: Settings) -> None:
        AccountFactory.create_batch(3, sealed_credentials=sealed_before)
        first, second = io.StringIO(), io.StringIO()

        call_command("rotate_credentials", stdout=first)
        call_command("rotate_credentials", stdout=second)

        assert "Re-encrypted 3 of 3" in first.getvalue()
        assert "Re-encrypted 0 of 3" in second.getvalue()
        settings.STEMMA_CREDENTIALS_KEYS = [NEW]
        assert {open_sealed(account.sealed_credentials)["access_key"] for account in ProviderAccount.objects.all()} == {
            "canary-9d1e"
        }

    def test_leaves_what_it_cannot_open_and_says_so(self, sealed_before: str) -> None:
        lost = AccountFactory.create(sealed_credentials="lost")
        kept = AccountFactory.create(sealed_credentials=sealed_before)

        with pytest.raises(CommandError, match="1 accounts"):
            call_command("rotate_credentials", stdout=io.StringIO())

        lost.refresh_from_db()
        kept.refresh_from_db()
        assert lost.sealed_credentials == "lost"
        assert is_sealed_with_newest_key(kept.sealed_credentials)


@pytest.mark.django_db
class TestCheckCredentialsOpen:
    def test_passes_without_accounts_and_with_valid_ones(self) -> None:
        assert check_credentials_open(databases=["default"]) == []
        AccountFactory.create()
        assert check_credentials_open(databases=["default"]) == []

    def test_refuses_to_start_with_the_wrong_key(self, sealed_before: str, settings: Settings) -> None:
        AccountFactory.create(sealed_credentials=sealed_before)
        settings.STEMMA_CREDENTIALS_KEYS = [STRANGE]

        (found,) = check_credentials_open(databases=["default"])

        assert found.is_serious()
        assert found.id == "providers.E001"

    def test_reads_no_database_by_default(self) -> None:
        assert check_credentials_open(databases=None) == []
