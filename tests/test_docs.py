"""Tests that the README and the pages of docs/ say what is so."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

CODE_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
MAKE_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
PACKAGE_ROW = re.compile(r"^\| (\S+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
PACKAGE_NAME = re.compile(r"[A-Za-z0-9._-]+")


def dependencies() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return [match[0] for requirement in required if (match := PACKAGE_NAME.match(requirement))]


def licences() -> dict[str, str]:
    """Package → licence, as the tables of packages say."""
    page = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text()
    packages = page.partition("## Served to browsers")[0]
    return {name: licence for name, licence in PACKAGE_ROW.findall(packages) if name not in {"package", "---"}}


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in HEADING.findall(page.read_text())}


def broken_links(page: Path) -> list[str]:
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    return [link for link in links if not resolves(page, link)]


def resolves(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.is_relative_to(ROOT) and target.exists() and (not anchor or anchor in anchors(target))


class TestReadme:
    def test_shows_two_commands(self) -> None:
        blocks = CODE_BLOCK.findall((ROOT / "README.md").read_text())

        assert [block.strip() for block in blocks] == ["make demo", "make test"]

    def test_shows_commands_that_are_targets(self) -> None:
        assert {"demo", "test"} <= set(MAKE_TARGET.findall((ROOT / "Makefile").read_text()))

    def test_leads_to_every_page(self) -> None:
        links = set(LINK.findall((ROOT / "README.md").read_text()))

        assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= links


class TestLinks:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
    def test_resolve(self, page: Path) -> None:
        assert broken_links(page) == []


class TestDependencies:
    def test_are_all_explained_and_nothing_else_is(self) -> None:
        assert sorted(licences()) == sorted(dependencies())

    @pytest.mark.parametrize("package", dependencies())
    def test_have_the_licence_they_state(self, package: str) -> None:
        stated = metadata.metadata(package).get_all("License-Expression") or []

        assert licences()[package].startswith("".join(stated))


class TestDecisions:
    def test_are_numbered_without_a_gap(self) -> None:
        numbers = [int(page.name[:4]) for page in sorted((ROOT / "docs" / "decisions").iterdir())]

        assert numbers == list(range(1, len(numbers) + 1))

    @pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").iterdir()), ids=lambda page: page.name)
    def test_carry_their_number_in_the_title(self, page: Path) -> None:
        assert page.read_text().startswith(f"# {int(page.name[:4])}. ")
