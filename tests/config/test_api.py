"""Tests of the API's own description."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def described(client: Client, db: None) -> Any:
    return client.get("/api/v1/openapi.json").json()


class TestTheDescription:
    def test_names_each_operation_once(self, described: Any) -> None:
        ids = [operation["operationId"] for methods in described["paths"].values() for operation in methods.values()]

        assert len(set(ids)) == len(ids)
        assert {"scan_account_library", "import_account_library", "rebuild_lineage", "get_lineage"} <= set(ids)

    def test_says_what_each_operation_does(self, described: Any) -> None:
        operations = [operation for methods in described["paths"].values() for operation in methods.values()]

        assert all(operation.get("description") and operation.get("tags") for operation in operations)

    def test_never_answers_with_credentials(self, described: Any) -> None:
        answers = {name: schema for name, schema in described["components"]["schemas"].items() if "Answer" in name}

        assert not [name for name, schema in answers.items() if "credentials" in schema.get("properties", {})]
