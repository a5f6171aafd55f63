"""How a page is answered: whole for a browser, only its changing part for htmx, from one template and one context."""

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

ViewArguments = ParamSpec("ViewArguments")
View = Callable[Concatenate[HttpRequest, ViewArguments], HttpResponse]


class PageRequest(HttpRequest):
    """A request as the views of pages see it: signed in, and knowing whether htmx asks."""

    htmx: HtmxDetails
    user: User


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong, said as `_problem.html` says a ProviderError: what, why, and what to do."""

    title: str
    message: str
    next_step: str = ""
    code: str = ""


def post_only(*, redirect_to: str) -> Callable[[View[ViewArguments]], View[ViewArguments]]:
    """Mark a view that does something: it is only for POST, and visiting its address leads to a page instead.

    Somebody visits it who was asked to sign in when posting, since signing in leads back to the address.

    Args:
        redirect_to: the name of that page's address.
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
    """Whether htmx asks for a part; going back in the browser's history asks for the whole page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def render_page(
    request: PageRequest, template: str, context: Mapping[str, Any], *, part: str, status: int = 200
) -> HttpResponse:
    """Render a page, or for htmx only the named part of it and the toasts that have come up.

    The answer to one address differs by the HX-Request header, and says so to caches.
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
    """What leads to the neighboring pages of a list, all else in the address kept; "" where there is none."""
    return {
        "next_query": _with_page(request, listed.next_page_number()) if listed.has_next() else "",
        "previous_query": _with_page(request, listed.previous_page_number()) if listed.has_previous() else "",
    }


def _with_page(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return query.urlencode()
