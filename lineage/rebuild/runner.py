"""Do a rebuild or a preview of many assets, one batch after another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from assets.sync_runs.next_step import mark_lineage_built
from common.runs import jobs
from common.runs.lease import Lease
from common.throttle import Clock
from lineage.models import RebuildRun
from lineage.rebuild import results
from lineage.rebuild.batch import BATCH_SIZE, library_assets, rebuild
from lineage.rebuild.preview import preview


def begin(lease: Lease[RebuildRun]) -> jobs.Stepper:
    """Begin an execution of a run; returns the function that does one batch.

    Each batch is stored in one transaction with the run's cursor, counters and results.
    """

    def step() -> jobs.Step:
        ids = _next_ids(lease.run)
        if not ids:
            return jobs.Step.DONE
        lease.check()
        _do_batch(lease, ids)
        return jobs.Step.MORE

    return step


def finish(run: RebuildRun, now: datetime) -> None:
    """Record that the lineage of a library was built; called in the transaction that marks the run as done."""
    if run.is_of_library and not run.is_preview:
        mark_lineage_built(run.owner_id, run.provider_id, begun_at=run.started_at or run.created_at, now=now)


REBUILD = jobs.RunKind(
    slug="rebuild",
    model=RebuildRun,
    task_name="lineage.run_rebuild",
    begin=begin,
    finish=finish,
    list_title="Rebuilds",
)


def execute(run_id: int, *, clock: Clock, is_stopping: Callable[[], bool] = lambda: False) -> datetime | None:
    """Execute a rebuild or preview until it ends or is cancelled; see `common.runs.jobs.execute`."""
    return jobs.execute(REBUILD, run_id, clock=clock, is_stopping=is_stopping)


def _next_ids(run: RebuildRun) -> list[int]:
    if run.asset_ids is not None:
        start_at = bisect_right(run.asset_ids, run.cursor)
        return list(run.asset_ids[start_at : start_at + BATCH_SIZE])
    assets = library_assets(run.owner_id, run.provider_id or None)
    return list(assets.filter(pk__gt=run.cursor).order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE])


def _do_batch(lease: Lease[RebuildRun], ids: Sequence[int]) -> None:
    """Rebuild a batch, or preview it, and store its results with the run's progress, all or nothing."""
    run, now = lease.run, lease.clock.now()
    wanted: dict[str, Any] = {
        "asset_ids": ids,
        "clear_existing": run.clear_existing,
        "provider_id": run.provider_id or None,
    }
    if run.is_preview:
        # Outside the transaction: a preview is a rebuild that is rolled back, and locks the library while it lasts.
        found = preview(run.owner_id, now=now, **wanted)
        with lease.batch(lease.clock.now(), cursor=ids[-1]):
            _count(lease, results.keep_previews(run, found))
        return
    with lease.batch(now, cursor=ids[-1]):
        rebuilt = rebuild(run.owner_id, now=now, **wanted)
        _count(lease, results.keep_results(run, rebuilt))


def _count(lease: Lease[RebuildRun], tally: results.Tally) -> None:
    run = lease.run
    changes = {name: getattr(run, name) + amount for name, amount in tally.columns().items()}
    for name, value in changes.items():
        setattr(run, name, value)
    # Assets that are imported while a library is rebuilt are rebuilt too.
    run.total_count = max(run.total_count, run.done_count)
    lease.update(total_count=run.total_count, **changes)
