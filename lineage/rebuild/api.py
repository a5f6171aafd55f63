"""Rebuild lineage as JSON, at once or as a run, and preview it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from common.auth import request_user
from common.errors import raises
from common.load.heavy import heavy_read
from common.runs import lifecycle
from common.runs.jobs import enqueue
from common.runs.lifecycle import AlreadyRunning, NotResumable
from common.schemas import PageLimit, PageOffset, RowId
from lineage.models import RebuildMode, RebuildRun
from lineage.rebuild.batch import INLINE_MAX, library_assets, rebuild
from lineage.rebuild.preview import preview
from lineage.rebuild.schemas import (
    ApplyRequest,
    FindingAnswer,
    FindingList,
    PreviewAnswer,
    RebuildAnswer,
    RebuildRequest,
    RebuildRunAnswer,
    RebuildRunList,
    RebuildStarted,
)
from lineage.rebuild.start import NotApplicable, apply, start

router = Router(tags=["lineage"])


@router.post("/assets/lineage/refresh", response={200: RebuildAnswer, 202: RebuildStarted})
@router.post(
    "/lineage/refresh",
    response={200: RebuildAnswer, 202: RebuildStarted},
    operation_id="refresh_lineage",
    url_name="refresh_lineage",
    summary="Rebuild Lineage, by its shorter address",
)
@raises(AlreadyRunning)
def rebuild_lineage(request: HttpRequest, payload: RebuildRequest) -> Status[dict[str, Any]]:
    """Recalculate lineage from stored payloads; more than 1,000 assets become a run of the worker.

    Ids that are not yours have the status `not_found`. You can have one open run.
    """
    owner = request_user(request)
    asset_ids = _asset_ids(owner.pk, payload)
    if len(asset_ids) > INLINE_MAX:
        return Status(202, {"run": _start(owner.pk, payload, asset_ids, RebuildMode.REBUILD)})
    with heavy_read(request):
        results = rebuild(
            owner.pk,
            asset_ids=asset_ids,
            clear_existing=payload.clear_existing,
            provider_id=payload.provider_id,
            now=timezone.now(),
        )
    return Status(200, {"count": len(results), "results": results})


@router.post("/assets/lineage/preview", response={200: PreviewAnswer, 202: RebuildStarted})
@raises(AlreadyRunning)
def preview_lineage(request: HttpRequest, payload: RebuildRequest) -> Status[Any]:
    """List the edges that a rebuild would add and remove, without writing any; more than 1,000 assets become a run.

    Ids that are not yours have the status `not_found`. The results of a run are paged at its `findings`.
    """
    owner = request_user(request)
    asset_ids = _asset_ids(owner.pk, payload)
    if len(asset_ids) > INLINE_MAX:
        return Status(202, {"run": _start(owner.pk, payload, asset_ids, RebuildMode.PREVIEW)})
    with heavy_read(request):
        previews = preview(
            owner.pk,
            asset_ids=asset_ids,
            clear_existing=payload.clear_existing,
            provider_id=payload.provider_id,
            now=timezone.now(),
        )
    return Status(200, PreviewAnswer.of(previews))


@router.get("/lineage/rebuild-runs", response=RebuildRunList)
def list_rebuild_runs(request: HttpRequest, limit: PageLimit = 20, offset: PageOffset = 0) -> dict[str, Any]:
    """List your rebuilds and previews, newest first."""
    rows = _runs(request).order_by("-created_at", "-pk")
    items = [_answer(run) for run in rows[offset : offset + limit]]
    return {"items": items, "total": rows.count(), "limit": limit, "offset": offset}


@router.get("/lineage/rebuild-runs/{run_id}", response=RebuildRunAnswer, url_name="rebuild_run")
def get_rebuild_run(request: HttpRequest, run_id: RowId) -> RebuildRunAnswer:
    """Return a rebuild or preview and its progress."""
    return _answer(_run_or_404(request, run_id))


@router.get("/lineage/rebuild-runs/{run_id}/findings", response=FindingList)
def list_rebuild_findings(
    request: HttpRequest, run_id: RowId, limit: PageLimit = 50, offset: PageOffset = 0
) -> dict[str, Any]:
    """List the assets that a run changed or would change, with the edges of a preview, and those with a note."""
    rows = _run_or_404(request, run_id).findings.order_by("-is_changed", "asset_id", "pk")
    items = [FindingAnswer.of(row) for row in rows[offset : offset + limit]]
    return {"items": items, "total": rows.count(), "limit": limit, "offset": offset}


@router.post("/lineage/rebuild-runs/{preview_id}/apply", response={202: RebuildRunAnswer})
@raises(NotApplicable, AlreadyRunning)
def apply_preview(request: HttpRequest, preview_id: RowId, payload: ApplyRequest) -> Status[RebuildRunAnswer]:
    """Rebuild the selected assets of a preview, or the given ones, unless the library has changed since."""
    found = _run_or_404(request, preview_id)
    with transaction.atomic():
        run = apply(found, asset_ids=payload.asset_ids, now=timezone.now())
        enqueue(run)
    return Status(202, _answer(run))


@router.post("/lineage/rebuild-runs/{run_id}/cancel", response=RebuildRunAnswer)
def cancel_rebuild_run(request: HttpRequest, run_id: RowId) -> RebuildRunAnswer:
    """Stop a run after its current batch; rebuilt assets are kept."""
    return _answer(lifecycle.cancel(_run_or_404(request, run_id), now=timezone.now()))


@router.post("/lineage/rebuild-runs/{run_id}/resume", response={202: RebuildRunAnswer})
@raises(AlreadyRunning, NotResumable)
def resume_rebuild_run(request: HttpRequest, run_id: RowId) -> Status[RebuildRunAnswer]:
    """Resume a run that failed or was cancelled, from where it stopped."""
    run = _run_or_404(request, run_id)
    with transaction.atomic():
        run = lifecycle.resume(run)
        enqueue(run)
    return Status(202, _answer(run))


def _asset_ids(owner_id: int, wanted: RebuildRequest) -> list[int]:
    """Return the requested ids; of a library at most one more than the limit for an answer at once."""
    if wanted.asset_ids is not None:
        return list(dict.fromkeys(wanted.asset_ids))
    listed = library_assets(owner_id, wanted.provider_id).order_by("pk").values_list("pk", flat=True)
    return list(listed[: INLINE_MAX + 1])


def _start(owner_id: int, wanted: RebuildRequest, asset_ids: list[int], mode: RebuildMode) -> RebuildRunAnswer:
    """Create the run and its job in one transaction."""
    with transaction.atomic():
        run = start(
            owner_id,
            mode=mode,
            provider_id=wanted.provider_id or "",
            asset_ids=asset_ids if wanted.asset_ids is not None else None,
            clear_existing=wanted.clear_existing,
            now=timezone.now(),
        )
        enqueue(run)
    return _answer(run)


def _runs(request: HttpRequest) -> QuerySet[RebuildRun]:
    return RebuildRun.objects.filter(owner=request_user(request)).defer("asset_ids")


def _run_or_404(request: HttpRequest, run_id: int) -> RebuildRun:
    return get_object_or_404(_runs(request), pk=run_id)


def _answer(run: RebuildRun) -> RebuildRunAnswer:
    return RebuildRunAnswer.of(run, now=timezone.now())
