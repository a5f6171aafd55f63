"""Tests of secrets that are generated once."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.runtime.secret_files import read_or_create


class TestReadOrCreate:
    def test_creates_a_value_once(self, tmp_path: Path) -> None:
        first = read_or_create(tmp_path / "var" / "key", lambda: "first")
        second = read_or_create(tmp_path / "var" / "key", lambda: "second")

        assert (first, second) == ("first", "first")

    def test_lets_only_its_owner_read_it(self, tmp_path: Path) -> None:
        read_or_create(tmp_path / "key", lambda: "value")

        assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600

    def test_takes_the_value_of_a_process_that_was_faster(self, tmp_path: Path) -> None:
        def create_slowly() -> str:
            read_or_create(tmp_path / "key", lambda: "faster")
            return "slower"

        assert read_or_create(tmp_path / "key", create_slowly) == "faster"

    def test_leaves_nothing_else_behind(self, tmp_path: Path) -> None:
        read_or_create(tmp_path / "key", lambda: "value")

        assert [path.name for path in tmp_path.iterdir()] == ["key"]

    def test_refuses_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "key").touch()

        with pytest.raises(ImproperlyConfigured, match="is empty"):
            read_or_create(tmp_path / "key", lambda: "value")
