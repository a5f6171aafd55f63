"""Tests of all routes: visitors are rejected, and rows of other users are 404."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from assets.models import Asset, Reference, SyncList, SyncProblem, SyncRun, Tombstone
from config.models import ApiToken
from lineage.models import LineageEdge, RebuildRun
from providers.models import ProviderAccount
from tests.contract.routes import (
    ADMIN_MODELS,
    API,
    CANARY,
    METHODS,
    ROUTES,
    SILENT,
    Kind,
    Route,
    rows_of,
    served,
    served_by_admin,
    served_by_api,
)

OURS = ("config", "library", "generations", "lineage", "assets", "providers")
OPEN_PATTERNS = {route.pattern for route in ROUTES if route.kind is Kind.OPEN}
LISTED = {(route.method, route.pattern) for route in ROUTES}
CLOSED = {
    pattern: [Route(method, pattern, Kind.OWN) for method in METHODS if (method, pattern) not in LISTED]
    for pattern in sorted({route.pattern for route in ROUTES} - OPEN_PATTERNS)
}
ADMIN_ADDRESSES = sorted(set(served_by_admin()) - {"/admin/login/"})
MALFORMED = ["0", "-1", "x", "1.5", "1e3", "9223372036854775808", "9" * 40, "%00", "%F0%9F%A6%8A", "1'--"]


def of(*kinds: Kind) -> list[Route]:
    return [route for route in ROUTES if route.kind in kinds]


def send(client: Client, route: Route, ids: dict[str, object]) -> Any:
    return getattr(client, route.method.lower())(route.address(ids), **route.arguments(ids))


def rows() -> dict[str, list[Any]]:
    """Return the rows of the tables that routes can change."""
    models = (
        ProviderAccount,
        ApiToken,
        Asset,
        Reference,
        SyncRun,
        SyncList,
        SyncProblem,
        Tombstone,
        LineageEdge,
        RebuildRun,
    )
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def assert_not_found(answer: Any, route: Route) -> None:
    assert answer.status_code == 404
    assert CANARY not in answer.content.decode()
    assert not route.is_api or answer.json()["code"] == "not_found"


@pytest.fixture
def bobs(bob: User) -> dict[str, object]:
    """One of everything, all of it bob's."""
    return rows_of(bob)


@pytest.fixture
def as_alice(alice: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


@pytest.fixture
def as_bob(bob: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(bob)
    return client


class TestTheList:
    def test_holds_every_address(self) -> None:
        assert served() - SILENT == {route.pattern for route in ROUTES}

    def test_holds_every_method_of_the_api(self) -> None:
        documented = {(method, pattern) for method, pattern in LISTED if pattern.startswith(API)}
        pages_of_the_api = {("GET", f"{API}docs"), ("GET", f"{API}openapi.json")}

        assert served_by_api() == documented - pages_of_the_api

    def test_holds_every_model_of_the_admin(self) -> None:
        assert {model._meta.label for model in admin.site._registry} == ADMIN_MODELS

    def test_leaves_no_model_out_of_the_admin(self) -> None:
        models = {model._meta.label for app in OURS for model in apps.get_app_config(app).get_models()}
        inline = {part.model._meta.label for page in admin.site._registry.values() for part in page.inlines}

        assert models <= ADMIN_MODELS | inline


class TestAVisitor:
    @pytest.mark.parametrize("route", of(Kind.OWNED, Kind.LIST, Kind.OWN), ids=str)
    def test_is_rejected_everywhere(self, client: Client, bobs: dict[str, object], route: Route) -> None:
        before = rows()

        answer = send(client, route, bobs)

        assert CANARY not in answer.content.decode()
        assert rows() == before
        if route.is_api:
            assert (answer.status_code, answer.json()["code"]) == (401, "authentication_required")
        else:
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/accounts/sign-in/?next=")

    @pytest.mark.parametrize("pattern", CLOSED)
    def test_finds_no_other_method(self, client: Client, bobs: dict[str, object], pattern: str) -> None:
        for route in CLOSED[pattern]:
            assert send(client, route, bobs).status_code in ({401, 405} if route.is_api else {302, 405}), str(route)

    @pytest.mark.parametrize("route", of(Kind.OPEN), ids=str)
    def test_is_allowed_on_open_routes(self, client: Client, bobs: dict[str, object], route: Route) -> None:
        answer = send(client, route, bobs)

        assert answer.status_code in (200, 302)
        assert CANARY not in answer.content.decode()

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_is_redirected_by_the_admin(self, client: Client, db: None, method: str) -> None:
        for address in ADMIN_ADDRESSES:
            answer = getattr(client, method)(address)

            assert answer.status_code == 302, address
            assert re.match(r"/admin/(login/|$)", answer.headers["Location"]), address


class TestAnotherUser:
    @pytest.mark.parametrize("route", of(Kind.OWNED), ids=str)
    def test_does_not_find_what_is_not_theirs(self, as_alice: Client, bobs: dict[str, object], route: Route) -> None:
        before = rows()

        answer = send(as_alice, route, bobs)

        assert_not_found(answer, route)
        assert rows() == before

    @pytest.mark.parametrize("route", of(Kind.LIST, Kind.OWN), ids=str)
    def test_sees_nothing_of_another_user(self, as_alice: Client, bobs: dict[str, object], route: Route) -> None:
        answer = send(as_alice, route, bobs)

        assert answer.status_code < 500
        assert CANARY not in answer.content.decode()

    # Signing out is open to everyone; GET redirects to the front page, and from there to the sign-in page.
    def test_is_redirected_by_the_admin(self, as_alice: Client) -> None:
        for address in sorted(set(ADMIN_ADDRESSES) - {"/admin/logout/"}):
            answer = as_alice.get(address)

            assert answer.status_code == 302, address
            assert answer.headers["Location"].startswith("/admin/login/"), address


class TestTheOwner:
    @pytest.mark.parametrize("route", of(Kind.OWNED), ids=str)
    def test_finds_what_is_theirs(self, as_bob: Client, bobs: dict[str, object], route: Route) -> None:
        answer = send(as_bob, route, bobs)

        assert answer.status_code in {200, 202, 204, 302, 409, 422}

    @pytest.mark.parametrize("route", of(Kind.LIST), ids=str)
    def test_sees_what_is_theirs(self, as_bob: Client, bobs: dict[str, object], route: Route) -> None:
        assert CANARY in send(as_bob, route, bobs).content.decode()

    @pytest.mark.parametrize("pattern", [pattern for pattern in CLOSED if not pattern.startswith(API)])
    def test_finds_no_other_method(self, as_bob: Client, bobs: dict[str, object], pattern: str) -> None:
        for route in CLOSED[pattern]:
            # A GET of an address that only takes forms redirects to a page.
            allowed = {302, 405} if route.method == "GET" else {405}
            assert send(as_bob, route, bobs).status_code in allowed, str(route)


class TestAMalformedId:
    # One test a route: its rows are made once, and no malformed id may change them.
    @pytest.mark.parametrize("route", [route for route in ROUTES if route.parameters], ids=str)
    def test_is_a_problem_and_no_crash(self, as_bob: Client, bobs: dict[str, object], route: Route) -> None:
        for name, malformed in product(route.parameters, MALFORMED):
            answer = send(as_bob, route, {**bobs, name: malformed})

            assert answer.status_code in (404, 422), f"{name}={malformed}"
            assert not route.is_api or answer.headers["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("route", [route for route in of(Kind.OWNED) if not route.parameters], ids=str)
    def test_in_a_form_is_a_problem_and_no_crash(self, as_bob: Client, bobs: dict[str, object], route: Route) -> None:
        for malformed in MALFORMED:
            answer = send(as_bob, route, dict.fromkeys(bobs, malformed))

            assert answer.status_code in (404, 422), malformed
