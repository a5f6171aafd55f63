"""How far a run has come: counters, rate and time left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import ListPhase, SyncList, SyncRun
from common.runs import RunState


@dataclass(frozen=True, slots=True)
class Progress:
    """One run at one moment.

    `total` is None until every list has said how long it is, or has been read to its end. `items_per_second` and
    `time_left` are None while there is nothing to reckon with; `fraction` is 0–1, or None. `lists` are the run's lists
    in their order.
    """

    run: SyncRun
    lists: tuple[SyncList, ...]
    total: int | None
    seen: int
    created: int
    existing: int
    completed: int
    merged: int
    invalid: int
    deleted: int
    items_per_second: float | None
    time_left: timedelta | None

    @property
    def fraction(self) -> float | None:
        """How much of the whole has been read."""
        if self.run.state == RunState.SUCCEEDED:
            return 1.0
        return min(self.seen / self.total, 1.0) if self.total else None

    @property
    def is_looking_again(self) -> bool:
        """Whether everything has been read once and only the newest is being looked at again."""
        return bool(self.lists) and all(sync_list.phase != ListPhase.WALKING for sync_list in self.lists)

    @property
    def sentence(self) -> str:
        """The run in one line of words."""
        of_total = f" of {self.total:,}" if self.total is not None else ""
        rate = f", {self.items_per_second:,.0f} items/s" if self.items_per_second else ""
        counts = f"{self.created:,} new, {self.completed:,} completed, {self.existing:,} already here"
        deleted = f", {self.deleted:,} deleted here" if self.deleted else ""
        return (
            f"{self.run.get_state_display()}: {self.seen:,}{of_total} read{rate} · {counts}, "
            f"{self.invalid:,} invalid{deleted}"
        )


def summarize(run: SyncRun, *, now: datetime) -> Progress:
    """Add up a run's lists, in one statement unless they were prefetched.

    Args:
        run: the run; the caller has checked who owns it.
        now: the time, for a page that is being read just now.
    """
    lists = tuple(sorted(run.lists.all(), key=lambda sync_list: sync_list.pk))
    totals = [length for sync_list in lists if (length := _length(sync_list)) is not None]
    total = sum(totals) if totals and len(totals) == len(lists) else None
    seen = sum(sync_list.seen for sync_list in lists)
    rate = _rate(run, seen, now)
    is_reckonable = rate and total is not None and run.is_open
    return Progress(
        run=run,
        lists=lists,
        total=total,
        seen=seen,
        created=sum(sync_list.created for sync_list in lists),
        existing=sum(sync_list.existing for sync_list in lists),
        completed=sum(sync_list.completed for sync_list in lists),
        merged=sum(sync_list.merged for sync_list in lists),
        invalid=sum(sync_list.invalid for sync_list in lists),
        deleted=sum(sync_list.deleted for sync_list in lists),
        items_per_second=rate,
        time_left=timedelta(seconds=max(total - seen, 0) / rate) if is_reckonable and rate and total else None,
    )


def _length(sync_list: SyncList) -> int | None:
    if sync_list.total is not None:
        return sync_list.total
    return None if sync_list.phase == ListPhase.WALKING else sync_list.seen


def _rate(run: SyncRun, seen: int, now: datetime) -> float | None:
    seconds = run.active_seconds
    if run.state == RunState.RUNNING and run.progress_at and run.continue_at is None:
        seconds += max((now - run.progress_at).total_seconds(), 0.0)
    return seen / seconds if seen and seconds > 0 else None
