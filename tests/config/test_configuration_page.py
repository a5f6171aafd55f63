"""Tests that docs/configuration.md and the settings name the same things."""

from __future__ import annotations

import re

from config import settings

READS = re.compile(r"\b(?:text|flag|number|words|hosts|networks)\(\s*\"([A-Z_]+)\"")
ROWS = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)


class TestConfigurationPage:
    def test_lists_every_setting_and_no_other(self) -> None:
        read = READS.findall((settings.BASE_DIR / "config" / "settings.py").read_text())
        documented = ROWS.findall((settings.BASE_DIR / "docs" / "configuration.md").read_text())

        assert len(read) > 20
        assert sorted(set(read)) == sorted(documented)
