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
from lineage.rebuild.catch_up import catches_up, changed_behind, first_change, is_import_running
from lineage.rebuild.preview import preview


def begin(lease: Lease[RebuildRun]) -> jobs.Stepper:
    """Begin an execution of a run; returns the function that does one batch.

    Each batch is stored in one transaction with the run's cursor, counters and results. After the last one, a rebuild
    of a library reads the assets again that an import has changed behind its cursor.
    """
    if catches_up(lease.run) and lease.run.caught_up_at is None:
        lease.run.caught_up_at = first_change(lease.run, now=lease.clock.now())
        lease.update(caught_up_at=lease.run.caught_up_at)

    def step() -> jobs.Step:
        if ids := _next_ids(lease.run):
            lease.check()
            _do_batch(lease, ids, {"cursor": ids[-1]})
            return jobs.Step.MORE
        if catches_up(lease.run) and (changed := changed_behind(lease.run, size=BATCH_SIZE)):
            lease.check()
            last_id, last_at = changed[-1]
            _do_batch(lease, [pk for pk, _ in changed], {"caught_up_at": last_at, "caught_up_id": last_id})
            return jobs.Step.MORE
        return jobs.Step.DONE

    return step


def finish(run: RebuildRun, now: datetime) -> None:
    """Record that the lineage of a library was built, and whether an import was still adding to it.

    Called in the transaction that marks the run as done.
    """
    if catches_up(run):
        mark_lineage_built(run.owner_id, run.provider_id, now=now)
        RebuildRun.objects.filter(pk=run.pk).update(was_import_running=is_import_running(run))


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


def _do_batch(lease: Lease[RebuildRun], ids: Sequence[int], moves: dict[str, Any]) -> None:
    """Rebuild a batch, or preview it, and store its results with the run's progress, all or nothing.

    Args:
        lease: the execution of the run.
        ids: the assets.
        moves: the columns of the run's cursor, and their values after the batch.
    """
    run, now = lease.run, lease.clock.now()
    wanted: dict[str, Any] = {
        "asset_ids": ids,
        "clear_existing": run.clear_existing,
        "provider_id": run.provider_id or None,
    }
    if run.is_preview:
        # Outside the transaction: a preview is a rebuild that is rolled back, and locks the library while it lasts.
        found = preview(run.owner_id, now=now, **wanted)
        with lease.batch(lease.clock.now(), **moves):
            _count(lease, results.keep_previews(run, found))
        return
    with lease.batch(now, **moves):
        rebuilt = rebuild(run.owner_id, now=now, **wanted)
        tally = results.keep_results(run, rebuilt)
        _count(lease, tally if "cursor" in moves else tally.of_second_reading())


def _count(lease: Lease[RebuildRun], tally: results.Tally) -> None:
    run = lease.run
    changes = {name: getattr(run, name) + amount for name, amount in tally.columns().items()}
    for name, value in changes.items():
        setattr(run, name, value)
    # Assets that are imported while a library is rebuilt are rebuilt too.
    run.total_count = max(run.total_count, run.done_count)
    lease.update(total_count=run.total_count, **changes)
