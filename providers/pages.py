"""How a page is answered: whole for a browser, only its changing part for htmx, from one template and one context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


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


def wants_part(request: PageRequest) -> bool:
    """Whether htmx asks for a part; going back in the browser's history asks for the whole page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def render_page(
    request: PageRequest, template: str, context: Mapping[str, Any], *, part: str, status: int = 200
) -> HttpResponse:
    """Render a page, or for htmx only the named part of it and the toasts that have come up.

    The answer to one address differs by the HX-Request header, and says so to caches.
    """
    if wants_part(request):
        response = render(request, f"{template}#{part}", dict(context), status=status)
        if len(get_messages(request)):
            response.write(render_to_string("_toasts.html#arriving", request=request))
    else:
        response = render(request, template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
