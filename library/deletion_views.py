"""Pages that delete assets, after a preview of the consequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from assets.models import Asset
from common.pages import PageRequest
from common.schemas import ROW_ID_MAX
from library import deletion
from library.deletion_preview import facts, preview_deletion, summary
from library.list_address import asked_list, list_address, with_list

SELECTION_MAX = 500
SHOWN_MAX = 12


@require_http_methods(["GET", "POST"])
@login_required
def delete_asset(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Preview the deletion of one asset; delete it on POST, and return to the list that the asset was opened from."""
    page = cast(PageRequest, request)
    back = with_list(reverse("library:asset", args=[asset_id]), asked_list(_asked(page)))
    return _delete(page, [asset_id], back=back, is_back_to_list=False)


@require_http_methods(["GET", "POST"])
@login_required
def delete_selected(request: HttpRequest) -> HttpResponse:
    """Preview the deletion of the selected assets; delete them on POST, and return to the list of the selection."""
    page = cast(PageRequest, request)
    asked = _asked(page)
    return _delete(page, _selected(asked), back=list_address(asked_list(asked)), is_back_to_list=True)


def _delete(page: PageRequest, asset_ids: Sequence[int], *, back: str, is_back_to_list: bool) -> HttpResponse:
    owned = Asset.objects.owned_by(page.user)
    assets = list(owned.filter(pk__in=asset_ids).without_payload().newest_first())
    if not assets:
        raise Http404
    if page.method == "POST":
        report = deletion.delete(page.user.pk, [asset.pk for asset in assets], now=timezone.now())
        messages.success(page, _done(report))
        is_back_gone = not is_back_to_list and not report.stub_ids
        return redirect(list_address(asked_list(page.POST)) if is_back_gone else back)
    found = preview_deletion(page.user.pk, [asset.pk for asset in assets])
    children = owned.filter(parent_edges__parent_id__in=found.asset_ids).exclude(pk__in=found.asset_ids)
    context = {
        "section": "library",
        "assets": assets,
        "shown": assets[:SHOWN_MAX],
        "more_count": max(0, len(assets) - SHOWN_MAX),
        "children": children.without_payload().distinct().newest_first()[:SHOWN_MAX],
        "more_children": max(0, found.child_count - SHOWN_MAX),
        "facts": facts(found),
        "summary": summary(found),
        "list_query": asked_list(page.GET),
        "back": back,
        "is_back_to_list": is_back_to_list,
    }
    return render(page, "library/delete.html", context)


def _asked(page: PageRequest) -> QueryDict:
    return page.POST if page.method == "POST" else page.GET


def _selected(asked: QueryDict) -> list[int]:
    field = forms.IntegerField(min_value=1, max_value=ROW_ID_MAX)
    try:
        return [field.clean(text) for text in asked.getlist("asset")[:SELECTION_MAX]]
    except forms.ValidationError:
        raise Http404 from None


def _done(report: deletion.DeletionReport) -> str:
    gone, marked = len(report.deleted_ids), len(report.stub_ids)
    if not marked:
        return "Deleted." if gone == 1 else f"{gone:,} assets deleted."
    if gone + marked == 1:
        return "Deleted. A placeholder keeps its place in the lineage."
    placeholders = "1 kept as a placeholder" if marked == 1 else f"{marked:,} kept as placeholders"
    return f"{gone + marked:,} assets deleted, {placeholders}."
