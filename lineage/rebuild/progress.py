"""How far a rebuild or preview has come: rate, time left, and one line of words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from common.runs import RunState
from lineage.models import RebuildRun


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """One run at one moment; the rate and the time left are None while there is nothing to reckon with."""

    run: RebuildRun
    assets_per_second: float | None
    time_left: timedelta | None

    @property
    def fraction(self) -> float:
        """How much is done, 0-1."""
        if self.run.state == RunState.SUCCEEDED or not self.run.total_count:
            return 1.0 if self.run.state == RunState.SUCCEEDED else 0.0
        return min(self.run.done_count / self.run.total_count, 1.0)

    @property
    def sentence(self) -> str:
        """The run in one line of words."""
        run = self.run
        rate = f", {self.assets_per_second:,.0f} assets/s" if self.assets_per_second and run.is_open else ""
        counts = f"{run.new_edges:,} new, {run.removed_edges:,} removed, {run.unchanged_edges:,} unchanged"
        return (
            f"{run.get_state_display()}: {run.done_count:,} of {run.total_count:,} assets{rate} · "
            f"{'would be ' if run.is_preview else ''}{counts}"
        )


def summarize(run: RebuildRun, *, now: datetime) -> RebuildProgress:
    """Reckon how fast a run goes and when it will be over; asks nothing of the database."""
    seconds = run.active_seconds
    if run.state == RunState.RUNNING and run.progress_at:
        seconds += max((now - run.progress_at).total_seconds(), 0.0)
    rate = run.done_count / seconds if run.done_count and seconds > 0 else None
    left = max(run.total_count - run.done_count, 0)
    return RebuildProgress(run, rate, timedelta(seconds=left / rate) if rate and run.is_open else None)
