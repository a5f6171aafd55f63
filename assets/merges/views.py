"""The page of merges: which assets turned out to be one, and Split."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from assets.merges.split import CannotSplit, split
from assets.models import AssetMerge
from common.pages import PageRequest, pager, post_only

MERGES_PAGE = "assets/merges/merges.html"
MERGES_SHOWN = 50


@require_GET
@login_required
def merges(request: HttpRequest) -> HttpResponse:
    """Show the person's merges, newest first."""
    page = cast(PageRequest, request)
    rows = AssetMerge.objects.owned_by(page.user).order_by("-merged_at", "-pk")
    rows = rows.select_related("survivor").defer(
        "absorbed_payload", "survivor__media_metadata", "survivor__search_vector"
    )
    listed = Paginator(rows, MERGES_SHOWN).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"section": "library", "merges": listed, **pager(page, listed)}
    return render(page, MERGES_PAGE, context)


@post_only(redirect_to="assets:merges")
@login_required
def split_merge(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Split a merge, and show the asset that was given back."""
    page = cast(PageRequest, request)
    merge = get_object_or_404(AssetMerge.objects.owned_by(page.user), pk=merge_id)
    try:
        found = split(merge, now=timezone.now())
    except CannotSplit as error:
        messages.error(page, f"Not split. {error}")
        return redirect("assets:merges")
    messages.success(page, "Split. Imports keep the two assets apart.")
    return redirect("library:asset", found.asset_id)
