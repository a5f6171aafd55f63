"""Progress of a run: rate, remaining time, and their wording."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from common.runs.run import Run, RunState


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run's progress at one moment.

    `total` is None while the whole is not known. `per_second` and `time_left` are None while there is nothing to
    compute them from; `fraction` is 0–1, or None.
    """

    done: int
    total: int | None
    per_second: float | None
    time_left: timedelta | None
    fraction: float | None


def progress_of(run: Run, *, now: datetime) -> RunProgress:
    """Compute a run's rate and remaining time.

    Args:
        run: any run; reads its `counts`, which may take a statement.
        now: the time, for a batch that is being done.
    """
    done, total = run.counts
    rate = _rate(run, done, now)
    time_left = None
    if rate and total is not None and run.is_open:
        time_left = timedelta(seconds=max(total - done, 0) / rate)
    return RunProgress(done, total, rate, time_left, _fraction(run, done, total))


def rate_text(per_second: float | None, unit: str) -> str:
    """Word a rate, "" while it is not known."""
    if not per_second:
        return ""
    return f"{per_second:,.0f} {unit}/s" if per_second >= 10 else f"{per_second:.1f} {unit}/s"


def time_left_text(span: timedelta | None) -> str:
    """Word a remaining time, as roughly as it is known; "" while it is not."""
    if span is None:
        return ""
    minutes = round(span.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute left"
    if minutes < 60:
        return f"about {minutes} min left"
    return f"about {minutes // 60} h {minutes % 60} min left"


def duration_text(span: timedelta) -> str:
    """Word a duration: "12 s", "3 min 5 s", "2 h 10 min"."""
    seconds = round(span.total_seconds())
    if seconds < 60:
        return f"{max(seconds, 1)} s"
    if seconds < 3_600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3_600} h {seconds % 3_600 // 60} min"


def _rate(run: Run, done: int, now: datetime) -> float | None:
    seconds = run.active_seconds
    if run.state == RunState.RUNNING and run.progress_at and run.continue_at is None:
        seconds += max((now - run.progress_at).total_seconds(), 0.0)
    return done / seconds if done and seconds > 0 else None


def _fraction(run: Run, done: int, total: int | None) -> float | None:
    if run.state == RunState.SUCCEEDED:
        return 1.0
    return min(done / total, 1.0) if total else None
