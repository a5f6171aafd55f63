"""Time limit of the queries of a request. Commands and the worker have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from psycopg.pq import TransactionStatus

ADMIN_PREFIX = "/admin/"

# The limit of each open connection, since the pool gives them to other requests.
_limits: WeakKeyDictionary[psycopg.Connection[Any], int] = WeakKeyDictionary()


class StatementTimeout:
    """Middleware: each query of a page or of the API may take a few seconds, of the admin longer.

    PostgreSQL cancels longer ones; `config.middleware.unavailable` answers that.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, and limit its queries."""
        if not settings.STATEMENT_TIMEOUT_SECONDS and not settings.ADMIN_STATEMENT_TIMEOUT_SECONDS:
            return self.get_response(request)
        with connection.execute_wrapper(_Limit(seconds_of(request) * 1_000)):
            return self.get_response(request)


def seconds_of(request: HttpRequest) -> int:
    """Return the time limit of the queries of a request, 0 for none."""
    is_admin = request.path.startswith(ADMIN_PREFIX)
    seconds: int = settings.ADMIN_STATEMENT_TIMEOUT_SECONDS if is_admin else settings.STATEMENT_TIMEOUT_SECONDS
    return seconds


class _Limit:
    """Sets the limit of a connection before the first query on it."""

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        raw: psycopg.Connection[Any] = context["connection"].connection
        status = raw.info.transaction_status
        if _limits.get(raw) != self._milliseconds and status in {TransactionStatus.IDLE, TransactionStatus.INTRANS}:
            raw.execute(f"SET statement_timeout = {self._milliseconds:d}".encode())
            # Within a transaction it is undone when that is rolled back, so it is set again for the next query.
            if raw.autocommit and status is TransactionStatus.IDLE:
                _limits[raw] = self._milliseconds
        return execute(sql, params, many, context)
