"""The house stays readable: small folders, short template lines, nothing that looks upwards through a reverse name."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("common", "providers", "assets", "lineage", "generations", "library", "config")
MODULES_MAX = 16
TEMPLATE_LINE_MAX = 160


def modules(*apps: str) -> list[Path]:
    found = (path for app in apps for path in (ROOT / app).rglob("*.py"))
    return [path for path in found if "migrations" not in path.parts and path.name != "__init__.py"]


class TestFolders:
    def test_hold_at_most_sixteen_modules(self) -> None:
        counts = Counter(path.parent.relative_to(ROOT) for path in modules(*APPS))

        assert {str(folder): count for folder, count in counts.items() if count > MODULES_MAX} == {}


class TestNamesOfEdges:
    @pytest.mark.parametrize("name", ["parent_edges", "child_edges"])
    def test_are_not_used_below_lineage(self, name: str) -> None:
        below = modules("common", "providers", "assets")

        assert [str(path.relative_to(ROOT)) for path in below if name in path.read_text()] == []


class TestTemplates:
    def test_have_short_lines(self) -> None:
        long = [
            f"{path.relative_to(ROOT)}:{number}"
            for path in sorted((ROOT / "templates").rglob("*.html"))
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if len(line) > TEMPLATE_LINE_MAX
        ]

        assert long == []


class TestContracts:
    def test_name_no_module_by_hand_but_the_doors(self) -> None:
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
        layers = [
            contract["layers"] for contract in settings["tool"]["importlinter"]["contracts"] if "layers" in contract
        ]

        assert all(len(lines) <= 8 for lines in layers)
        assert sum(len(lines) for lines in layers) <= 10
