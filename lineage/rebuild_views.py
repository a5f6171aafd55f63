"""The pages that rebuild lineage: one asset, or everything a provider brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseStopPolling

from assets.models import Asset
from lineage import tasks
from lineage.forms import LineageQuery
from lineage.models import RebuildRun, RebuildState
from lineage.rebuild import INLINE_MAX, RebuildResult, RebuildStatus, library_assets
from lineage.rebuild import rebuild as rebuild_assets
from lineage.rebuild_forms import RebuildForm
from lineage.rebuild_runs import start_run
from providers.pages import PageRequest, Problem, acts, render_page, wants_part

REBUILD_PAGE = "lineage/rebuild.html"
REASONS_SHOWN_MAX = 50
STOP_POLLING = HttpResponseStopPolling.status_code

STATUS_WORDS = {
    RebuildStatus.OK: "rebuilt",
    RebuildStatus.NO_METADATA: "without a stored payload",
    RebuildStatus.NOT_FOUND: "not found",
    RebuildStatus.PROVIDER_MISMATCH: "of another provider",
    RebuildStatus.UNSUPPORTED: "of a provider that cannot be read",
    RebuildStatus.FAILED: "failed",
}


@acts(leads_to="providers:settings")
@login_required
def rebuild(request: HttpRequest) -> HttpResponse:
    """Rebuild one asset's lineage, or that of everything a provider brought; a large library is left to the worker."""
    page = cast(PageRequest, request)
    form = RebuildForm(request.POST)
    if not form.is_valid():
        return render_page(page, REBUILD_PAGE, {"problem": _unreadable(form)}, part="rebuilt", status=422)
    clear_existing = not form.cleaned_data["keep_existing"]
    asset_id = form.cleaned_data["asset_id"]
    if asset_id:
        return _rebuild_one(page, asset_id, clear_existing)
    return _rebuild_library(page, form.cleaned_data["provider_id"], clear_existing)


@require_GET
@login_required
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far the worker is with a rebuild; tells htmx to stop asking when it has ended."""
    page = cast(PageRequest, request)
    found = get_object_or_404(RebuildRun.objects.filter(owner_id=page.user.pk), pk=run_id)
    is_over = found.state in (RebuildState.SUCCEEDED, RebuildState.FAILED)
    if is_over and wants_part(page):
        messages.success(request, f"Lineage rebuilt: {found.new_edges} new, {found.removed_edges} removed")
    status = STOP_POLLING if is_over and wants_part(page) else 200
    context = {"section": "providers", "run": found, "is_over": is_over, "provider_id": found.provider_id}
    return render_page(page, REBUILD_PAGE, context, part="rebuilt", status=status)


def _rebuild_one(request: PageRequest, asset_id: int, clear_existing: bool) -> HttpResponse:
    asset = _asset_or_404(request, asset_id)
    (result,) = rebuild_assets(request.user.pk, asset_ids=[asset.pk], clear_existing=clear_existing, now=timezone.now())
    _tell_one(request, result)
    query = LineageQuery(request.POST)
    return redirect(query.address(asset.pk) if query.is_valid() else reverse("lineage:inspector", args=[asset.pk]))


def _tell_one(request: PageRequest, result: RebuildResult) -> None:
    if result.status is not RebuildStatus.OK:
        messages.warning(request, f"Nothing was rebuilt: this asset is {STATUS_WORDS[result.status]}. {result.reason}")
    elif result.new_edges or result.removed_edges:
        messages.success(
            request,
            f"Rebuilt: {result.new_edges} new, {result.removed_edges} removed, {result.unchanged_edges} unchanged.",
        )
    else:
        messages.success(request, f"Rebuilt: nothing changed, {result.unchanged_edges} as before.")
    if result.status is RebuildStatus.OK and result.reason:
        messages.warning(request, result.reason)


def _rebuild_library(request: PageRequest, provider_id: str, clear_existing: bool) -> HttpResponse:
    ids = list(
        library_assets(request.user.pk, provider_id).order_by("pk").values_list("pk", flat=True)[: INLINE_MAX + 1]
    )
    if len(ids) > INLINE_MAX:
        return _rebuild_by_worker(request, provider_id, clear_existing)
    results = rebuild_assets(
        request.user.pk, asset_ids=ids, clear_existing=clear_existing, provider_id=provider_id, now=timezone.now()
    )
    summary = _summary(results)
    messages.success(request, f"Lineage rebuilt: {summary['new']} new, {summary['removed']} removed")
    context = {"section": "providers", "summary": summary, "provider_id": provider_id}
    return render_page(request, REBUILD_PAGE, context, part="rebuilt")


def _rebuild_by_worker(request: PageRequest, provider_id: str, clear_existing: bool) -> HttpResponse:
    with transaction.atomic():
        started = start_run(
            request.user.pk, provider_id=provider_id, asset_ids=None, clear_existing=clear_existing, now=timezone.now()
        )
        tasks.run_rebuild.defer(run_id=started.pk)
    if not wants_part(request):
        return redirect("lineage:run", started.pk)
    context = {"run": started, "is_over": False, "provider_id": provider_id}
    return render_page(request, REBUILD_PAGE, context, part="rebuilt")


def _summary(results: Iterable[RebuildResult]) -> dict[str, Any]:
    listed = list(results)
    statuses = Counter(result.status for result in listed)
    reasons = [(result.asset_id, result.reason) for result in listed if result.reason]
    return {
        "assets": len(listed),
        "new": sum(result.new_edges for result in listed),
        "removed": sum(result.removed_edges for result in listed),
        "unchanged": sum(result.unchanged_edges for result in listed),
        "others": [
            (STATUS_WORDS[status], count) for status, count in statuses.items() if status is not RebuildStatus.OK
        ],
        "reasons": reasons[:REASONS_SHOWN_MAX],
        "reason_count": len(reasons),
    }


def _asset_or_404(request: PageRequest, asset_id: int) -> Asset:
    return get_object_or_404(Asset.objects.owned_by(request.user).without_payload(), pk=asset_id)


def _unreadable(form: forms.Form) -> Problem:
    said = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return Problem("Nothing was rebuilt", said, "Open Provider Settings and start again.")
