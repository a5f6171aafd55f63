"""Rebuilding lineage as JSON."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Status

from lineage.models import RebuildRun
from lineage.rebuild import INLINE_MAX, library_assets, rebuild
from lineage.rebuild_runs import start_run
from lineage.rebuild_schemas import RebuildAnswer, RebuildRequest, RebuildRunAnswer, RebuildStarted
from lineage.tasks import run_rebuild
from providers.api import asker
from providers.schemas import RowId

router = Router(tags=["lineage"])


@router.post("/assets/lineage/refresh", response={200: RebuildAnswer, 202: RebuildStarted})
def rebuild_lineage(request: HttpRequest, payload: RebuildRequest) -> Status[dict[str, Any]]:
    """Make lineage anew from stored payloads; more than 1,000 assets are left to the worker, as a run.

    Ids that are not yours are answered with the status `not_found`.
    """
    owner = asker(request)
    if payload.asset_ids is None:
        listed = library_assets(owner.pk, payload.provider_id).order_by("pk").values_list("pk", flat=True)
        asset_ids = list(listed[: INLINE_MAX + 1])
    else:
        asset_ids = list(dict.fromkeys(payload.asset_ids))
    if len(asset_ids) > INLINE_MAX:
        started = _start_run(owner.pk, payload, asset_ids if payload.asset_ids is not None else None)
        return Status(202, {"run": _run_answer(started)})
    results = rebuild(
        owner.pk,
        asset_ids=asset_ids,
        clear_existing=payload.clear_existing,
        provider_id=payload.provider_id,
        now=timezone.now(),
    )
    return Status(200, {"count": len(results), "results": results})


@router.get("/lineage/rebuild-runs/{run_id}", response=RebuildRunAnswer, url_name="rebuild_run")
def get_rebuild_run(request: HttpRequest, run_id: RowId) -> dict[str, Any]:
    """How far the worker is with a rebuild."""
    return _run_answer(get_object_or_404(RebuildRun.objects.filter(owner=asker(request)).defer("asset_ids"), pk=run_id))


def _start_run(owner_id: int, wanted: RebuildRequest, asset_ids: list[int] | None) -> RebuildRun:
    """Note the run together with its job, so that neither is there without the other."""
    with transaction.atomic():
        started = start_run(
            owner_id,
            provider_id=wanted.provider_id or "",
            asset_ids=asset_ids,
            clear_existing=wanted.clear_existing,
            now=timezone.now(),
        )
        run_rebuild.defer(run_id=started.pk)
    return started


def _run_answer(run: RebuildRun) -> dict[str, Any]:
    fields = {name: getattr(run, name) for name in RebuildRunAnswer.model_fields if name not in ("id", "url")}
    return fields | {"id": run.pk, "url": reverse("api:rebuild_run", args=[run.pk])}
