"""Tests of the answers while the database cannot serve a request."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from config.middleware import unavailable
from tests.contract.routes import ROUTES

pytestmark = pytest.mark.django_db(transaction=True)

API_PAGES = ["/api/v1/assets", "/api/v1/tokens"]
PAGES = ["/", "/assets/1/", "/providers/", "/admin/", "/runs/"]


@pytest.fixture
def away(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database at an address where nothing listens."""
    connection.close()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        patched.setitem(connection.settings_dict, "PORT", "1")
        yield
        connection.close()


@pytest.fixture
def known(client: Client) -> Client:
    """A client with a session cookie, so that every page asks the database for it."""
    client.cookies["sessionid"] = "x" * 32
    # An error of a middleware is answered, too, instead of raised in the test.
    client.raise_request_exception = False
    return client


class TestPages:
    @pytest.mark.parametrize("address", PAGES)
    def test_say_so_and_try_again(self, known: Client, away: None, address: str) -> None:
        answer = known.get(address)

        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        page = answer.content.decode()
        assert "<h1>The database cannot be reached</h1>" in page
        assert '<meta http-equiv="refresh" content="5">' in page

    def test_do_not_send_a_form_again(self, known: Client, away: None) -> None:
        answer = known.post("/accounts/sign-in/", {"username": "alice", "password": "wrong"})

        assert answer.status_code == 503
        assert "http-equiv" not in answer.content.decode()
        assert "Go back and try again." in answer.content.decode()

    def test_of_which_a_part_is_asked_for_answer_one_sentence(self, known: Client, away: None) -> None:
        answer = known.get("/", headers={"HX-Request": "true"})

        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.content.decode().startswith("The database is stopped or restarting")

    def test_show_other_errors_as_before(self, rf: RequestFactory) -> None:
        try:
            raise ValueError
        except ValueError:
            assert unavailable.failed_page(rf.get("/")).status_code == 500


class TestMiddleware:
    def test_whose_database_is_away_is_answered_too(self, rf: RequestFactory) -> None:
        try:
            raise OperationalError("the connection is closed")
        except OperationalError:
            assert unavailable.failed_page(rf.get("/")).status_code == 503
            problem = unavailable.failed_page(rf.get("/api/v1/assets"))

        assert json.loads(problem.content)["code"] == "database_unavailable"


class TestApi:
    @pytest.mark.parametrize("address", API_PAGES)
    @pytest.mark.parametrize("signs_in", ["by cookie", "by token"])
    def test_answers_a_problem(self, known: Client, away: None, address: str, signs_in: str) -> None:
        headers = {"Authorization": "Bearer stemma_unknown"} if signs_in == "by token" else {}
        answer = known.get(address, headers=headers)

        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "5"
        assert answer.json()["code"] == "database_unavailable"


class TestEveryRoute:
    def test_answers_without_an_error_of_its_own(self, known: Client, away: None) -> None:
        ids: dict[str, object] = {name: 1 for route in ROUTES for name in route.parameters}
        ids |= {"provider_id": "pixverse", "kind": "rebuild"}
        statuses = {str(route): known.generic(route.method, route.address(ids)).status_code for route in ROUTES}

        assert {name: status for name, status in statuses.items() if status >= 500 and status != 503} == {}
