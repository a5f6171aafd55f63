"""Tests of API tokens in the admin."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client

from config.models import ApiToken
from config.tokens import store
from tests.factories import NOW

ADD = "/admin/config/apitoken/add/"


@pytest.fixture
def staff(client: Client, db: None) -> User:
    """Somebody of the staff who may make tokens, signed in."""
    person = User.objects.create_user("staff", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(content_type__model="apitoken"))
    client.force_login(person)
    return person


def shown_token(page: str) -> str:
    found = re.search(r'id="issued-token"[^>]* value="([^"]+)"', page)
    assert found, "the page shows no new token"
    return found[1]


class TestMaking:
    def test_shows_the_token_once(self, admin_client: Client, alice: User) -> None:
        answer = admin_client.post(ADD, {"owner": alice.pk, "name": " laptop "})

        token = shown_token(answer.content.decode())
        row = ApiToken.objects.get()
        later = admin_client.get(f"/admin/config/apitoken/{row.pk}/change/").content.decode()
        assert "no-store" in answer.headers["Cache-Control"]
        assert store.find_owner(token, now=NOW) == alice
        assert row.name == "laptop"
        assert token not in later
        assert not any(token in str(session.get_decoded()) for session in Session.objects.all())

    def test_leaves_a_log_entry(self, admin_client: Client, alice: User) -> None:
        admin_client.post(ADD, {"owner": alice.pk, "name": "laptop"})

        entry = LogEntry.objects.get()
        assert entry.action_flag == ADDITION
        assert entry.get_edited_object() == ApiToken.objects.get()

    def test_refuses_the_names_that_the_page_refuses(self, admin_client: Client, alice: User) -> None:
        page = admin_client.post(ADD, {"owner": alice.pk, "name": "a\u202eb"}).content.decode()

        assert "RIGHT-TO-LEFT OVERRIDE" in page
        assert not ApiToken.objects.exists()

    def test_is_for_oneself(self, client: Client, staff: User) -> None:
        answer = client.post(ADD, {"owner": staff.pk, "name": "laptop"})

        assert store.find_owner(shown_token(answer.content.decode()), now=NOW) == staff

    def test_is_for_others_by_a_superuser_only(self, client: Client, staff: User, alice: User) -> None:
        page = client.post(ADD, {"owner": alice.pk, "name": "laptop"}).content.decode()

        assert "Select a valid choice" in page
        assert not ApiToken.objects.exists()


class TestAMadeToken:
    def test_is_not_changed(self, admin_client: Client, alice: User) -> None:
        row = store.issue(alice, name="laptop", now=NOW).row
        address = f"/admin/config/apitoken/{row.pk}/change/"

        assert "laptop" in admin_client.get(address).content.decode()
        assert admin_client.post(address, {"owner": alice.pk, "name": "phone"}).status_code == 403
