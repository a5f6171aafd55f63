"""Tests of API tokens: how they are issued, found, listed and revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.models import ApiToken
from config.tokens import store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def issued(alice: User) -> store.IssuedToken:
    return store.issue(alice, name="laptop", now=NOW)


class TestIssue:
    def test_keeps_only_a_hash(self, issued: store.IssuedToken) -> None:
        stored = " ".join(str(value) for value in ApiToken.objects.values_list().get())

        assert issued.token.startswith("stemma_")
        assert len(issued.token) > 40
        assert issued.token not in stored
        assert issued.token.removeprefix("stemma_") not in stored


class TestFindOwner:
    def test_finds_whom_it_signs_in_as(self, issued: store.IssuedToken, alice: User) -> None:
        assert store.find_owner(issued.token, now=NOW) == alice

    def test_finds_nobody_for_an_unknown_token(self, issued: store.IssuedToken) -> None:
        assert store.find_owner("stemma_unknown", now=NOW) is None

    def test_finds_nobody_for_a_revoked_token(self, issued: store.IssuedToken) -> None:
        store.revoke(issued.row, now=NOW)

        assert store.find_owner(issued.token, now=NOW) is None

    def test_finds_nobody_when_the_owner_may_not_sign_in(self, issued: store.IssuedToken, alice: User) -> None:
        User.objects.filter(pk=alice.pk).update(is_active=False)

        assert store.find_owner(issued.token, now=NOW) is None

    def test_notes_its_use_once_a_minute(self, issued: store.IssuedToken) -> None:
        soon, later = NOW + timedelta(seconds=59), NOW + timedelta(seconds=61)

        store.find_owner(issued.token, now=NOW)
        store.find_owner(issued.token, now=soon)
        after_soon = ApiToken.objects.get().last_used_at
        store.find_owner(issued.token, now=later)

        assert after_soon == NOW
        assert ApiToken.objects.get().last_used_at == later


class TestRoutes:
    def test_issues_a_token_that_signs_in(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        answer = client.post("/api/v1/tokens", {"name": " laptop "}, content_type="application/json")
        client.logout()

        listed = client.get("/api/v1/tokens", headers={"Authorization": f"Bearer {answer.json()['token']}"})

        assert answer.status_code == 201
        assert answer.json().keys() == {"id", "name", "token", "created_at"}
        assert answer.json()["name"] == "laptop"
        assert [item["id"] for item in listed.json()["items"]] == [answer.json()["id"]]
        assert answer.json()["token"] not in listed.content.decode()

    def test_revokes_a_token(self, client: Client, issued: store.IssuedToken) -> None:
        signed_in = {"Authorization": f"Bearer {issued.token}"}

        revoked = client.delete(f"/api/v1/tokens/{issued.row.pk}", headers=signed_in)
        after = client.get("/api/v1/tokens", headers=signed_in)

        assert revoked.status_code == 204
        assert after.status_code == 401

    def test_takes_names_of_every_script(self, client: Client, alice: User) -> None:
        client.force_login(alice)

        answer = client.post("/api/v1/tokens", {"name": "👩‍👩‍👧\u00a0phone"}, content_type="application/json")

        assert answer.json()["name"] == "👩‍👩‍👧 phone"

    def test_says_why_a_name_cannot_be_read(self, client: Client, alice: User) -> None:
        client.force_login(alice)

        answer = client.post("/api/v1/tokens", {"name": "a\u202eb"}, content_type="application/json")

        assert answer.status_code == 422
        assert "RIGHT-TO-LEFT OVERRIDE" in answer.json()["errors"][0]["message"]

    def test_hides_the_tokens_of_others(self, client: Client, issued: store.IssuedToken, bob: User) -> None:
        client.force_login(bob)

        assert client.get("/api/v1/tokens").json()["items"] == []
        assert client.delete(f"/api/v1/tokens/{issued.row.pk}").status_code == 404

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"name": "  "}, "name"),
            ({"name": "a\x00b"}, "name"),
            ({"name": "a\ud800b"}, "name"),
            ({"name": "two\nlines"}, "name"),
            ({"name": "x" * 81}, "name"),
            ({"name": "laptop", "nmae": "phone"}, "nmae"),
        ],
        ids=["blank", "nul", "surrogate", "lines", "long", "misspelt"],
    )
    def test_needs_a_name_that_can_be_read(self, client: Client, alice: User, sent: dict[str, str], field: str) -> None:
        client.force_login(alice)

        answer = client.post("/api/v1/tokens", sent, content_type="application/json")

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
        assert ApiToken.objects.count() == 0

    @pytest.mark.parametrize("query", [{"offset": "9" * 23}, {"offset": -1}, {"limit": "9" * 23}], ids=str)
    def test_refuses_a_window_that_cannot_be(self, client: Client, alice: User, query: dict[str, str]) -> None:
        client.force_login(alice)

        assert client.get("/api/v1/tokens", query).status_code == 422

    @pytest.mark.parametrize("token_id", ["0", str(2**63), "9" * 23])
    def test_knows_no_token_by_an_id_that_cannot_be(self, client: Client, alice: User, token_id: str) -> None:
        client.force_login(alice)

        assert client.delete(f"/api/v1/tokens/{token_id}").status_code == 422
