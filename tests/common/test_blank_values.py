"""Tests of texts that stand for a missing value."""

from __future__ import annotations

import pytest

from common.blank_values import is_default_file, is_nothing

WORDS = [
    "", " ", "0", "00", "0.0", "-1", "[]", "{}", "[ ]", '[""]', "-", "--", "—", "...", "false", "true", "N/A", "n/a",
    "NaN", "-Infinity", "unknown", "none", "nil", "<nil>", "null", "(null)", '"null"', "'null'", "[null]", "undefined",
    "[object Object]", "about:blank", " NULL\t", "Undefined", "null\u200b", "\u00a0none\u00a0",
    "%6e%75%6c%6c", "%5B%5D", "n%2Fa", "undefined%20", "%25%36%65il",
]  # fmt: skip
ADDRESSES = [
    "/", "/null", "null/", "//undefined", "http://null", "https://undefined/", "http://null:80/a.jpg", "https://NaN?x=1",
    "https://media.pixverse.ai/undefined", "https://example.com/a/null", "https://example.com/a/NaN/",
    "https://example.com/a/b/undefined?w=1#top", "https://example.com/%6eull", "https://example.com/a%2Fnull",
    "https://example.com/N/A", "https://example.com/0", "https://example.com/%5Bobject%20Object%5D", "upload/null",
    "upload/undefined", "null.mp4", "undefined.jpg", "upload/None.png", "https://example.com/a/unknown.webp",
    "default.jpg", "Default.JPEG", "a/default.mp4", "https://example.com/x/y/default.png?v=1", "upload/.jpg",
    "https://media.pixverse.ai/pixverse%2Fjpg%2Fmedia%2Fdefault.jpeg?x=1",
]  # fmt: skip
VALUES = [
    "a", "1", "10", "a null", "true story", "nullable", "default", "defaults.jpg", "default_avatar.jpeg", "1/2",
    "upload/a.jpg", "null/a.mp4", "undefined/a/b.jpg", "unknown_artist.mp3", "processing.mp4", "0.png",
    "https://example.com", "https://example.com/", "https://example.com/0.png", "https://null.example.com/a",
    "https://undefined.org/a.b", "https://example.com/a?b=null", "x.none", "日本", "🎬", "!!!",
]  # fmt: skip


class TestIsNothing:
    @pytest.mark.parametrize("text", [*WORDS, *ADDRESSES])
    def test_is_true_for_words_and_addresses_of_nothing(self, text: str) -> None:
        assert is_nothing(text)

    @pytest.mark.parametrize("text", [*VALUES, "-" * 10_000 + "x", "https://example.com/" + "%25" * 10_000 + "x"])
    def test_is_false_for_values(self, text: str) -> None:
        assert not is_nothing(text)


class TestIsDefaultFile:
    def test_is_true_in_any_folder_and_encoding(self) -> None:
        assert is_default_file("default.jpg")
        assert is_default_file("https://media.pixverse.ai/pixverse%2Fmp4%2Fmedia%2FDEFAULT.mp4?x=1")

    def test_is_false_for_other_words_of_nothing(self) -> None:
        assert not is_default_file("null")
        assert not is_default_file("https://example.com/default.d/a.jpg")
