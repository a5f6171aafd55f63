"""Tests of the address of a client behind proxies."""

from __future__ import annotations

import logging
from ipaddress import ip_network
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from config.middleware import client_address as module
from config.middleware.client_address import ClientAddress, client_address, is_trusted, parsed

TRUSTED = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("2001:db8:aaaa::/48")]


class TestClientAddress:
    @pytest.mark.parametrize(
        ("forwarded", "client"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("203.0.113.9, 192.0.2.1", "192.0.2.1"),
            ("203.0.113.9, 192.0.2.1, 10.1.2.3", "192.0.2.1"),
            ("127.0.0.1, 192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ('"[2001:db8::1]:4711"', "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
            ("192.0.2.1, ::ffff:10.0.0.9", "192.0.2.1"),
            ("192.0.2.1, 2001:db8:aaaa::7", "192.0.2.1"),
            ("fe80::1%eth0", "fe80::1"),
            (" 192.0.2.1 ", "192.0.2.1"),
            ("10.1.2.3", "10.1.2.3"),
            ("", "127.0.0.1"),
            ("unknown", "127.0.0.1"),
            ("192.0.2.1, unknown", "127.0.0.1"),
            ("192.0.2.1, unknown, 10.1.2.3", "10.1.2.3"),
            ("192.0.2.1,", "127.0.0.1"),
            ("192.0.2.999", "127.0.0.1"),
            ("192.0.2.1; DROP TABLE", "127.0.0.1"),
            ("_hidden", "127.0.0.1"),
            ("192.0.2.1\x00", "127.0.0.1"),
            ("١٩٢.0.2.1", "127.0.0.1"),
            (", ".join(["192.0.2.1"] + ["10.0.0.1"] * 50), "10.0.0.1"),
        ],
    )
    def test_is_the_rightmost_one_that_is_not_trusted(self, forwarded: str, client: str) -> None:
        assert client_address("127.0.0.1", forwarded, TRUSTED) == client

    def test_is_the_peer_when_that_is_not_trusted(self) -> None:
        assert client_address("192.0.2.7", "192.0.2.1", TRUSTED) == "192.0.2.7"

    @given(st.text())
    def test_is_an_address_whatever_the_header_holds(self, forwarded: str) -> None:
        assert parsed(client_address("127.0.0.1", forwarded, TRUSTED)) is not None


class TestIsTrusted:
    @pytest.mark.parametrize("peer", ["127.0.0.1", "::ffff:127.0.0.1", "10.255.0.1", "2001:db8:aaaa::1"])
    def test_of_the_proxies(self, peer: str) -> None:
        assert is_trusted(peer, TRUSTED)

    @pytest.mark.parametrize("peer", ["127.0.0.2", "192.0.2.1", "2001:db8:bbbb::1", "testserver", "::1", ""])
    def test_of_nobody_else(self, peer: str) -> None:
        assert not is_trusted(peer, TRUSTED)

    def test_of_nobody_without_the_setting(self) -> None:
        assert not is_trusted("127.0.0.1", [])


class TestMiddleware:
    def test_sets_the_address(self, settings: Any) -> None:
        settings.TRUSTED_PROXIES = TRUSTED

        seen = self._seen(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.1", HTTP_X_FORWARDED_PROTO="https")

        assert seen.META["REMOTE_ADDR"] == "192.0.2.1"
        assert seen.META["HTTP_X_FORWARDED_PROTO"] == "https"

    @pytest.mark.parametrize("trusted", [TRUSTED, []], ids=["behind a proxy", "alone"])
    @pytest.mark.parametrize(("peer", "address"), [("", "127.0.0.1"), ("::ffff:192.0.2.7", "192.0.2.7"), ("x", "x")])
    def test_writes_an_address_in_one_way(self, settings: Any, trusted: Any, peer: str, address: str) -> None:
        settings.TRUSTED_PROXIES = trusted

        assert self._seen(REMOTE_ADDR=peer).META["REMOTE_ADDR"] == address

    def test_believes_a_proxy_on_a_unix_socket(self, settings: Any) -> None:
        settings.TRUSTED_PROXIES = TRUSTED

        assert self._seen(REMOTE_ADDR="", HTTP_X_FORWARDED_FOR="192.0.2.1").META["REMOTE_ADDR"] == "192.0.2.1"

    def test_removes_the_headers_of_others(self, settings: Any) -> None:
        settings.TRUSTED_PROXIES = TRUSTED

        seen = self._seen(REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="192.0.2.1", HTTP_X_FORWARDED_PROTO="https")

        assert seen.META["REMOTE_ADDR"] == "192.0.2.7"
        assert not any(name.startswith("HTTP_X_FORWARDED") for name in seen.META)

    def test_warns_once_of_a_proxy_that_is_not_trusted(self, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
        settings.TRUSTED_PROXIES = []
        module._warn_of_proxy.cache_clear()

        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                seen = self._seen(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.1")

        assert seen.META["REMOTE_ADDR"] == "127.0.0.1"
        assert [record.getMessage().partition(" sends")[0] for record in caplog.records] == ["127.0.0.1"]

    def _seen(self, **meta: Any) -> HttpRequest:
        requests: list[HttpRequest] = []

        def view(request: HttpRequest) -> HttpResponse:
            requests.append(request)
            return HttpResponse()

        ClientAddress(view)(RequestFactory().get("/", **meta))
        return requests[0]
