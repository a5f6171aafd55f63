"""Rendering of pages: the whole page for a browser, one named part of the same template for an htmx request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from common.errors import AppError

ViewArguments = ParamSpec("ViewArguments")
View = Callable[Concatenate[HttpRequest, ViewArguments], HttpResponse]


class PageRequest(HttpRequest):
    """Request of a page view: signed in, with the details of htmx."""

    htmx: HtmxDetails
    user: User


@dataclass(frozen=True, slots=True)
class Problem:
    """Error shown by `_problem.html`, with the same fields as a ProviderError: title, reason and next step."""

    title: str
    message: str
    next_step: str = ""
    code: str = ""

    @classmethod
    def of(cls, error: AppError) -> Problem:
        """Return the problem that an expected failure is shown as."""
        return cls(error.title, str(error), code=error.code)


def post_only(*, redirect_to: str) -> Callable[[View[ViewArguments]], View[ViewArguments]]:
    """Restrict a view to POST; GET redirects to a page.

    A GET request occurs after a POST that required signing in: signing in redirects to the address of the view.

    Args:
        redirect_to: the URL name of that page.
    """

    def mark(view: View[ViewArguments]) -> View[ViewArguments]:
        @wraps(view)
        def act(request: HttpRequest, /, *args: ViewArguments.args, **kwargs: ViewArguments.kwargs) -> HttpResponse:
            if request.method in ("GET", "HEAD"):
                return redirect(redirect_to)
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            return view(request, *args, **kwargs)

        return act

    return mark


def is_part_request(request: PageRequest) -> bool:
    """Return True when htmx requests a part; restoring the browser's history needs the whole page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def render_page(
    request: PageRequest, template: str, context: Mapping[str, Any], *, part: str, status: int = 200
) -> HttpResponse:
    """Render a page, or for htmx only its named part followed by new toasts.

    The response varies by the HX-Request header and carries the matching Vary header for caches.
    """
    if is_part_request(request):
        response = render(request, f"{template}#{part}", dict(context), status=status)
        if len(get_messages(request)):
            response.write(render_to_string("_toasts.html#arriving", request=request))
    else:
        response = render(request, template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def pager(request: HttpRequest, listed: Page[Any]) -> dict[str, str]:
    """Return the query strings of the next and the previous page, other parameters kept; "" where there is none."""
    return {
        "next_query": _with_page(request, listed.next_page_number()) if listed.has_next() else "",
        "previous_query": _with_page(request, listed.previous_page_number()) if listed.has_previous() else "",
    }


def _with_page(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return query.urlencode()
