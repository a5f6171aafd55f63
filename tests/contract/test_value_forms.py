"""Tests of the forms in which the API reads values: one each, the form of its description."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from common.text import NAME_PATTERN, name_problem
from config.api import api
from tests.contract.routes import Kind, Route, rows_of

DESCRIPTION = json.loads(json.dumps(api.get_openapi_schema()))
OTHER_FORMS = {
    "integer": ["1.0", "1e0", "+1", " 1", "1_0", "\u0661", "true", ""],
    "boolean": ["1", "0", "yes", "on", "TRUE", "t", ""],
    "date": ["1700000000", "2025-07-20T00:00:00", "20250720", "2025-7-20", "-1", ""],
}
OTHER_KINDS = {
    "integer": ["1", True, 1.5, "", [1]],
    "number": ["1.5", True, "", "NaN"],
    "boolean": [0, 1, "true", "yes", ""],
}


def types_of(schema: dict[str, Any]) -> Iterator[str]:
    for choice in [schema, *schema.get("anyOf", ())]:
        yield choice.get("format") or choice.get("type", "")


def parameters() -> Iterator[Any]:
    for path, methods in DESCRIPTION["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            for kind in OTHER_FORMS.keys() & set(types_of(parameter["schema"])):
                if parameter["in"] == "query":
                    yield pytest.param(path, parameter["name"], kind, id=f"{path} {parameter['name']}")


def fields() -> Iterator[Any]:
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            reference = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
            for name, schema in DESCRIPTION["components"]["schemas"].get(reference, {}).get("properties", {}).items():
                for kind in OTHER_KINDS.keys() & set(types_of(schema)):
                    yield pytest.param(method, path, name, kind, id=f"{method} {path} {name}")


@pytest.fixture
def addressed(alice: User) -> dict[str, object]:
    """One of everything that addresses name."""
    return rows_of(alice)


def filled(path: str, ids: dict[str, object]) -> str:
    return Route("GET", path.removeprefix("/").replace("{", "<").replace("}", ">"), Kind.OWN).address(ids)


class TestParameters:
    @pytest.mark.parametrize(("path", "name", "kind"), list(parameters()))
    def test_have_one_form(
        self, as_alice: Client, addressed: dict[str, object], path: str, name: str, kind: str
    ) -> None:
        for text in OTHER_FORMS[kind]:
            answer = as_alice.get(filled(path, addressed), {name: text, "side": "parents"})

            assert answer.status_code == 422, text
            assert name in [error["field"] for error in answer.json()["errors"]], text

    def test_are_given_once(self, as_alice: Client) -> None:
        answer = as_alice.get("/api/v1/assets?limit=2&q=a&q=b&limit=3")

        assert answer.status_code == 422
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            ("limit", "repeated"),
            ("q", "repeated"),
        ]

    def test_are_never_null(self) -> None:
        assert '"null"' not in json.dumps(
            [
                operation.get("parameters", [])
                for methods in DESCRIPTION["paths"].values()
                for operation in methods.values()
            ]
        )


class TestFieldsOfBodies:
    @pytest.mark.parametrize(("method", "path", "name", "kind"), list(fields()))
    def test_have_one_kind(
        self, as_alice: Client, addressed: dict[str, object], method: str, path: str, name: str, kind: str
    ) -> None:
        for value in OTHER_KINDS[kind]:
            answer = as_alice.generic(
                method.upper(), filled(path, addressed), json.dumps({name: value}), content_type="application/json"
            )

            assert answer.status_code == 422, value
            assert name in [error["field"].split(".")[0] for error in answer.json()["errors"]], value


class TestTheDescription:
    def test_has_bounds_in_the_words_of_json_schema(self) -> None:
        text = json.dumps(DESCRIPTION)

        assert '"maximum": ' in text
        assert not [word for word in ("ge", "gt", "le", "lt", "max_length", "min_length") if f'"{word}": ' in text]


class TestNamePattern:
    @pytest.mark.parametrize("name", ["a", "Main 2", "👩‍👩‍👧", "می‌خواهم", "क्‍ष", "🏴\U000e0067\U000e007f", " é "])
    def test_matches_names(self, name: str) -> None:
        assert matches(name)

    @pytest.mark.parametrize("character", [chr(point) for point in (0, 0x1F, 0x202E, 0xFEFF, 0xE000, 0xFFFE, 0x10FFFF)])
    def test_refuses_a_name_with(self, character: str) -> None:
        assert not matches(f"a{character}b")

    def test_allows_every_character_that_names_may_have(self) -> None:
        points = [*range(0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE0200), *range(0x10FFFF - 300, 0x110000)]
        refused = [point for point in points if not matches(f"a{chr(point)}b")]

        # Tags and joiners are allowed in their places, which a pattern cannot tell.
        assert all(name_problem(f"a{chr(point)}b") for point in refused)
        assert {point for point in points if name_problem(f"a{chr(point)}b")} - set(refused) <= {
            *range(0xE0020, 0xE0080)
        }


def matches(name: str) -> bool:
    return re.search(NAME_PATTERN, name) is not None
