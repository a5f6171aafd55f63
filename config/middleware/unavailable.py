"""Answers to requests that the database cannot serve now, on pages and in the API.

None of them reads the database: no session, no user.
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views import defaults
from psycopg.errors import QueryCanceled

from common.errors import Busy, DatabaseUnavailable, TooSlow
from config.api_errors import API_PREFIX, app_error
from config.middleware.statement_timeout import seconds_of
from config.runtime.reviving import revive_database_soon

logger = logging.getLogger(__name__)

# What psycopg raises without a connection, or with a lost one; the pool's PoolTimeout is one of them.
DATABASE_ERRORS = (OperationalError, InterfaceError)


class UnavailablePages:
    """Middleware: answers such errors of views. Those of other middleware reach `failed_page`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer an error of a view, None when it is of another kind."""
        reason = reason_of(request, error)
        return None if reason is None else answer(request, reason)


def failed_page(request: HttpRequest) -> HttpResponse:
    """Answer an error that no view handled; Django asks for it wherever it would answer 500."""
    reason = reason_of(request, sys.exc_info()[1])
    return defaults.server_error(request) if reason is None else answer(request, reason)


def reason_of(request: HttpRequest, error: BaseException | None) -> Busy | None:
    """Return why a request cannot be served now, None when the error is of another kind."""
    if isinstance(error, Busy):
        return error
    if not isinstance(error, DATABASE_ERRORS):
        return None
    if isinstance(error.__cause__, QueryCanceled):
        return TooSlow(seconds_of(request))
    if not _is_lost_connection(error.__cause__):
        return None
    logger.warning("The database did not serve a request: %s", str(error).strip())
    revive_database_soon()
    is_reading = request.method in ("GET", "HEAD")
    advice = "Nothing is lost." if is_reading else "Check whether your last change was saved before you repeat it."
    return DatabaseUnavailable(f"The database is stopped or restarting, or all connections to it are in use. {advice}")


def _is_lost_connection(error: BaseException | None) -> bool:
    """Return False for an error of the database itself, such as a deadlock or a full disk."""
    state = getattr(error, "sqlstate", None)
    return state is None or state.startswith(("08", "57P")) or state == "53300"


def answer(request: HttpRequest, reason: Busy) -> HttpResponse:
    """Return the problem document, the page, or for a part of a page the sentence."""
    if request.path.startswith(API_PREFIX):
        return app_error(request, reason)
    seconds = None if reason.retry_after_seconds is None else math.ceil(reason.retry_after_seconds)
    if request.headers.get("HX-Request"):
        response = HttpResponse(reason.detail, status=reason.http_status, content_type="text/plain; charset=utf-8")
    else:
        # A form is not sent again: it may have been received.
        repeats = seconds if request.method in {"GET", "HEAD"} else None
        page = render_to_string("503.html", {"title": reason.title, "detail": reason.detail, "seconds": repeats})
        response = HttpResponse(page, status=reason.http_status)
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    response.headers["Cache-Control"] = "no-store"
    return response


def database_problem(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer an error of the database that left a route of the API."""
    reason = reason_of(request, error)
    if reason is None:
        raise error
    return app_error(request, reason)
