"""Answer every error behind the JSON API with a problem document; the only place where HTTP meets our errors.

DETAILS holds the texts of plain HTTP errors. The texts of an app's own errors are in its subclasses of
`common.errors.AppError`, such as `providers/errors.py` and `common/runs/lifecycle.py`. The messages of invalid fields
are those of the schemas that check them.

Source: RFC 9457, Problem Details for HTTP APIs.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views import defaults
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from common.errors import AppError

logger = logging.getLogger(__name__)

API_PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"

CODES = {
    400: "bad_request",
    401: "authentication_required",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    422: "invalid_request",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}
DETAILS = {
    400: "The request could not be read.",
    401: "Sign in, or send a token as `Authorization: Bearer <token>`.",
    403: "The CSRF token is missing or wrong. Send it as X-CSRFToken, or use a bearer token.",
    404: "There is nothing at this address, or it is not yours.",
    405: "This address does not take this method.",
    413: "The request body is too large.",
    422: "The request is not valid; `errors` says where.",
    500: "Something went wrong here. It has been logged.",
}


def problem(status: int, *, code: str = "", title: str = "", detail: str = "", **members: Any) -> HttpResponse:
    """An `application/problem+json` answer.

    Args:
        status: the HTTP status.
        code: stable identifier of the problem; by default that of the status.
        title: a short summary, the same for each problem of this code.
        detail: a sentence about this one.
        members: what else the document says; empty ones are left out.
    """
    code = code or CODES.get(status, "error")
    document = {
        "type": f"urn:stemma:problem:{code}",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or DETAILS.get(status, ""),
        "code": code,
        **members,
    }
    kept = {name: value for name, value in document.items() if value not in ("", None)}
    return HttpResponse(json.dumps(kept), status=status, content_type=CONTENT_TYPE)


def install(api: NinjaAPI) -> None:
    """Answer every exception that leaves a route of the API with a problem."""
    # mypy: ninja types a handler by its base exception only.
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        AppError: app_error,
        ValidationError: _validation_error,
        AuthenticationError: _authentication_error,
        HttpError: _http_error,
        Http404: _not_found,
        RequestDataTooBig: _too_large,
        SuspiciousOperation: _unreadable,
        BadRequest: _unreadable,
        MultiPartParserError: _unreadable,
        UnreadablePostError: _unreadable,
        Exception: _unexpected,
    }
    for exception, handler in handlers.items():
        api.add_exception_handler(exception, handler)


def unreadable_page(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for a request that could not be read; Django asks for it wherever it would answer 400."""
    if isinstance(exception, RequestDataTooBig):
        return HttpResponse(render_to_string("413.html"), status=413)
    return defaults.bad_request(request, exception)


class ApiProblems:
    """Middleware: gives Django's own error answers under the API the same form as the API's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, and rewrite an error page that comes back for an API address."""
        response = self.get_response(request)
        is_error_page = response.status_code >= 400 and "json" not in response.headers.get("Content-Type", "")
        if not (request.path.startswith(API_PREFIX) and is_error_page and isinstance(response, HttpResponse)):
            return response
        # In place, so that headers such as Allow stay.
        response.content = problem(response.status_code).content
        response.headers["Content-Type"] = CONTENT_TYPE
        # CommonMiddleware has already set the length of the page.
        response.headers["Content-Length"] = str(len(response.content))
        return response


def app_error(request: HttpRequest, error: AppError) -> HttpResponse:
    """Answer an error of an app, with the time to wait where that helps."""
    response = problem(error.http_status, code=error.code, title=error.title, detail=error.detail, **error.members)
    if error.http_status == 429 or error.retry_after_seconds is not None:
        # A minute where no time is known, which is also what the provider's own clients wait: a guess.
        response.headers["Retry-After"] = str(math.ceil(error.retry_after_seconds or 60))
    return response


def _validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    # What was sent is not sent back: it may hold a credential.
    errors = [
        {
            "location": str(found["loc"][0]),
            "field": ".".join(str(part) for part in found["loc"][1:] if part not in ("payload", "body")),
            "code": found["type"],
            "message": found["msg"],
        }
        for found in error.errors
    ]
    return problem(422, errors=errors)


def _authentication_error(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = problem(401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    # A message written by one of our routes is a sentence for the caller; ninja's own are fragments.
    detail = error.message if error.message.endswith(".") else ""
    return problem(error.status_code, detail=detail)


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404)


def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413)


def _unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(400)


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("Unexpected error in %s %s", request.method, request.path, exc_info=error)
    return problem(500)
