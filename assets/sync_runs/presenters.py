"""A run as its card shows it: every state, rate and count in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assets.models import ListPhase, RunKind, SyncList, SyncRun
from assets.sync_runs.list_cursor import next_list
from assets.sync_runs.progress import Progress, summarize
from common.progress_text import rate_in_words, time_left_in_words
from common.runs import RunState
from providers.base import ListPart
from providers.errors import Authentication
from providers.registry import adapter_class

# Screen readers are told of a run's progress so often.
SAID_EVERY_PERCENT = 10

TONES = {RunState.SUCCEEDED: "good", RunState.FAILED: "bad"}


@dataclass(frozen=True, slots=True)
class ListLine:
    """One list of a run in words; `percent` is how much of it has been read, None while nobody knows its length."""

    name: str
    state: str
    sync_list: SyncList
    percent: int | None
    is_being_read: bool


@dataclass(frozen=True, slots=True)
class RunCard:
    """A run as its card shows it.

    `said` is what screen readers hear, once for each `said_key`; `percent` is None while nobody knows the whole.
    """

    run: SyncRun
    progress: Progress
    provider_name: str
    state: str
    tone: str
    percent: int | None
    rate: str
    time_left: str
    lines: tuple[ListLine, ...]
    said: str
    said_key: str

    @property
    def is_scan(self) -> bool:
        """Whether it only looks."""
        return self.run.kind == RunKind.SCAN

    @property
    def needs_sign_in(self) -> bool:
        """Whether new credentials are what it waits for."""
        return self.run.error_code == Authentication.code

    @property
    def fresh(self) -> int:
        """What came in, or for a scan would come in."""
        return self.progress.created + self.progress.completed


def card_of(found: SyncRun, *, now: datetime) -> RunCard:
    """The card of a run at one moment."""
    progress = summarize(found, now=now)
    percent = int(progress.fraction * 100) if progress.fraction is not None else None
    state, tone = _state(found, progress)
    decile = percent // SAID_EVERY_PERCENT * SAID_EVERY_PERCENT if percent is not None else None
    is_counting = found.state == RunState.RUNNING and decile is not None
    being_read = next_list(progress.lists)
    return RunCard(
        run=found,
        progress=progress,
        provider_name=adapter_class(found.provider_id).display_name,
        state=state,
        tone=tone,
        percent=percent,
        rate=rate_in_words(progress.items_per_second, "items") if found.is_open else "",
        time_left=time_left_in_words(progress.time_left) if progress.time_left is not None else "",
        lines=tuple(_line(sync_list, found, is_next=sync_list is being_read) for sync_list in progress.lists),
        said=f"{found}: {state}, {decile} % read." if is_counting else f"{found}: {state}.",
        said_key=f"{state} {decile if is_counting else ''}".strip(),
    )


def _state(found: SyncRun, progress: Progress) -> tuple[str, str]:
    """How a run stands, in words and as the tone that colors them."""
    if found.state != RunState.RUNNING:
        return found.get_state_display(), TONES.get(RunState(found.state), "")
    if found.cancel_requested_at:
        return "Stopping after this page", "warning"
    if found.continue_at:
        return "Resting", "warning"
    if progress.is_looking_again:
        return "Looking again at the newest", "good"
    return ("Scanning" if found.kind == RunKind.SCAN else "Importing"), "good"


def _line(sync_list: SyncList, found: SyncRun, *, is_next: bool) -> ListLine:
    is_being_read = is_next and found.state == RunState.RUNNING
    if sync_list.phase == ListPhase.WALKING and not (sync_list.pages or found.state == RunState.RUNNING):
        state = "Not read yet"
    elif sync_list.phase != ListPhase.DONE and not found.is_open:
        state = "Not read to its end"
    elif sync_list.phase == ListPhase.DONE and not sync_list.is_complete:
        state = "Read as far as the provider goes"
    elif sync_list.phase != ListPhase.DONE and not is_being_read:
        state = "Waiting its turn"
    else:
        state = ListPhase(sync_list.phase).label
    return ListLine(_list_name(sync_list.list_key), state, sync_list, _percent(sync_list), is_being_read)


def _percent(sync_list: SyncList) -> int | None:
    if sync_list.phase != ListPhase.WALKING:
        return 100
    return min(sync_list.seen * 100 // sync_list.total, 100) if sync_list.total else None


def _list_name(key: str) -> str:
    try:
        sync_list = ListPart.from_key(key)
    except ValueError:
        return key
    return (
        f"{sync_list.remote_list}, {sync_list.origin}".capitalize()
        if sync_list.origin
        else str(sync_list.remote_list).capitalize()
    )
