"""Present a run of any kind: its card, its line in a list, and what a screen reader announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.runs.progress import RunProgress, duration_text, progress_of, rate_text, time_left_text
from common.runs.run import Run, RunState

# Screen readers announce progress once per so many percent.
ANNOUNCED_EVERY_PERCENT = 10

TONES = {RunState.SUCCEEDED: "good", RunState.FAILED: "bad"}


@dataclass(frozen=True, slots=True)
class Count:
    """A labelled number on a card."""

    label: str
    value: int
    is_bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCard:
    """A run as its card and its line in a list show it.

    `percent` is None while the whole is not known. `about` are short facts in their order; `summary` is the result in
    one line. `took` is the working time of an ended run, pauses and stops left out. `announcement` is for screen
    readers, read once for each `announcement_key`. `details` and `actions` name the templates of the kind's own parts,
    which read `extra`.
    """

    run: Run
    title: str
    state: str
    tone: str
    about: tuple[str, ...]
    progress: RunProgress
    progress_text: str
    percent: int | None
    rate: str
    time_left: str
    took: str
    counts: tuple[Count, ...]
    summary: str
    announcement: str
    announcement_key: str
    details: str = ""
    actions: str = ""
    extra: Any = None

    @property
    def prefix(self) -> str:
        """Beginning of the ids of the card's elements, so that cards of two kinds can stand on one page."""
        return self.run._meta.model_name or ""


def card_of(
    run: Run,
    *,
    now: datetime,
    working: str = "Running",
    about: tuple[str, ...] = (),
    counts: tuple[Count, ...] = (),
    summary: str = "",
    done_word: str = "done",
    details: str = "",
    actions: str = "",
    extra: Any = None,
) -> RunCard:
    """Build the card of a run.

    Args:
        run: any run.
        now: the moment that the card shows.
        working: state while a worker does it, such as "Importing".
        about: short facts about the run.
        counts: the kind's own numbers.
        summary: result in one line, for lists.
        done_word: verb for what is counted, as in "12 of 40 assets done"; "" leaves it out.
        details: template of the kind's own part of the card, "" for none.
        actions: template of the buttons of an ended run, "" for none.
        extra: what those templates read as `card.extra`.
    """
    progress = progress_of(run, now=now)
    percent = int(progress.fraction * 100) if progress.fraction is not None else None
    state, tone = _state(run, working)
    decile = percent // ANNOUNCED_EVERY_PERCENT * ANNOUNCED_EVERY_PERCENT if percent is not None else None
    is_counting = run.state == RunState.RUNNING and decile is not None
    return RunCard(
        run=run,
        title=run.title,
        state=state,
        tone=tone,
        about=tuple(fact for fact in about if fact),
        progress=progress,
        progress_text=_progress_text(run, progress, done_word),
        percent=percent,
        rate=rate_text(progress.per_second, run.unit) if run.is_open else "",
        time_left=time_left_text(progress.time_left),
        took=duration_text(timedelta(seconds=run.active_seconds)) if run.finished_at and run.started_at else "",
        counts=counts,
        summary=summary,
        announcement=f"{run.title}: {state}, {decile} % done." if is_counting else f"{run.title}: {state}.",
        announcement_key=f"{state} {decile if is_counting else ''}".strip(),
        details=details,
        actions=actions,
        extra=extra,
    )


def _state(run: Run, working: str) -> tuple[str, str]:
    """Return the state in words and its tone, which sets the color."""
    if run.state != RunState.RUNNING:
        return run.get_state_display(), TONES.get(RunState(run.state), "")
    if run.cancel_requested_at:
        return "Stopping", "warning"
    if run.continue_at:
        return "Paused", "warning"
    return working, "good"


def _progress_text(run: Run, progress: RunProgress, done_word: str) -> str:
    of_total = f" of {progress.total:,}" if progress.total is not None else ""
    return f"{progress.done:,}{of_total} {run.unit} {done_word}".rstrip()
