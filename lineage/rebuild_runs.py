"""Rebuilds of many assets: note one for the worker, and do it batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from lineage.models import RebuildRun, RebuildState
from lineage.rebuild import BATCH_SIZE, RebuildResult, library_assets, rebuild

PROBLEMS_MAX = 200


def start_run(
    owner_id: int, *, provider_id: str, asset_ids: Sequence[int] | None, clear_existing: bool, now: datetime
) -> RebuildRun:
    """Note a rebuild for the worker to do; the caller enqueues it in the same transaction.

    Args:
        owner_id: whose library.
        provider_id: only assets of this provider, "" for all.
        asset_ids: which assets, None for the whole library.
        clear_existing: as `rebuild`.
        now: when it was asked for.
    """
    total = len(asset_ids) if asset_ids is not None else library_assets(owner_id, provider_id or None).count()
    return RebuildRun.objects.create(
        owner_id=owner_id,
        provider_id=provider_id,
        asset_ids=sorted(set(asset_ids)) if asset_ids is not None else None,
        clear_existing=clear_existing,
        total_count=total,
        created_at=now,
    )


def run(run_id: int, *, clock: Callable[[], datetime]) -> RebuildRun:
    """Do a noted rebuild to its end, from where it stands; run twice, the second does nothing.

    Each batch is stored together with the run's progress, so a run whose process dies goes on where it stopped. When
    two workers have it at once, only one of them stores a batch. `clock` says the time of each batch.
    """
    open_states = [RebuildState.QUEUED, RebuildState.RUNNING]
    RebuildRun.objects.filter(pk=run_id, state__in=open_states).update(state=RebuildState.RUNNING)
    rebuild_run = RebuildRun.objects.get(pk=run_id)
    while rebuild_run.state == RebuildState.RUNNING:
        _run_batch(rebuild_run, clock())
        rebuild_run.refresh_from_db()
    return rebuild_run


def fail(run_id: int, *, reason: str, now: datetime) -> None:
    """Note that a run could not go on; what it has stored stays."""
    RebuildRun.objects.filter(pk=run_id, state=RebuildState.RUNNING).update(
        state=RebuildState.FAILED, error=reason[:300], finished_at=now
    )


def _run_batch(rebuild_run: RebuildRun, now: datetime) -> None:
    batch = _next_ids(rebuild_run)
    mine = RebuildRun.objects.filter(pk=rebuild_run.pk, state=RebuildState.RUNNING, cursor=rebuild_run.cursor)
    if not batch:
        mine.update(state=RebuildState.SUCCEEDED, finished_at=now)
        return
    with transaction.atomic():
        if not mine.update(cursor=batch[-1]):
            return
        results = rebuild(
            rebuild_run.owner_id,
            asset_ids=batch,
            clear_existing=rebuild_run.clear_existing,
            provider_id=rebuild_run.provider_id or None,
            now=now,
        )
        RebuildRun.objects.filter(pk=rebuild_run.pk).update(
            done_count=F("done_count") + len(results),
            new_edges=F("new_edges") + sum(result.new_edges for result in results),
            removed_edges=F("removed_edges") + sum(result.removed_edges for result in results),
            problems=(rebuild_run.problems + _problems(results))[:PROBLEMS_MAX],
        )


def _next_ids(rebuild_run: RebuildRun) -> list[int]:
    if rebuild_run.asset_ids is not None:
        return [asset_id for asset_id in rebuild_run.asset_ids if asset_id > rebuild_run.cursor][:BATCH_SIZE]
    assets = library_assets(rebuild_run.owner_id, rebuild_run.provider_id or None)
    return list(assets.filter(pk__gt=rebuild_run.cursor).order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE])


def _problems(results: Sequence[RebuildResult]) -> list[dict[str, Any]]:
    return [
        {"asset_id": result.asset_id, "status": str(result.status), "reason": result.reason}
        for result in results
        if result.reason
    ]
