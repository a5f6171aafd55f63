"""Tests of host names and URLs in ASCII."""

from __future__ import annotations

import pytest

from common.hosts import InvalidHost, ascii_host, ascii_url


class TestAsciiHost:
    @pytest.mark.parametrize(
        ("host", "sent"),
        [
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("bu\u0308cher.example", "xn--bcher-kva.example"),
            ("bücher。example", "xn--bcher-kva.example"),
            ("straße.example", "xn--strae-oqa.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("*.bücher.example", "*.xn--bcher-kva.example"),
            (".bücher.example", ".xn--bcher-kva.example"),
            ("bücher.example:8001", "xn--bcher-kva.example:8001"),
            ("my_proxy", "my_proxy"),
            ("[::1]:8001", "[::1]:8001"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("*", "*"),
        ],
    )
    def test_is_what_is_sent(self, host: str, sent: str) -> None:
        assert ascii_host(host) == sent

    @pytest.mark.parametrize("host", ["☃.example", "a..ü", "ü" * 70, "xn--.example", "-ü.example", "ü\u200dü"])
    def test_refuses_names_that_cannot_be_sent(self, host: str) -> None:
        with pytest.raises(InvalidHost, match="host name"):
            ascii_host(host)


class TestAsciiUrl:
    @pytest.mark.parametrize(
        ("url", "sent"),
        [
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://bücher.example:8443/v1", "https://xn--bcher-kva.example:8443/v1"),
            ("https://example.com/bücher?q=ü", "https://example.com/b%C3%BCcher?q=%C3%BC"),
            ("https://example.com/%C3%BC", "https://example.com/%C3%BC"),
            ("https://*.bücher.example", "https://*.xn--bcher-kva.example"),
            ("HTTPS://Example.com", "HTTPS://Example.com"),
            ("http://[::1]:8001/", "http://[::1]:8001/"),
            ("bücher", "b%C3%BCcher"),
            ("", ""),
        ],
    )
    def test_is_what_is_sent(self, url: str, sent: str) -> None:
        assert ascii_url(url) == sent

    @pytest.mark.parametrize("url", ["https://[ü", "https://☃.example", "https://a\u2100b.example"])
    def test_refuses_what_is_no_url(self, url: str) -> None:
        with pytest.raises(ValueError, match=r".+"):
            ascii_url(url)
