"""Tests of the functions that read the environment."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings import flag, hosts, number, text, words


class TestText:
    def test_reads_without_surrounding_space(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STEMMA_TEST", " word ")

        assert text("STEMMA_TEST") == "word"

    def test_refuses_a_missing_value_without_default(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="STEMMA_TEST"):
            text("STEMMA_TEST")

    def test_takes_an_empty_value_for_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STEMMA_TEST", "")

        assert text("STEMMA_TEST", "default") == "default"


class TestFlag:
    @pytest.mark.parametrize("word", ["true", "YES", "on", "1"])
    def test_reads_words_for_true(self, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
        monkeypatch.setenv("STEMMA_TEST", word)

        assert flag("STEMMA_TEST", default=False) is True

    @pytest.mark.parametrize("word", ["False", "no", "OFF", "0"])
    def test_reads_words_for_false(self, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
        monkeypatch.setenv("STEMMA_TEST", word)

        assert flag("STEMMA_TEST", default=True) is False

    def test_refuses_any_other_word(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STEMMA_TEST", "maybe")

        with pytest.raises(ImproperlyConfigured, match="STEMMA_TEST must be true or false"):
            flag("STEMMA_TEST", default=True)


class TestNumber:
    def test_reads_digits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STEMMA_TEST", "12")

        assert number("STEMMA_TEST", 3) == 12

    @pytest.mark.parametrize("digits", ["-1", "1.5", "ten", "٣"])
    def test_refuses_anything_else(self, monkeypatch: pytest.MonkeyPatch, digits: str) -> None:
        monkeypatch.setenv("STEMMA_TEST", digits)

        with pytest.raises(ImproperlyConfigured, match="STEMMA_TEST must be a whole number"):
            number("STEMMA_TEST", 3)


class TestWords:
    def test_splits_at_commas_and_leaves_out_empty_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STEMMA_TEST", "one, two,,three,")

        assert words("STEMMA_TEST") == ["one", "two", "three"]

    def test_is_empty_when_missing(self) -> None:
        assert words("STEMMA_TEST") == []


class TestHosts:
    def test_reads_names_as_browsers_send_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(
            "STEMMA_TEST", "localhost, .bücher.example, bücher.example:8001, https://bücher.example, [::1]"
        )

        assert hosts("STEMMA_TEST") == [
            "localhost",
            ".xn--bcher-kva.example",
            "xn--bcher-kva.example:8001",
            "https://xn--bcher-kva.example",
            "[::1]",
        ]

    def test_refuses_names_that_cannot_be_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STEMMA_TEST", "☃.example")

        with pytest.raises(ImproperlyConfigured, match="STEMMA_TEST: The host name"):
            hosts("STEMMA_TEST")
