"""Actions that rebuild or preview lineage: one asset at once, or a library as a run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import trigger_client_event

from assets.models import Asset
from common.load.heavy import heavy_read
from common.pages import PageRequest, Problem, is_part_request, post_only, render_page
from common.runs.lifecycle import AlreadyRunning
from lineage.inspector.forms import InspectorForm
from lineage.models import RebuildMode, RebuildRun
from lineage.rebuild.batch import RebuildResult, RebuildStatus
from lineage.rebuild.batch import rebuild as rebuild_assets
from lineage.rebuild.forms import RebuildForm
from lineage.rebuild.presenters import STATUS_WORDS, card_of
from lineage.rebuild.run_views import pages
from lineage.rebuild.start import start
from lineage.rebuild.tasks import begin


@post_only(redirect_to="providers:settings")
@login_required
def rebuild(request: HttpRequest) -> HttpResponse:
    """Rebuild the lineage of one asset, or as a run that of a provider's library."""
    page = cast(PageRequest, request)
    form = RebuildForm(request.POST)
    if not form.is_valid():
        return _refusal(page, _unreadable(form), status=422)
    if asset_id := form.cleaned_data["asset_id"]:
        return _rebuild_one(page, asset_id, clear_existing=not form.cleaned_data["keep_existing"])
    return _begin(page, RebuildMode.REBUILD, _scope(page, form))


@post_only(redirect_to="providers:settings")
@login_required
def preview(request: HttpRequest) -> HttpResponse:
    """Preview a rebuild of one asset, of all assets of a provider, or of the assets of an earlier run."""
    page = cast(PageRequest, request)
    form = RebuildForm(request.POST)
    if not form.is_valid():
        return _refusal(page, _unreadable(form), status=422)
    return _begin(page, RebuildMode.PREVIEW, _scope(page, form))


@dataclass(frozen=True, slots=True)
class _Scope:
    """The assets of a run, as `lifecycle.start` takes them."""

    provider_id: str
    asset_ids: Collection[int] | None
    clear_existing: bool


def _scope(request: PageRequest, form: RebuildForm) -> _Scope:
    """Return the assets of an earlier run, one asset, or a provider's library; raise Http404 if not the owner's."""
    wanted = form.cleaned_data
    if wanted["run_id"]:
        run = get_object_or_404(RebuildRun.objects.owned_by(request.user), pk=wanted["run_id"])
        return _Scope(run.provider_id, run.asset_ids, run.clear_existing)
    clear_existing = not wanted["keep_existing"]
    if wanted["asset_id"]:
        return _Scope("", [_asset_or_404(request, wanted["asset_id"]).pk], clear_existing)
    return _Scope(wanted["provider_id"], None, clear_existing)


def _begin(request: PageRequest, mode: RebuildMode, scope: _Scope) -> HttpResponse:
    try:
        with heavy_read(request):
            run = begin(
                lambda: start(
                    request.user.pk,
                    mode=mode,
                    provider_id=scope.provider_id,
                    asset_ids=scope.asset_ids,
                    clear_existing=scope.clear_existing,
                    now=timezone.now(),
                )
            )
    except AlreadyRunning as refusal:
        problem = Problem("One run at a time", str(refusal), "Follow the open run below.")
        return _refusal(request, problem, status=409, open_run=cast(RebuildRun, refusal.run))
    if not run.is_open:
        pages.announce_end(request, card_of(run, now=timezone.now()))
    if not is_part_request(request):
        return redirect("lineage:run", run.pk)
    context = pages.card_context(run) | {"is_news": True, "is_answer_to_act": True}
    response = render_page(request, pages.run_page, context, part="rebuilt")
    return response if run.is_open else trigger_client_event(response, pages.event)


def _rebuild_one(request: PageRequest, asset_id: int, *, clear_existing: bool) -> HttpResponse:
    asset = _asset_or_404(request, asset_id)
    (result,) = rebuild_assets(request.user.pk, asset_ids=[asset.pk], clear_existing=clear_existing, now=timezone.now())
    _add_message(request, result)
    form = InspectorForm(request.POST)
    inspector = form.state(asset.pk).url() if form.is_valid() else reverse("lineage:inspector", args=[asset.pk])
    return redirect(inspector)


def _add_message(request: PageRequest, result: RebuildResult) -> None:
    if result.status is not RebuildStatus.OK:
        messages.warning(request, f"Not rebuilt: {STATUS_WORDS[result.status]}. {result.reason}")
    elif result.new_edges or result.removed_edges:
        messages.success(
            request,
            f"Rebuilt: {result.new_edges} new, {result.removed_edges} removed, {result.unchanged_edges} unchanged.",
        )
    else:
        links = f"{result.unchanged_edges} link{'' if result.unchanged_edges == 1 else 's'}"
        messages.success(request, f"Lineage is up to date ({links}).")
    if result.status is RebuildStatus.OK and result.reason:
        messages.warning(request, result.reason)


def _refusal(
    request: PageRequest, problem: Problem, *, status: int, open_run: RebuildRun | None = None
) -> HttpResponse:
    context: dict[str, Any] = {"section": "runs", "problem": problem, "is_news": open_run is not None}
    if open_run is not None:
        context |= pages.card_context(open_run)
    return render_page(request, pages.run_page, context, part="rebuilt", status=status)


def _asset_or_404(request: PageRequest, asset_id: int) -> Asset:
    return get_object_or_404(Asset.objects.owned_by(request.user).without_payload(), pk=asset_id)


def _unreadable(form: forms.Form) -> Problem:
    said = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return Problem("Not rebuilt", said, "Open Provider Settings and try again.")
