"""The pages of origins and impact: all ancestors and all descendants of an asset as flat lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from assets.models import Asset
from common.csv_export import csv_stream
from common.cursors import InvalidCursor
from common.load.heavy import heavy
from common.pages import PageRequest, Problem, is_part_request, render_page
from common.vocabulary import MediaType, OperationType
from lineage.origins_impact.forms import ClosureForm
from lineage.origins_impact.operations import operations_of_children
from lineage.origins_impact.query import (
    ClosureCount,
    ClosureItem,
    ClosureSort,
    count_closure,
    iterate_closure,
    list_closure,
)
from providers.registry import adapter_class, provider_ids

CLOSURE_PAGE = "lineage/origins_impact/list.html"
PAGE_SIZE = 50

HEADER = (
    "depth",
    "asset",
    "provider",
    "provider ID",
    "media",
    "operation",
    "description",
    "created",
    "imported",
    "deleted on",
    "parents",
    "children",
)

MEDIA_WORDS = {
    MediaType.VIDEO: ("video", "videos"),
    MediaType.IMAGE: ("image", "images"),
    MediaType.AUDIO: ("audio file", "audio files"),
    MediaType.MODEL: ("3D model", "3D models"),
}

# Title of each column, its order, and the order when the list is already sorted by it.
COLUMNS = (
    ("Asset", "", ""),
    ("Levels", ClosureSort.NEAREST, ClosureSort.FARTHEST),
    ("Operation", ClosureSort.OPERATION, ""),
    ("Media", ClosureSort.MEDIA_TYPE, ""),
    ("Provider", ClosureSort.PROVIDER, ""),
    ("Created", ClosureSort.NEWEST, ClosureSort.OLDEST),
    ("Lineage", "", ""),
)
DESCENDING = (ClosureSort.FARTHEST, ClosureSort.NEWEST)


@require_GET
@login_required
@heavy
def origins(request: HttpRequest, asset_id: int) -> HttpResponseBase:
    """List all ancestors of an asset."""
    return _reach(cast(PageRequest, request), asset_id, is_up=True)


@require_GET
@login_required
@heavy
def impact(request: HttpRequest, asset_id: int) -> HttpResponseBase:
    """List all descendants of an asset."""
    return _reach(cast(PageRequest, request), asset_id, is_up=False)


@require_GET
@login_required
@heavy
def totals(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Count ancestors and descendants: the text of a lineage badge, or with `as=links` links to both lists."""
    page = cast(PageRequest, request)
    root = _asset_or_404(page, asset_id)
    if not is_part_request(page):
        return redirect("lineage:origins", asset_id)
    above = count_closure(root.pk, is_up=True)
    context: dict[str, Any] = {"asset": root, "above": above, "below": count_closure(root.pk, is_up=False)}
    if page.GET.get("as") != "links":
        return render(request, "lineage/origins_impact/_totals.html", context)
    # Every inspector page requests this. Above the counting limit the originals are loaded by a request of their own.
    originals = None if above.is_more else list_closure(root.pk, is_up=True, only_originals=True, size=PAGE_SIZE)
    context |= {"originals": originals, "operations": operations_of_children(root.pk)}
    return render(request, "lineage/origins_impact/_links.html", context)


@require_GET
@login_required
@heavy
def originals(request: HttpRequest, asset_id: int) -> HttpResponse:
    """List the originals of an asset as pictures: the first page with its heading, later pages only their items."""
    page = cast(PageRequest, request)
    root = _asset_or_404(page, asset_id)
    if not is_part_request(page):
        return redirect(f"{reverse('lineage:origins', args=[asset_id])}?originals=on")
    cursor = page.GET.get("cursor", "")
    try:
        found = list_closure(root.pk, is_up=True, only_originals=True, cursor=cursor, size=PAGE_SIZE)
    except InvalidCursor:
        return redirect("lineage:originals", asset_id)
    template = "_originals_items" if cursor else "_originals"
    return render(request, f"lineage/origins_impact/{template}.html", {"asset": root, "originals": found})


def _reach(page: PageRequest, asset_id: int, *, is_up: bool) -> HttpResponseBase:
    root = _asset_or_404(page, asset_id)
    form = ClosureForm(page.GET, is_up=is_up)
    above, below = count_closure(root.pk, is_up=True), count_closure(root.pk, is_up=False)
    context: dict[str, Any] = {
        "section": "library",
        "root": root,
        "is_up": is_up,
        "form": form,
        "above": above,
        "below": below,
        "address": reverse("lineage:origins" if is_up else "lineage:impact", args=[root.pk]),
    }
    if not form.is_valid():
        return render_page(page, CLOSURE_PAGE, context, part="list", status=422)
    if page.GET.get("format") == "csv":
        found = iterate_closure(
            root.pk,
            is_up=is_up,
            sort=form.order,
            asset_filter=form.asset_filter,
            only_originals=form.only_originals,
        )
        return csv_stream(f"{'origins' if is_up else 'impact'}-{root.pk}.csv", _rows(found))
    try:
        shown = list_closure(
            root.pk,
            is_up=is_up,
            sort=form.order,
            asset_filter=form.asset_filter,
            only_originals=form.only_originals,
            cursor=page.GET.get("cursor", ""),
            size=PAGE_SIZE,
        )
    except InvalidCursor as error:
        context["problem"] = Problem("This link has expired", str(error))
        return render_page(page, CLOSURE_PAGE, context, part="list", status=422)
    context |= {
        "shown": shown,
        "shares": "" if form.filter_count else _shares(above if is_up else below),
        "noun": "original" if form.only_originals else "asset",
        "rows": [_row(found) for found in shown.items],
        "columns": [_column(form, *column) for column in COLUMNS],
        "is_later_page": bool(page.GET.get("cursor")),
        "first_query": form.query_string(),
        "next_query": form.query_string(cursor=shown.next_cursor),
        "csv_query": form.query_string(format="csv"),
    }
    return render_page(page, CLOSURE_PAGE, context, part="list")


def _row(found: ClosureItem) -> dict[str, Any]:
    asset = found.asset
    return {
        "asset": asset,
        "depth": found.depth,
        "parent_count": found.parent_count,
        "child_count": found.child_count,
        "provider_name": _provider_names().get(asset.provider_id, asset.provider_id),
        "media": MediaType(asset.media_type).label,
        "operation": "" if asset.operation_type == "unknown" else OperationType(asset.operation_type).label,
    }


def _column(form: ClosureForm, title: str, first: str, again: str) -> dict[str, str]:
    """Return a column's heading: its link, and the direction in which the list is sorted by it now."""
    is_sorted = form.order in (first, again) and bool(first)
    sort = again if is_sorted and again and form.order == first else first
    direction = ("descending" if form.order in DESCENDING else "ascending") if is_sorted else ""
    sort_query = form.query_string(sort="" if sort == ClosureSort.NEAREST else sort) if sort else ""
    arrow = {"ascending": "↑", "descending": "↓"}.get(direction, "")
    return {
        "title": title,
        "slug": title.lower(),
        "sort": sort,
        "query": sort_query,
        "direction": direction,
        "arrow": arrow,
    }


def _shares(count: ClosureCount) -> str:
    """Count each media type in words, the most frequent first."""
    shares = sorted(count.by_media.items(), key=lambda share: (-share[1], share[0]))
    return ", ".join(f"{number:,} {MEDIA_WORDS[MediaType(media)][number != 1]}" for media, number in shares)


def _rows(found: Iterator[ClosureItem]) -> Iterator[Sequence[Any]]:
    yield HEADER
    for one in found:
        asset = one.asset
        yield (
            one.depth,
            asset.id,
            asset.provider_id,
            asset.provider_asset_id,
            MediaType(asset.media_type).label,
            OperationType(asset.operation_type).label,
            asset.description,
            asset.provider_created_at,
            not asset.is_stub,
            asset.deleted_at,
            one.parent_count,
            one.child_count,
        )


def _provider_names() -> dict[str, str]:
    return {provider_id: adapter_class(provider_id).display_name for provider_id in provider_ids()}


def _asset_or_404(page: PageRequest, asset_id: int) -> Asset:
    return get_object_or_404(Asset.objects.owned_by(page.user).without_payload(), pk=asset_id)
