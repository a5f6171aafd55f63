"""Tests of requests that the web server refuses before Stemma sees them, and of HEAD through the proxy."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.server.conftest import Browser, Servers

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "127.0.0.3"


class TestRequestLines:
    def test_hold_a_search_for_five_hundred_chinese_characters(self, servers: Servers) -> None:
        answer, _ = Browser(servers, HERE).request("GET", f"/?q={quote('雨' * 500)}")

        # A visitor is asked to sign in, and led to the search then.
        assert answer.status == 302
        assert answer.headers["Location"].count("%25E9%259B%25A8") == 500

    @pytest.mark.parametrize("size", [8_200, 20_000])
    def test_that_are_too_long_get_a_page(self, servers: Servers, size: int) -> None:
        answer, page = Browser(servers, HERE).request("GET", "/?q=" + "x" * size, directly=True)

        assert answer.status == 414
        assert "<h1>Address too long</h1>" in page

    def test_with_headers_that_are_too_large_get_a_page(self, servers: Servers) -> None:
        answer, page = Browser(servers, HERE).request("GET", "/", directly=True, headers={"Cookie": "x" * 9_000})

        assert answer.status == 431
        assert "<h1>Headers too large</h1>" in page

    def test_that_are_malformed_get_a_page(self, servers: Servers) -> None:
        answer, page = Browser(servers, HERE).request("G@T", "/", directly=True)

        assert answer.status == 400
        assert "<h1>Bad request</h1>" in page


class TestHead:
    def test_of_health_is_answered_without_a_body(self, servers: Servers) -> None:
        answer, body = Browser(servers, HERE).request("HEAD", "/api/v1/health")

        assert (answer.status, body) == (200, "")
        assert int(answer.headers["Content-Length"]) > 0
