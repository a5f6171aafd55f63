"""Tests of readable names, in many scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import is_readable, name_problem, tidy_name

READABLE = {
    "plain": "Main account",
    "accents": "Zoë’s – “second” one",
    "family": "👩‍👩‍👧",
    "rainbow flag": "🏳️‍🌈",
    "flag of Scotland": "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "skin tone": "👩🏽‍💻 work",
    "keycap": "1️⃣",
    "Persian": "می‌خواهم",
    "Hindi": "क्‍ष",
    "Malayalam, a joiner at the end of a word": "അവന്‍ വന്നു",
    "Sinhala": "ශ්‍රී ලංකා",
    "Arabic": "حساب",
    "Hebrew": "חשבון",
    "Chinese": "账户",
    "decomposed": "e\u0301",
    "a pink heart, newer than the tables of Python 3.11": "\U0001fa77",
}
UNREADABLE = {
    "empty": "",
    "space": " ",
    "newline": "two\nlines",
    "line separator": "two\u2028lines",
    "paragraph separator": "two\u2029lines",
    "tab": "a\tb",
    "NUL": "a\0b",
    "escape": "a\x1b[31mb",
    "C1 control": "a\x85b",
    "lone surrogate": "a\ud800b",
    "override": "a\u202egnp.exe",
    "embedding": "a\u202bb",
    "isolate": "a\u2067b",
    "left-to-right mark": "a\u200eb",
    "zero-width space": "a\u200bb",
    "byte-order mark": "\ufeffa",
    "soft hyphen": "a\u00adb",
    "private use": "a\ue000b",
    "noncharacter": "a\uffffb",
    "tag": "a\U000e0041",
    "joiner alone": "\u200d",
    "joiner first": "\u200dab",
    "joiner last": "ab\u200d",
    "non-joiner before a space": "ab\u200c cd",
    "two joiners": "a\u200d\u200db",
    "Hangul filler": "\u3164",
    "Braille blank": "\u2800\u2800",
    "mark alone": "\u0301",
    "variation selector alone": "\ufe0f",
}


class TestNameProblem:
    @pytest.mark.parametrize("name", READABLE.values(), ids=READABLE.keys())
    def test_allows_every_script(self, name: str) -> None:
        assert name_problem(name) == ""

    @pytest.mark.parametrize("name", UNREADABLE.values(), ids=UNREADABLE.keys())
    def test_refuses_what_cannot_be_read(self, name: str) -> None:
        assert not is_readable(name)

    @pytest.mark.parametrize(
        ("name", "part"),
        [
            ("two\nlines", "without a line break."),
            ("a\u202eb", "RIGHT-TO-LEFT OVERRIDE (U+202E)"),
            ("a\ue000b", "the character U+E000."),
            ("\u3164", "at least one visible character"),
        ],
        ids=["newline", "override", "private use", "blank"],
    )
    def test_says_what_is_wrong(self, name: str, part: str) -> None:
        assert part in name_problem(name)

    @given(st.text())
    def test_is_a_sentence_that_can_be_read(self, name: str) -> None:
        assert name_problem(name).isprintable()


class TestTidyName:
    @pytest.mark.parametrize(
        "text",
        ["two words", "two\u00a0words", "two\u202fwords", "two\u2007words", "\u00a0two words\u3000", " two words\n"],
        ids=["plain", "no-break", "narrow no-break", "figure", "around", "newline"],
    )
    def test_makes_every_space_a_plain_one(self, text: str) -> None:
        assert tidy_name(text) == "two words"

    def test_composes(self) -> None:
        assert tidy_name("Zoe\u0308") == "Zoë"

    @given(st.text())
    def test_changes_nothing_twice(self, text: str) -> None:
        assert tidy_name(tidy_name(text)) == tidy_name(text)
