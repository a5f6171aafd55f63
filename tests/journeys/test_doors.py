"""Signing in and out, protected pages, CSRF tokens and error pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

PAGES = [
    "/",
    "/assets/1/",
    "/assets/1/lineage/",
    "/assets/1/relatives/",
    "/library/report/",
    "/library/coverage/",
    "/runs/",
    "/runs/1/",
    "/lineage/rebuild-runs/",
    "/lineage/rebuild-runs/1/",
    "/settings/providers/",
    "/settings/providers/pixverse/",
    "/settings/providers/pixverse/accounts/new/",
    "/settings/accounts/1/",
    "/settings/accounts/1/delete/",
    "/settings/tokens/",
    "/settings/tokens/1/revoke/",
    "/settings/preferences/",
]
ACTS = [
    "/library/scan/",
    "/library/import/",
    "/lineage/rebuild/",
    "/lineage/look/",
    "/lineage/rebuild-runs/1/cancel/",
    "/lineage/rebuild-runs/1/resume/",
    "/lineage/rebuild-runs/1/choose/",
    "/lineage/rebuild-runs/1/apply/",
    "/settings/accounts/1/test/",
    "/settings/accounts/1/switch/",
    "/runs/1/cancel/",
    "/runs/1/resume/",
    "/runs/1/retry/",
    "/settings/accounts/1/",
    "/settings/accounts/1/delete/",
    "/settings/providers/pixverse/accounts/new/",
    "/settings/tokens/",
    "/settings/tokens/1/revoke/",
]
VISITS = [
    ("/library/scan/", "providers:settings"),
    ("/library/import/", "providers:settings"),
    ("/lineage/rebuild/", "providers:settings"),
    ("/lineage/look/", "providers:settings"),
    ("/lineage/rebuild-runs/1/cancel/", "lineage:runs"),
    ("/lineage/rebuild-runs/1/resume/", "lineage:runs"),
    ("/lineage/rebuild-runs/1/choose/", "lineage:runs"),
    ("/lineage/rebuild-runs/1/apply/", "lineage:runs"),
    ("/settings/accounts/1/test/", "providers:settings"),
    ("/settings/accounts/1/switch/", "providers:settings"),
    ("/runs/1/cancel/", "assets:runs"),
    ("/runs/1/resume/", "assets:runs"),
    ("/runs/1/retry/", "assets:runs"),
]


@pytest.mark.django_db
class TestVisitor:
    @pytest.mark.parametrize("address", PAGES)
    def test_is_asked_to_sign_in(self, client: Client, address: str) -> None:
        assert client.get(address).headers["Location"] == f"{reverse('sign-in')}?next={address}"

    @pytest.mark.parametrize("address", ACTS)
    def test_cannot_act(self, client: Client, address: str) -> None:
        assert client.post(address).headers["Location"].startswith(reverse("sign-in"))

    def test_sees_the_sign_in_page(self, client: Client) -> None:
        assert "Sign in to Stemma" in client.get(reverse("sign-in")).content.decode()


class TestSigningIn:
    def test_redirects_to_the_requested_page(self, client: Client, alice: User) -> None:
        posted = {"username": "alice", "password": "alice's password", "next": "/settings/providers/pixverse/"}

        assert client.post(reverse("sign-in"), posted).headers["Location"] == "/settings/providers/pixverse/"

    def test_never_redirects_to_another_site(self, client: Client, alice: User) -> None:
        posted = {"username": "alice", "password": "alice's password", "next": "https://example.com/"}

        assert client.post(reverse("sign-in"), posted).headers["Location"] == "/"

    def test_says_when_the_password_is_wrong(self, client: Client, alice: User) -> None:
        page = client.post(reverse("sign-in"), {"username": "alice", "password": "wrong"}).content.decode()

        assert 'role="alert"' in page
        assert 'value="alice"' in page

    def test_is_locked_after_too_many_attempts(self, client: Client, alice: User) -> None:
        for _ in range(5):
            response = client.post(reverse("sign-in"), {"username": "alice", "password": "wrong"})

        assert response.status_code == 429
        assert "Too many attempts" in response.content.decode()

    def test_ends_with_signing_out(self, client: Client, alice: User) -> None:
        client.force_login(alice)

        client.post(reverse("sign-out"))

        assert client.get("/").status_code == 302


@pytest.mark.parametrize("address", ACTS)
def test_no_form_is_accepted_without_its_token(alice: User, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    response = client.post(address, {"account": 1})

    assert response.status_code == 403
    assert "This page has expired" in response.content.decode()


@pytest.mark.parametrize(("address", "page"), VISITS)
def test_get_of_a_post_only_address_redirects_to_a_page(client: Client, alice: User, address: str, page: str) -> None:
    client.force_login(alice)

    assert client.get(address).headers["Location"] == reverse(page)


class TestErrorPages:
    def test_not_found_is_a_page(self, client: Client, alice: User) -> None:
        client.force_login(alice)

        response = client.get("/nothing-here")

        assert response.status_code == 404
        assert "Page not found" in response.content.decode()

    def test_a_server_error_is_a_page(self, client: Client, alice: User, monkeypatch: Any) -> None:
        monkeypatch.setattr("library.views.browse", lambda *_args, **_more: 1 / 0)
        client.force_login(alice)
        client.raise_request_exception = False

        response = client.get("/")

        assert response.status_code == 500
        assert "Something went wrong" in response.content.decode()


@pytest.mark.django_db
def test_pages_allow_no_inline_code(client: Client) -> None:
    response = client.get(reverse("sign-in"))

    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert " style=" not in response.content.decode()
    assert "<script>" not in response.content.decode()
