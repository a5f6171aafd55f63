"""Versions in the headers of the JSON API: ETag in answers, If-Match in requests (RFC 9110)."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse
from ninja import Header

IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        max_length=500,
        description="The ETag of the values that you changed; with others stored, the answer is 409 `edit_conflict`.",
    ),
]


def set_etag(response: HttpResponse, version: str) -> None:
    """Add the version of a row to an answer."""
    response.headers["ETag"] = f'"{version}"'
