"""The pages of the library and of one asset."""

from __future__ import annotations

import json
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from assets.generation_parameters import parameters
from assets.models import Asset
from assets.shared_names import shared_names
from assets.tombstones import deleted_id
from common.cursors import InvalidCursor
from common.load.heavy import heavy_read
from common.pages import PageRequest, Problem, render_page
from library.browse import LibraryPage, browse
from library.forms import LibraryFilterForm
from library.list_address import asked_list, list_address, list_query, with_list
from library.search_syntax import InvalidSearch
from providers import accounts
from providers.base import MEDIA_OF_LIST, Capability
from providers.models import ProviderAccount
from providers.registry import adapter_class, provider_ids

LIBRARY_PAGE = "library/library.html"
PAGE_SIZE = 48


@require_GET
@login_required
def library(request: HttpRequest) -> HttpResponse:
    """Show the library, filtered, one page at a time."""
    page = cast(PageRequest, request)
    form = LibraryFilterForm(request.GET, owner=page.user)
    context: dict[str, Any] = {"section": "library", "form": form, "cursor": request.GET.get("cursor", "")}
    if not form.is_valid():
        return render_page(page, LIBRARY_PAGE, context, part="results", status=422)
    wanted = form.filter()
    try:
        with heavy_read(request, when=wanted.is_heavy):
            found = browse(page.user.pk, wanted, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except InvalidCursor:
        context["problem"] = Problem(
            "This link has expired", "The page’s position cannot be read.", "Go back to page 1."
        )
        return render_page(page, LIBRARY_PAGE, context, part="results", status=422)
    except InvalidSearch as error:
        if error.field == "text" and _is_typing(page):
            return HttpResponse(status=204)
        form.add_error(error.field, str(error))
        return render_page(page, LIBRARY_PAGE, context, part="results", status=422)
    if context["cursor"] and not found.items:
        # All assets of the last page were deleted.
        query = request.GET.copy()
        del query["cursor"]
        return redirect(list_address(list_query(query)))
    return render_page(page, LIBRARY_PAGE, context | _library_context(page, form, found), part="results")


@require_GET
@login_required
def asset(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Show one asset: its media, parameters and identifiers."""
    page = cast(PageRequest, request)
    found = get_object_or_404(Asset.objects.owned_by(page.user).select_related("account"), pk=asset_id)
    context: dict[str, Any] = {
        "section": "library",
        "asset": found,
        "provider_name": adapter_class(found.provider_id).display_name,
        "parameters": parameters(found.media_metadata).items(),
        "references": list(found.references.order_by("is_indirect", "kind", "value")),
        "shared_names": shared_names(found),
        "list_link": with_list("", asked_list(request.GET)),
        "merges": list(found.merges.defer("absorbed_payload").order_by("merged_at", "pk")),
        "payload": json.dumps(found.media_metadata, indent=2, ensure_ascii=False) if found.media_metadata else "",
    }
    if found.deleted_at:
        context |= _restore_context(found)
    return render(request, "library/asset.html", context)


def _is_typing(request: PageRequest) -> bool:
    """Return True when the request was made by typing into the search, not by leaving or submitting it."""
    return bool(request.htmx) and "X-Typing" in request.headers


def _library_context(request: PageRequest, form: LibraryFilterForm, found: LibraryPage) -> dict[str, Any]:
    active = form.active()
    is_empty = not found.items and not active and not request.GET.get("cursor")
    return {
        "assets": found.items,
        "active": active,
        "list_query": list_query(request.GET),
        "list_link": with_list("", list_query(request.GET)),
        "next_query": _with_cursor(request, found.next_cursor),
        "previous_query": _with_cursor(request, found.previous_cursor),
        "is_empty": is_empty,
        "account": _first_usable(request) if is_empty else None,
    }


def _first_usable(request: PageRequest) -> ProviderAccount | None:
    """Return the account to import from, of the first provider with one."""
    found = (account for name in provider_ids() for account in accounts.usable(request.user.pk, name))
    return next(found, None)


def _restore_context(deleted: Asset) -> dict[str, Any]:
    """Return the fields of the form that restores a deleted asset; none when its provider has no lookup by ID."""
    if Capability.GET_ASSET not in adapter_class(deleted.provider_id).capabilities:
        return {}
    return {
        "deleted_id": deleted_id(deleted),
        "deleted_kind": next((kind for kind, media in MEDIA_OF_LIST.items() if media == deleted.media_type), ""),
        "usable": accounts.usable(deleted.owner_id, deleted.provider_id),
    }


def _with_cursor(request: HttpRequest, cursor: str | None) -> str:
    if cursor is None:
        return ""
    query = request.GET.copy()
    query["cursor"] = cursor
    return query.urlencode()
