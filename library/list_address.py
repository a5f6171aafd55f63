"""The address of the list that a page was opened from, so that the page can return to it."""

from __future__ import annotations

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

FIELD = "list"
LENGTH_MAX = 3_000


def list_query(query: QueryDict) -> str:
    """Return the query string of a library page: its filters, order and position, without empty ones."""
    return urlencode([(name, value) for name, values in query.lists() for value in values if value])


def asked_list(asked: QueryDict) -> str:
    """Return the query string of the library page that a request names, "" for the unfiltered first page."""
    text = asked.get(FIELD, "")
    return list_query(QueryDict(text)) if len(text) <= LENGTH_MAX else ""


def list_address(query: str) -> str:
    """Return the address of the library page with this query string."""
    return reverse("library:library") + (f"?{query}" if query else "")


def with_list(address: str, query: str) -> str:
    """Add the library page to the address of a page that is opened from it."""
    return f"{address}?{urlencode({FIELD: query})}" if query else address
