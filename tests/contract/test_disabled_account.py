"""Tests of a disabled account: every door that would send something to its provider refuses, and no page offers it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from providers.models import ProviderAccount
from tests.contract.routes import ACCOUNT, API, ROUTES, Route, rows_of

# They read or change what is stored here, and send nothing.
ALLOWED = {
    f"GET /{ACCOUNT}", f"PATCH /{ACCOUNT}", f"DELETE /{ACCOUNT}", f"GET /{ACCOUNT}/sync-runs",
    f"GET /{ACCOUNT}/coverage",
}  # fmt: skip
ASKING = [
    route
    for route in ROUTES
    if (route.pattern.startswith(ACCOUNT) and str(route) not in ALLOWED)
    or route.pattern == f"{API}sync-runs/<run_id>/resume"
]
PAGES = ("library/report/", "library/by-id/", "accounts/<int:account_id>/drift/", "runs/<int:run_id>/", "runs/")
FORMS = ("scan", "import_missing", "by_id", "drift", "resume_run")


@pytest.fixture
def ids(alice: User) -> dict[str, object]:
    """Rows of alice, her account disabled."""
    found = rows_of(alice)
    ProviderAccount.objects.update(is_enabled=False)
    return found


class TestTheApi:
    @pytest.mark.parametrize("route", ASKING, ids=str)
    def test_refuses(self, as_alice: Client, ids: dict[str, object], route: Route) -> None:
        answer = getattr(as_alice, route.method.lower())(route.address(ids), **route.arguments(ids))

        assert (answer.status_code, answer.json()["code"]) == (409, "account_disabled")
        assert answer.json()["title"] == "The account is disabled"
        assert "Enable it" in answer.json()["detail"]


class TestPages:
    @pytest.mark.parametrize(
        "route", [route for route in ROUTES if route.pattern in PAGES and route.method == "GET"], ids=str
    )
    def test_offer_nothing(self, as_alice: Client, ids: dict[str, object], route: Route) -> None:
        page = as_alice.get(route.address(ids)).content.decode()

        addresses = {reverse(f"assets:{name}", args=self._arguments(name, ids)) for name in FORMS}
        assert addresses.isdisjoint(re.findall(r'(?:form)?action="([^"]+)"', page))
        assert route.pattern == "runs/" or "This account is disabled" in page

    @pytest.mark.parametrize("name", ["scan", "import_missing", "by_id"])
    @pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["plain", "htmx"])
    def test_refuse_forms(self, as_alice: Client, ids: dict[str, object], name: str, headers: dict[str, str]) -> None:
        form = {"account": ids["account_id"], "ids": "7", "mode": "full"}

        answer = as_alice.post(reverse(f"assets:{name}"), form, headers=headers)

        assert answer.status_code == 409
        assert "The account is disabled" in answer.content.decode()

    def test_refuse_a_drift_check(self, as_alice: Client, ids: dict[str, object]) -> None:
        answer = as_alice.post(reverse("assets:drift", args=[ids["account_id"]]), {"limit": "1"})

        assert answer.status_code == 409

    @pytest.mark.parametrize(("headers", "status"), [({}, 302), ({"HX-Request": "true"}, 409)], ids=["plain", "htmx"])
    def test_refuse_a_test(
        self, as_alice: Client, ids: dict[str, object], headers: dict[str, str], status: int
    ) -> None:
        answer = as_alice.post(reverse("providers:test", args=[ids["account_id"]]), headers=headers, follow=False)

        assert answer.status_code == status
        assert "The account is disabled" in (answer if status == 409 else as_alice.get("/runs/")).content.decode()

    def test_say_why_a_run_is_not_resumed(self, as_alice: Client, ids: dict[str, object]) -> None:
        answer = as_alice.post(reverse("assets:resume_run", args=[ids["run_id"]]), follow=True)

        assert "This account is disabled. Enable it" in answer.content.decode()

    def test_load_again_when_an_account_is_disabled(self, as_alice: Client, ids: dict[str, object]) -> None:
        address = reverse("providers:switch", args=[ids["account_id"]])

        answer = as_alice.post(address, {"is_enabled": "false"}, headers={"HX-Request": "true"})

        assert answer.headers["HX-Redirect"] == reverse("providers:settings", args=["pixverse"])

    def _arguments(self, name: str, ids: dict[str, object]) -> list[object]:
        return {"drift": [ids["account_id"]], "resume_run": [ids["run_id"]]}.get(name, [])
