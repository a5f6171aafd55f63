"""Addresses of the runs of every kind that has none of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods

from common.runs.pages import RunPages, run_pages

app_name = "runs"


def _of_kind(answer: Callable[..., HttpResponse], *, is_act: bool = False) -> Callable[..., HttpResponse]:
    """Turn a method of `RunPages` into a view that finds the kind by its slug; a GET of an act leads to the list."""

    def view(request: HttpRequest, kind: str, **arguments: Any) -> HttpResponse:
        for pages in run_pages():
            if pages.kind.slug == kind and not pages.has_own_addresses:
                is_visit = is_act and request.method == "GET"
                return redirect(pages.list_address) if is_visit else answer(pages, request, **arguments)
        raise Http404

    return login_required(require_http_methods(["GET", "POST"] if is_act else ["GET"])(view))


urlpatterns = [
    path("runs/<slug:kind>/", _of_kind(RunPages.list_view), name="list"),
    path("runs/<slug:kind>/<int:run_id>/", _of_kind(RunPages.run_view), name="run"),
    path("runs/<slug:kind>/<int:run_id>/cancel/", _of_kind(RunPages.cancel_view, is_act=True), name="cancel"),
    path("runs/<slug:kind>/<int:run_id>/resume/", _of_kind(RunPages.resume_view, is_act=True), name="resume"),
]
