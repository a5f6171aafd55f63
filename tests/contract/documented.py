"""Middleware of the tests: fails when the API answers something that its description does not document."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.api import api

# Of an address, not of an operation: there is none of this method.
OF_NO_OPERATION = {HTTPStatus.METHOD_NOT_ALLOWED}


class Documented:
    """Compares status and content type of each answer with the OpenAPI description."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on and check the answer."""
        response = self.get_response(request)
        operation = operation_of(request.method or "", request.path)
        if operation is not None and response.status_code not in OF_NO_OPERATION:
            assert_documented(operation, response)
        return response


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """Return the description of an operation, None when there is none at this address."""
    name = {"HEAD": "get"}.get(method, method.lower())
    return next(
        (methods[name] for address, methods in _described() if address.fullmatch(path) and name in methods), None
    )


def assert_documented(operation: dict[str, Any], response: HttpResponseBase) -> None:
    """Fail for a status or a content type that the operation does not document."""
    name, answers = operation["operationId"], operation["responses"]
    assert response.status_code in answers, f"{name} answers {response.status_code}, documented are {sorted(answers)}"
    if response.status_code == HTTPStatus.NO_CONTENT:
        return
    sent = response.headers.get("Content-Type", "").partition(";")[0]
    documented = answers[response.status_code].get("content", {"": None})
    assert sent in documented, f"{name} answers {response.status_code} as {sent}, not {list(documented)}"


@cache
def _described() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    # Addresses without parameters first, as in `/assets/lineage/refresh` beside `/assets/{asset_id}`.
    paths = sorted(api.get_openapi_schema()["paths"].items(), key=lambda entry: entry[0].count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", address)), methods) for address, methods in paths]
