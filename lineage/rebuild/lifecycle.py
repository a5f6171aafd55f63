"""Rebuilds and previews of many assets: start, cancel and resume them, and do one batch after another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from common.runs import OPEN_STATES, RESUMABLE_STATES, RunState
from lineage.models import RebuildFinding, RebuildMode, RebuildRun
from lineage.rebuild import results
from lineage.rebuild.batch import BATCH_SIZE, library_assets, rebuild
from lineage.rebuild.preview import preview


class RebuildUnderWay(ValueError):
    """The owner has an open rebuild or preview; `run` is that one."""

    def __init__(self, run: RebuildRun) -> None:
        super().__init__(f"A {run.get_mode_display().lower()} is already under way.")
        self.run = run


class NotResumable(ValueError):
    """Only a run that failed or was cancelled can go on."""


class NotApplicable(ValueError):
    """Only a preview that has come to its end can be applied, and only where it found something to do."""


class Superseded(Exception):
    """Another worker has taken the run up; this one must not write any more."""


class Interrupted(Exception):
    """The worker is told to stop; the run stays open, to go on from its cursor on the next one."""


def _never() -> bool:
    return False


def start(
    owner_id: int,
    *,
    mode: RebuildMode = RebuildMode.REBUILD,
    provider_id: str = "",
    asset_ids: Collection[int] | None = None,
    clear_existing: bool,
    look: RebuildRun | None = None,
    now: datetime,
) -> RebuildRun:
    """Note a run; whoever calls it enqueues it in the same transaction, or executes it.

    Args:
        owner_id: whose library.
        mode: whether to write edges, or only to say which a rebuild would write.
        provider_id: only assets of this provider, "" for all.
        asset_ids: which assets, None for the whole library.
        clear_existing: as `rebuild`.
        look: the preview that is being applied.
        now: when it was asked for.

    Raises:
        RebuildUnderWay: the owner has an open run; two would tread on each other's edges.
    """
    chosen = sorted(set(asset_ids)) if asset_ids is not None else None
    total = len(chosen) if chosen is not None else library_assets(owner_id, provider_id or None).count()
    try:
        with transaction.atomic():
            run = RebuildRun.objects.create(
                owner_id=owner_id,
                mode=mode,
                provider_id=provider_id,
                asset_ids=chosen,
                clear_existing=clear_existing,
                look=look,
                total_count=total,
                created_at=now,
            )
    except IntegrityError as error:
        raise _under_way(owner_id) from error
    results.forget_old(run)
    return run


def apply(look: RebuildRun, *, asset_ids: Collection[int] | None = None, now: datetime) -> RebuildRun:
    """Note a plain rebuild of what a preview found and its reader chose, as `start` does.

    What has changed since the preview is rebuilt as it is now.

    Args:
        look: the preview.
        asset_ids: which of the assets that it would change, None for those chosen on its page.
        now: when it was asked for.

    Raises:
        NotApplicable: it is no finished preview, or nothing of it is chosen.
        RebuildUnderWay: as `start`.
    """
    if not look.is_preview or look.state != RunState.SUCCEEDED:
        raise NotApplicable("Only a preview that has come to its end can be applied.")
    changed = RebuildFinding.objects.filter(run=look, is_changed=True)
    chosen = changed.filter(is_chosen=True) if asset_ids is None else changed.filter(asset_id__in=asset_ids)
    ids = list(chosen.values_list("asset_id", flat=True))
    if not ids:
        raise NotApplicable("Nothing is chosen that a rebuild would change.")
    return start(
        look.owner_id,
        provider_id=look.provider_id,
        asset_ids=ids,
        clear_existing=look.clear_existing,
        look=look,
        now=now,
    )


def cancel(run: RebuildRun, *, now: datetime) -> RebuildRun:
    """Stop a run: at once when no worker has it yet, else after the batch it is at. Does nothing when it is over."""
    _rows(run).filter(state=RunState.QUEUED).update(state=RunState.CANCELLED, finished_at=now)
    _rows(run).filter(state=RunState.RUNNING, cancel_requested_at=None).update(cancel_requested_at=now)
    run.refresh_from_db()
    return run


def resume(run: RebuildRun, *, now: datetime) -> RebuildRun:
    """Queue a stopped run again, to go on from its cursor; the caller enqueues it in the same transaction.

    Raises:
        NotResumable: it is open or has come to its end.
        RebuildUnderWay: the owner has another open run.
    """
    stopped = _rows(run).filter(state__in=RESUMABLE_STATES)
    try:
        with transaction.atomic():
            changed = stopped.update(state=RunState.QUEUED, finished_at=None, cancel_requested_at=None, error="")
    except IntegrityError as error:
        raise _under_way(run.owner_id) from error
    if not changed:
        raise NotResumable("Only a run that stopped or was cancelled can go on.")
    run.refresh_from_db()
    return run


def execute(run_id: int, *, clock: Callable[[], datetime], is_stopping: Callable[[], bool] = _never) -> None:
    """Do a run until it ends or is cancelled; done twice at once, only the later one writes.

    Each batch is stored in one transaction with the run's cursor, counters and findings, so a worker that dies costs
    at most the batch it was at.

    Args:
        run_id: which run.
        clock: says the time of each batch.
        is_stopping: asked before each batch, whether this worker should put the run down.

    Raises:
        Interrupted: the worker is stopping; whoever executes the run next goes on with it.
    """
    taken = RebuildRun.objects.filter(pk=run_id, state__in=OPEN_STATES).update(
        state=RunState.RUNNING, execution=F("execution") + 1, progress_at=clock()
    )
    if not taken:
        return
    run = RebuildRun.objects.get(pk=run_id)
    if run.started_at is None:
        _update(run, started_at=clock())
    try:
        while batch := _next_ids(run):
            if _is_cancelled(run, clock()):
                return
            if is_stopping():
                raise Interrupted
            _do(run, batch, clock)
        _update(run, state=RunState.SUCCEEDED, finished_at=clock())
    except Superseded:
        return


def fail(run_id: int, *, now: datetime) -> None:
    """Stop a run that broke down for a reason of our own, so that its owner is told and can resume it."""
    RebuildRun.objects.filter(pk=run_id, state=RunState.RUNNING).update(
        state=RunState.FAILED,
        finished_at=now,
        error="Something in Stemma itself went wrong with a batch; the worker's log says where.",
    )


def _next_ids(run: RebuildRun) -> list[int]:
    if run.asset_ids is not None:
        start_at = bisect_right(run.asset_ids, run.cursor)
        return list(run.asset_ids[start_at : start_at + BATCH_SIZE])
    assets = library_assets(run.owner_id, run.provider_id or None)
    return list(assets.filter(pk__gt=run.cursor).order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE])


def _do(run: RebuildRun, batch: Sequence[int], clock: Callable[[], datetime]) -> None:
    """Rebuild a batch and store how far the run has come with it, all or nothing; or look, and store what was seen."""
    wanted: dict[str, Any] = {
        "asset_ids": batch,
        "clear_existing": run.clear_existing,
        "provider_id": run.provider_id or None,
    }
    if run.is_preview:
        seen = preview(run.owner_id, now=clock(), **wanted)
        with transaction.atomic():
            _advance(run, batch, clock())
            _count(run, results.keep_previews(run, seen))
        return
    now = clock()
    with transaction.atomic():
        _advance(run, batch, now)
        rebuilt = rebuild(run.owner_id, now=now, **wanted)
        _count(run, results.keep_results(run, rebuilt))


def _advance(run: RebuildRun, batch: Sequence[int], now: datetime) -> None:
    """Move the cursor past a batch; its row then stays locked to the end of the transaction, so no other can."""
    worked = (now - run.progress_at).total_seconds() if run.progress_at else 0.0
    run.active_seconds += max(worked, 0.0)
    run.progress_at = now
    run.cursor = batch[-1]
    if not _update(run, cursor=run.cursor, active_seconds=run.active_seconds, progress_at=now):
        raise Superseded


def _count(run: RebuildRun, tally: results.Tally) -> None:
    for name, amount in tally.columns().items():
        setattr(run, name, getattr(run, name) + amount)
    # What comes into a library while all of it is rebuilt is rebuilt too.
    run.total_count = max(run.total_count, run.done_count)
    _update(run, total_count=run.total_count, **{name: getattr(run, name) for name in tally.columns()})


def _is_cancelled(run: RebuildRun, now: datetime) -> bool:
    cancelled = _mine(run).filter(cancel_requested_at__isnull=False)
    return bool(cancelled.update(state=RunState.CANCELLED, finished_at=now))


def _under_way(owner_id: int) -> RebuildUnderWay:
    runs = RebuildRun.objects.filter(owner_id=owner_id).defer("asset_ids")
    # The open one may have come to its end since it stood in the way.
    return RebuildUnderWay(runs.filter(state__in=OPEN_STATES).first() or runs.latest("pk"))


def _rows(run: RebuildRun) -> QuerySet[RebuildRun]:
    return RebuildRun.objects.filter(pk=run.pk)


def _mine(run: RebuildRun) -> QuerySet[RebuildRun]:
    """The run's row, as long as this worker is the latest to have taken it up."""
    return _rows(run).filter(state=RunState.RUNNING, execution=run.execution)


def _update(run: RebuildRun, **changes: Any) -> bool:
    return _mine(run).update(**changes) == 1
