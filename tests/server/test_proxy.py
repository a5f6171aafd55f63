"""Tests of the lockout after wrong passwords behind a proxy."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.core.management import call_command

from tests.server.conftest import Browser, Servers

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "the owner's password"
OWNER, ATTACKER, OTHER = "127.0.0.3", "127.0.0.2", "127.0.0.4"


@pytest.fixture
def owner(transactional_db: None) -> User:
    # The servers do not accept the quick hashes of the tests' own settings.
    return User.objects.create(username="owner", password=PBKDF2PasswordHasher().encode(PASSWORD, "salt", 1_000))


def guess(servers: Servers, address: str) -> list[int]:
    """Five wrong passwords for the owner, and a sixth."""
    attacker = Browser(servers, address)
    return [attacker.sign_in("owner", f"wrong {number}") for number in range(6)]


class TestLockout:
    def test_is_of_an_account_at_an_address(self, servers: Servers, owner: User) -> None:
        statuses = guess(servers, ATTACKER)

        assert statuses[-1] == 429
        assert Browser(servers, ATTACKER).sign_in("owner", PASSWORD) == 429
        browser = Browser(servers, OWNER)
        assert browser.sign_in("owner", PASSWORD) == 302
        assert browser.request("GET", "/")[0].status == 200
        assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {ATTACKER}

    def test_is_not_evaded_by_an_invented_header(self, servers: Servers, owner: User) -> None:
        attacker = Browser(servers, ATTACKER)
        statuses = [
            attacker.sign_in("owner", "wrong", headers={"X-Forwarded-For": f"192.0.2.{number}, 127.0.0.1"})
            for number in range(6)
        ]

        assert statuses[-1] == 429
        assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {ATTACKER}

    def test_cannot_be_laid_on_another_address_without_the_proxy(self, servers: Servers, owner: User) -> None:
        stranger = Browser(servers, OTHER)
        for _ in range(6):
            stranger.sign_in(
                "owner", "wrong", directly=True, headers={"X-Forwarded-For": OWNER, "X-Forwarded-Proto": "https"}
            )

        assert OWNER not in set(AccessAttempt.objects.values_list("ip_address", flat=True))
        assert Browser(servers, OWNER).sign_in("owner", PASSWORD) == 302

    def test_is_ended_by_the_documented_command(self, servers: Servers, owner: User) -> None:
        guess(servers, OWNER)

        call_command("axes_reset_username", "owner")

        assert Browser(servers, OWNER).sign_in("owner", PASSWORD) == 302
