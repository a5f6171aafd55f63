"""Tests of sign-in and its lockout after wrong passwords."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

PASSWORD = "a long enough password"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("carol", password=PASSWORD)


def sign_in(client: Client, password: str) -> Any:
    return client.post(reverse("sign-in"), {"username": "carol", "password": password})


class TestSignIn:
    def test_leads_to_the_library(self, client: Client, person: User) -> None:
        response = sign_in(client, PASSWORD)

        assert response.status_code == 302
        assert response.headers["Location"] == reverse("library:library")

    def test_says_what_is_wrong_in_the_words_of_the_form(self, client: Client, person: User) -> None:
        page = sign_in(client, "wrong").content.decode()

        assert "Wrong username or password." in page
        assert "username and password" not in page

    def test_locks_a_name_out_after_five_wrong_passwords(self, client: Client, person: User) -> None:
        answers = [sign_in(client, "wrong").status_code for _ in range(5)]

        response = sign_in(client, PASSWORD)

        assert answers[:4] == [200, 200, 200, 200]
        assert response.status_code == 429
        assert "Too many attempts" in response.content.decode()

    def test_lets_others_in_meanwhile(self, client: Client, person: User, bob: User) -> None:
        for _ in range(5):
            sign_in(client, "wrong")

        response = client.post(reverse("sign-in"), {"username": "bob", "password": "bob's password"})

        assert response.status_code == 302

    def test_ends_by_a_form_only(self, client: Client, person: User) -> None:
        client.force_login(person)

        assert client.get(reverse("sign-out")).status_code == 405
        assert client.post(reverse("sign-out")).headers["Location"] == reverse("sign-in")


class TestHeaders:
    def test_allow_only_what_pages_need(self, client: Client, db: None) -> None:
        policy = client.get(reverse("sign-in")).headers["Content-Security-Policy"]

        assert "default-src 'none'" in policy
        assert "https://media.pixverse.ai" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("X-Frame-Options", "DENY"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
        ],
    )
    def test_are_on_every_page(self, client: Client, db: None, name: str, value: str) -> None:
        assert client.get(reverse("sign-in")).headers[name] == value
