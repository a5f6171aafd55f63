"""Tests of the pages of API tokens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config.models import ApiToken
from config.tokens import store
from tests.factories import NOW


def shown_token(page: str) -> str:
    found = re.search(r'id="issued-token"[^>]* value="([^"]+)"', page)
    assert found, "the page shows no new token"
    return found[1]


class TestTokenList:
    def test_makes_a_token_that_signs_in(self, as_alice: Client, alice: User) -> None:
        page = as_alice.post(reverse("tokens"), {"name": " laptop "})

        token = shown_token(page.content.decode())
        assert store.find_owner(token, now=NOW) == alice
        assert ApiToken.objects.get().name == "laptop"

    def test_shows_a_token_once(self, as_alice: Client) -> None:
        made = as_alice.post(reverse("tokens"), {"name": "laptop"})

        later = as_alice.get(reverse("tokens")).content.decode()

        assert "no-store" in made.headers["Cache-Control"]
        assert shown_token(made.content.decode()) not in later
        assert 'id="issued-token"' not in later
        assert "laptop" in later

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            (" ", "Enter a name for the token."),
            ("x" * 81, "at most 80 characters"),
            ("a\u202eb", "RIGHT-TO-LEFT OVERRIDE"),
            ("\u3164", "at least one visible character"),
        ],
        ids=["blank", "long", "direction", "invisible"],
    )
    def test_refuses_the_names_that_the_api_refuses(self, as_alice: Client, name: str, words: str) -> None:
        answer = as_alice.post(reverse("tokens"), {"name": name})

        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not ApiToken.objects.exists()

    def test_lists_active_tokens_page_by_page(
        self, as_alice: Client, alice: User, django_assert_num_queries: Any
    ) -> None:
        rows = [store.issue(alice, name=f"token {number:02}", now=NOW).row for number in range(52)]
        store.revoke(rows[51], now=NOW)

        with django_assert_num_queries(4):
            first = as_alice.get(reverse("tokens")).content.decode()
        second = as_alice.get(reverse("tokens"), {"page": 2}).content.decode()

        assert "token 51" not in first
        assert "token 50" in first
        assert re.findall(r">token (\d+)<", second) == ["00"]


class TestRevoke:
    def test_asks_first(self, as_alice: Client, alice: User) -> None:
        row = store.issue(alice, name="laptop", now=NOW).row

        page = as_alice.get(reverse("revoke-token", args=[row.pk])).content.decode()

        assert "Revoke “laptop”?" in page
        assert ApiToken.objects.get().revoked_at is None

    def test_revokes_a_token(self, as_alice: Client, alice: User) -> None:
        issued = store.issue(alice, name="laptop", now=NOW)

        page = as_alice.post(reverse("revoke-token", args=[issued.row.pk]), follow=True).content.decode()

        assert store.find_owner(issued.token, now=NOW) is None
        assert "Revoked “laptop”." in page
        assert "No tokens yet." in page

    def test_a_revoked_token_is_404(self, as_alice: Client, alice: User) -> None:
        row = store.issue(alice, name="laptop", now=NOW).row
        store.revoke(row, now=NOW)

        assert as_alice.post(reverse("revoke-token", args=[row.pk])).status_code == 404
