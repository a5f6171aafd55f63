"""The library's pages: the grid and one asset."""

from __future__ import annotations

import json
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from assets.forms import LibraryFilterForm
from assets.library import InvalidCursor, LibraryPage, browse
from assets.models import Asset
from assets.parameters import parameters
from assets.search import InvalidSearch
from providers.pages import PageRequest, Problem, render_page
from providers.registry import adapter_class

LIBRARY_PAGE = "assets/library.html"
PAGE_SIZE = 48


@require_GET
@login_required
def library(request: HttpRequest) -> HttpResponse:
    """Everything the reader has, filtered, one page at a time."""
    page = cast(PageRequest, request)
    form = LibraryFilterForm(request.GET, owner=page.user)
    context: dict[str, Any] = {"section": "library", "form": form, "cursor": request.GET.get("cursor", "")}
    if not form.is_valid():
        return render_page(page, LIBRARY_PAGE, context, part="results", status=422)
    try:
        found = browse(page.user.pk, form.filter(), cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except InvalidCursor:
        context["problem"] = Problem(
            "This page is gone", "Its address cannot be read.", "Start again from the first page."
        )
        return render_page(page, LIBRARY_PAGE, context, part="results", status=422)
    except InvalidSearch as error:
        form.add_error(error.field, str(error))
        return render_page(page, LIBRARY_PAGE, context, part="results", status=422)
    return render_page(page, LIBRARY_PAGE, context | _library_context(request, form, found), part="results")


@require_GET
@login_required
def asset(request: HttpRequest, asset_id: int) -> HttpResponse:
    """One asset: its media, how it was made, and every name it has."""
    page = cast(PageRequest, request)
    found = get_object_or_404(Asset.objects.owned_by(page.user).select_related("account"), pk=asset_id)
    context = {
        "section": "library",
        "asset": found,
        "provider_name": adapter_class(found.provider_id).display_name,
        "parameters": parameters(found.media_metadata).items(),
        "references": list(found.references.order_by("is_hearsay", "kind", "value")),
        "merges": list(found.merges.defer("absorbed_payload").order_by("merged_at", "pk")),
        "payload": json.dumps(found.media_metadata, indent=2, ensure_ascii=False) if found.media_metadata else "",
    }
    return render(request, "assets/asset.html", context)


def _library_context(request: HttpRequest, form: LibraryFilterForm, found: LibraryPage) -> dict[str, Any]:
    active = form.active()
    return {
        "assets": found.items,
        "active": active,
        "next_query": _with_cursor(request, found.next_cursor),
        "previous_query": _with_cursor(request, found.previous_cursor),
        "is_empty": not found.items and not active and not request.GET.get("cursor"),
    }


def _with_cursor(request: HttpRequest, cursor: str | None) -> str:
    if cursor is None:
        return ""
    query = request.GET.copy()
    query["cursor"] = cursor
    return query.urlencode()
