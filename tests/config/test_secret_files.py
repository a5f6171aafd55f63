"""Tests of values that are made once."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.secret_files import kept


class TestKept:
    def test_makes_a_value_once(self, tmp_path: Path) -> None:
        first = kept(tmp_path / "var" / "key", lambda: "first")
        second = kept(tmp_path / "var" / "key", lambda: "second")

        assert (first, second) == ("first", "first")

    def test_lets_only_its_owner_read_it(self, tmp_path: Path) -> None:
        kept(tmp_path / "key", lambda: "value")

        assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600

    def test_takes_the_value_of_a_process_that_was_quicker(self, tmp_path: Path) -> None:
        def make_slowly() -> str:
            kept(tmp_path / "key", lambda: "quicker")
            return "slower"

        assert kept(tmp_path / "key", make_slowly) == "quicker"

    def test_leaves_nothing_else_behind(self, tmp_path: Path) -> None:
        kept(tmp_path / "key", lambda: "value")

        assert [path.name for path in tmp_path.iterdir()] == ["key"]

    def test_refuses_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "key").touch()

        with pytest.raises(ImproperlyConfigured, match="is empty"):
            kept(tmp_path / "key", lambda: "value")
