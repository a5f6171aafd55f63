"""Counters of a scan or import, added up over its lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects

from assets.models import ListPhase, SyncList, SyncRun
from common.runs.progress import RunProgress, progress_of


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """One run at one moment: its lists in their order, the sums of their counters, and its progress."""

    run: SyncRun
    lists: tuple[SyncList, ...]
    progress: RunProgress
    created: int
    existing: int
    completed: int
    merged: int
    invalid: int
    deleted: int

    @property
    def is_looking_again(self) -> bool:
        """Whether all lists were read once and only the newest items are being read again."""
        return bool(self.lists) and all(sync_list.phase != ListPhase.WALKING for sync_list in self.lists)

    @property
    def sentence(self) -> str:
        """The run in one line, for a terminal and the admin."""
        found = self.progress
        of_total = f" of {found.total:,}" if found.total is not None else ""
        rate = f", {found.per_second:,.0f} items/s" if found.per_second else ""
        counts = f"{self.created:,} new, {self.completed:,} filled in, {self.existing:,} already imported"
        deleted = f", {self.deleted:,} deleted here" if self.deleted else ""
        unlisted_count = self.run.unlisted_count
        unlisted = f", {unlisted_count:,} no longer at the provider" if unlisted_count else ""
        return (
            f"{self.run.get_state_display()}: {found.done:,}{of_total} read{rate} · {counts}, "
            f"{self.invalid:,} unreadable{deleted}{unlisted}"
        )


def summarize(run: SyncRun, *, now: datetime) -> SyncProgress:
    """Add up a run's lists, in one statement unless they were prefetched.

    Args:
        run: the run; the caller has checked who owns it.
        now: the time, for a page that is being read.
    """
    # Once for all that is counted from them.
    prefetch_related_objects([run], "lists")
    lists = tuple(sorted(run.lists.all(), key=lambda sync_list: sync_list.pk))
    return SyncProgress(
        run=run,
        lists=lists,
        progress=progress_of(run, now=now),
        created=sum(sync_list.created for sync_list in lists),
        existing=sum(sync_list.existing for sync_list in lists),
        completed=sum(sync_list.completed for sync_list in lists),
        merged=sum(sync_list.merged for sync_list in lists),
        invalid=sum(sync_list.invalid for sync_list in lists),
        deleted=sum(sync_list.deleted for sync_list in lists),
    )
