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

    def test_has_problem_answers_at_each_operation(self, described: Any) -> None:
        operations = [operation for methods in described["paths"].values() for operation in methods.values()]

        assert all({"400", "500", "503"} <= set(operation["responses"]) for operation in operations)
        assert described["components"]["schemas"]["Problem"]["required"] == ["type", "title", "status", "code"]

    @pytest.mark.parametrize(
        ("method", "path", "status", "says"),
        [
            ("patch", "/api/v1/lineage/edges/{edge_id}", "409", "Conflict: `edge_closes_cycle`, `edge_exists`"),
            ("post", "/api/v1/lineage/edges", "409", "`edge_times_reversed`, `edge_to_itself`"),
            ("post", "/api/v1/providers/{provider_id}/accounts/{account_id}/test", "402", "`provider_quota`"),
            ("post", "/api/v1/providers/{provider_id}/accounts/{account_id}/test", "409", "`account_disabled`"),
            ("post", "/api/v1/tokens", "403", "Forbidden"),
            ("get", "/api/v1/assets/{asset_id}", "404", "Not Found"),
        ],
    )
    def test_names_the_codes_of_problems(self, described: Any, method: str, path: str, status: str, says: str) -> None:
        answer = described["paths"][path][method]["responses"][status]

        assert says in answer["description"]
        assert list(answer["content"]) == ["application/problem+json"]

    def test_has_no_problem_that_an_operation_cannot_give(self, described: Any) -> None:
        answers = described["paths"]["/api/v1/health"]["get"]["responses"]

        assert set(answers) == {"200", "400", "500", "503"}
        assert set(answers["503"]["content"]) == {"application/json", "application/problem+json"}


class TestAliases:
    def test_of_the_health_operation(self, client: Client, db: None) -> None:
        alias, answer = client.get("/health"), client.get("/api/v1/health")

        assert (alias.status_code, alias.json()) == (answer.status_code, answer.json())
        assert client.head("/health").status_code == answer.status_code
        assert client.delete("/health").status_code == 405

    def test_of_the_rebuild(self, as_alice: Client) -> None:
        asked = {"asset_ids": [404]}

        answers = [
            as_alice.post(f"/api/v1/{path}", asked, content_type="application/json").json()
            for path in ("lineage/refresh", "assets/lineage/refresh")
        ]

        assert answers[0] == answers[1]
        assert answers[0]["count"] == 1
