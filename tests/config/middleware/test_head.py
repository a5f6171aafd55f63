"""Tests of HEAD: wherever GET is answered, with the same status and headers."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.contract.routes import ROUTES, Kind, Route, rows_of

# Differ between any two answers, or say how long each took.
VARYING = {"Set-Cookie", "Content-Security-Policy"}
READ = [route for route in ROUTES if route.method == "GET"]


@pytest.fixture
def ids(alice: User) -> dict[str, object]:
    return rows_of(alice)


class TestHead:
    @pytest.mark.parametrize("route", READ, ids=str)
    def test_is_answered_as_get_without_a_body(self, as_alice: Client, ids: dict[str, object], route: Route) -> None:
        got = as_alice.get(route.address(ids))
        answer = as_alice.head(route.address(ids))

        assert answer.status_code == got.status_code != 405
        assert {name for name in got.headers if name not in VARYING} <= set(answer.headers)
        assert answer.headers.get("Content-Type") == got.headers.get("Content-Type")
        assert b"".join(answer) == b""

    @pytest.mark.parametrize("route", [route for route in READ if route.kind is Kind.OPEN], ids=str)
    def test_is_open_where_get_is(self, client: Client, db: None, route: Route) -> None:
        assert client.head(route.address({})).status_code == client.get(route.address({})).status_code

    def test_says_the_length_of_the_body(self, as_alice: Client) -> None:
        answer = as_alice.head("/api/v1/assets")

        assert int(answer.headers["Content-Length"]) == len(as_alice.get("/api/v1/assets").content) > 0

    def test_of_what_is_not_there_is_not_found(self, as_alice: Client) -> None:
        assert as_alice.head("/assets/999999999/").status_code == 404
        assert as_alice.head("/api/v1/assets/999999999").status_code == 404

    def test_is_no_way_to_change_anything(self, as_alice: Client, ids: dict[str, object]) -> None:
        answer = as_alice.head("/api/v1/lineage/edges")

        assert answer.status_code == 405
        assert "GET" not in answer.headers["Allow"]

    def test_of_a_file_sends_no_body(self, as_alice: Client) -> None:
        answer = as_alice.head("/static/css/base.css")

        assert answer.status_code == 200
        assert b"".join(answer) == b""
