"""The OpenAPI document: ninja's own, with the problem answers that each operation can give.

Statuses follow from the operation: those of any request, of a signed-in person, of an address with IDs, of a body. The
errors of an app are added from its `raises` declaration (`common/errors.py`), with their codes.
"""

from __future__ import annotations

from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import Http404
from ninja.openapi.schema import BODY_CONTENT_TYPES, OpenAPISchema

from common.errors import AppError, Busy, DatabaseUnavailable, TooSlow, errors_of

if TYPE_CHECKING:
    from ninja.operation import Operation

PROBLEM_TYPE = "application/problem+json"
PROBLEM_REF = "#/components/schemas/Problem"
SAFE_METHODS = {"GET", "HEAD"}

ANY_REQUEST = (HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)

_BUSY: set[type[AppError | Http404]] = {Busy, DatabaseUnavailable, TooSlow}
_TEXT = {"type": "string"}
_HEADERS = {
    401: {"WWW-Authenticate": {"description": "`Bearer`, when you are not signed in.", "schema": _TEXT}},
    429: {"Retry-After": {"description": "Seconds to wait.", "schema": _TEXT}},
    503: {"Retry-After": {"description": "Seconds to wait, where known.", "schema": _TEXT}},
}

PROBLEM = {
    "title": "Problem",
    "type": "object",
    "description": "A problem document (RFC 9457). `code` is stable; an error may add members of its own.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {**_TEXT, "description": "`urn:stemma:problem:` and the code."},
        "title": {**_TEXT, "description": "A summary, the same for every problem of the code."},
        "status": {"type": "integer", "description": "The status of the answer."},
        "detail": {**_TEXT, "description": "A sentence about this problem."},
        "code": {**_TEXT, "description": "The identifier of the kind of problem."},
        "errors": {
            "type": "array",
            "description": "The invalid fields of the request.",
            "items": {
                "type": "object",
                "required": ["location", "field", "code", "message"],
                "properties": {"location": _TEXT, "field": _TEXT, "code": _TEXT, "message": _TEXT},
            },
        },
    },
}


class Description(OpenAPISchema):
    """The OpenAPI document of an API whose errors are problem documents."""

    def responses(self, operation: Operation) -> dict[int, dict[str, Any]]:
        """Return the documented answers of an operation, its problems after its results."""
        found = super().responses(operation)
        for status, codes in sorted(_problems(operation).items()):
            answer = found.setdefault(status, {"description": HTTPStatus(status).phrase})
            if codes:
                answer["description"] += ": " + ", ".join(f"`{code}`" for code in codes)
            answer.setdefault("content", {})[PROBLEM_TYPE] = {"schema": {"$ref": PROBLEM_REF}}
            if status in _HEADERS:
                answer["headers"] = _HEADERS[status]
        return found

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        """Add shared schemas by name.

        Raises:
            ValueError: two classes of one name would describe each other's answers.
        """
        for name, schema in definitions.items():
            if self.schemas.setdefault(name, schema) != schema:
                raise ValueError(f"There are two different schemas called {name}.")

    def operation_parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Return the parameters of an operation, without null, which no address can hold."""
        parameters: list[dict[str, Any]] = super().operation_parameters(operation)
        return [{**parameter, "schema": _without_null(parameter["schema"])} for parameter in parameters]

    def get_components(self) -> dict[str, Any]:
        """Return the shared schemas, the problem document among them."""
        components: dict[str, Any] = super().get_components()
        components["schemas"]["Problem"] = PROBLEM
        return components


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) != 1:
        return schema
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**kept, **choices[0]}


def _problems(operation: Operation) -> dict[int, list[str]]:
    """Return the statuses of the problems that an operation can answer, with the codes of its app's errors."""
    sources = {model.__ninja_param_source__ for model in operation.models}
    statuses = set(ANY_REQUEST)
    if operation.auth_callbacks:
        statuses.add(HTTPStatus.UNAUTHORIZED)
        if not set(operation.methods) <= SAFE_METHODS:
            # A session's CSRF token is missing.
            statuses.add(HTTPStatus.FORBIDDEN)
    if "path" in sources:
        statuses.add(HTTPStatus.NOT_FOUND)
    if sources:
        statuses.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    if sources & set(BODY_CONTENT_TYPES):
        statuses.add(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    codes: dict[int, set[str]] = defaultdict(set, {int(status): set() for status in statuses})
    for error in errors_of(operation.view_func) | _BUSY:
        if issubclass(error, AppError):
            codes[error.http_status] |= {error.code} - {AppError.code}
        else:
            codes[int(HTTPStatus.NOT_FOUND)] |= set()
    return {status: sorted(found) for status, found in codes.items()}
