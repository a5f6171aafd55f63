"""Addresses of the runs of every kind that has none of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_GET

from common.pages import post_only
from common.runs.pages import RunPages, run_pages

app_name = "runs"


def _of_kind(answer: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Turn a method of `RunPages` into a view that finds the kind by its slug."""

    def view(request: HttpRequest, kind: str, **arguments: Any) -> HttpResponse:
        for pages in run_pages():
            if pages.kind.slug == kind and not pages.has_own_addresses:
                return answer(pages, request, **arguments)
        raise Http404

    return view


# Visiting an address that only takes forms leads to the list of runs.
_LIST = "assets:runs"

urlpatterns = [
    path("runs/<slug:kind>/", require_GET(login_required(_of_kind(RunPages.list_view))), name="list"),
    path("runs/<slug:kind>/<int:run_id>/", require_GET(login_required(_of_kind(RunPages.run_view))), name="run"),
    path(
        "runs/<slug:kind>/<int:run_id>/cancel/",
        post_only(redirect_to=_LIST)(login_required(_of_kind(RunPages.cancel_view))),
        name="cancel",
    ),
    path(
        "runs/<slug:kind>/<int:run_id>/resume/",
        post_only(redirect_to=_LIST)(login_required(_of_kind(RunPages.resume_view))),
        name="resume",
    ),
]
