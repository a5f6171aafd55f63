"""Tests that URLs of one file give one text, and URLs of two files two."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.pixverse.addresses import parse_address

SIGNED = [
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-Signature=ab",
    "Expires=1700000000&Signature=a%2Bb&Key-Pair-Id=K1&Policy=p",
    "OSSAccessKeyId=1&Expires=2&Signature=3&x-oss-process=image/resize,w_300",
    "X-Goog-Signature=a&GoogleAccessId=b",
    "sv=2024-01-01&se=2026-01-01&sr=b&sp=r&sig=abc",
    "token=abc&auth=1&hmac=2&hdnts=exp=1~hmac=2",
    "ex=1&is=2&hm=3",
]
SIZED = [
    "w=300&h=200&fit=crop&auto=format",
    "width=300&height=auto&quality=80&format=webp&dpr=2",
    "resize=300x200&q=75",
    "imageMogr2/thumbnail/300x",
]
TRACKED = ["utm_source=a&utm_medium=b", "_=1700000000", "t=1700000000000", "ts=17", "v=1.2.3", "v=3fa9c01"]


def text_of(url: str) -> str:
    address = parse_address(url)
    assert address is not None
    return address.text


class TestParseAddress:
    @pytest.mark.parametrize("query", ["", *SIGNED, *SIZED, *TRACKED])
    def test_drops_what_signs_sizes_or_tracks(self, query: str) -> None:
        assert text_of(f"https://example.com/a.jpg?{query}") == "https://example.com/a.jpg"
        assert text_of(f"https://example.com/view?{query}&id=7") == "https://example.com/view?id=7"

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("https://example.com/view?filename=one.png", "https://example.com/view?filename=two.png"),
            ("https://example.com/uc?id=AAA", "https://example.com/uc?id=BBB"),
            ("https://example.com/uc?id=AAA", "https://example.com/uc?id=aaa"),
            ("https://example.com/watch?v=1", "https://example.com/watch?v=2"),
            ("https://example.com/d?token=AAA", "https://example.com/d?token=BBB"),
            ("https://example.com/f?t=20250101", "https://example.com/f?t=20250102"),
            ("https://example.com/get?size=large&q=3", "https://example.com/get?size=large&q=4"),
            ("https://example.com/watch?v=dQw4w9WgXcQ", "https://example.com/watch?v=9bZkp7q19f0"),
            ("https://example.com/search?q=cats", "https://example.com/search?q=dogs"),
            ("https://example.com/a?sp=1", "https://example.com/a?sp=2"),
            ("https://example.com/a?x=1%262", "https://example.com/a?x=1&2"),
            ("https://example.com/a.jpg", "https://www.example.com/a.jpg"),
            ("https://example.com:8001/a.jpg", "https://example.com:8002/a.jpg"),
            ("https://example.com/a.jpg", "https://example.com/A.jpg"),
        ],
    )
    def test_keeps_what_tells_files_apart(self, one: str, other: str) -> None:
        assert text_of(one) != text_of(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("http://example.com/a.jpg", "https://example.com/a.jpg"),
            ("HTTPS://EXAMPLE.COM/a.jpg", "https://example.com/a.jpg"),
            ("https://example.com./a.jpg", "https://example.com/a.jpg"),
            ("http://example.com:80/a.jpg", "https://example.com:443/a.jpg"),
            ("https://person:word@example.com/a.jpg#top", "https://example.com/a.jpg/"),
            ("https://bücher.example/a.jpg", "https://xn--bcher-kva.example/a.jpg"),
            ("https://BÜCHER.example./a.jpg", "https://XN--BCHER-KVA.example/a.jpg"),
            ("https://bu\u0308cher.example/a.jpg", "https://b%C3%BCcher.example/a.jpg"),
            ("https://例え。テスト/a.jpg", "https://xn--r8jz45g.xn--zckzah/a.jpg"),
            ("https://i❤.example/a.jpg", "https://xn--i-7iq.example/a.jpg"),
            ("https://example.com/caf\u00e9.jpg", "https://example.com/cafe\u0301.jpg"),
            ("https://example.com/caf%C3%A9.jpg", "https://example.com/cafe%CC%81.jpg"),
            ("https://example.com/a%20b.jpg", "https://example.com/a%2520b.jpg"),
            ("https://example.com/a%2Fb.jpg", "https://example.com/a%25252Fb.jpg"),
            ("https://example.com/a?x=1&y=2", "https://example.com/a?y=2&x=1"),
            ("https://example.com/a?x=a+b", "https://example.com/a?x=a%2520b"),
            ("https://example.com/a?x=caf\u00e9", "https://example.com/a?x=cafe%CC%81"),
        ],
    )
    def test_is_the_same_for_all_spellings(self, one: str, other: str) -> None:
        assert text_of(one) == text_of(other)

    @pytest.mark.parametrize("url", ["https://", "https:///a", "http://@/", "https://.", "https://:80"])
    def test_is_none_without_a_host(self, url: str) -> None:
        assert parse_address(url) is None

    @given(st.text(), st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
    def test_is_stable(self, host: str, path: str, query: dict[str, str]) -> None:
        pairs = "&".join(
            f"{quote(key, errors='replace')}={quote(value, errors='replace')}" for key, value in query.items()
        )
        try:
            address = parse_address(f"https://{host}/{quote(path, errors='replace')}?{pairs}")
        except ValueError:
            return
        assert address is None or (address.host and "?" not in address.host)


class TestIsNothing:
    @pytest.mark.parametrize("url", ["https://example.com/view?file=undefined", "https://example.com/uc?id=null&a=0"])
    def test_is_true_when_all_parameters_mean_nothing(self, url: str) -> None:
        address = parse_address(url)

        assert address is not None
        assert address.is_nothing

    @pytest.mark.parametrize("url", ["https://example.com/a.jpg?debug=false", "https://example.com/view?id=0&page=2"])
    def test_is_false_when_the_file_is_told_otherwise(self, url: str) -> None:
        address = parse_address(url)

        assert address is not None
        assert not address.is_nothing
