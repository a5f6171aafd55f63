"""Present a scan or import: its card and the lines of its lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from assets.models import ListPhase, RunKind, RunMode, SyncList, SyncRun
from assets.sync_runs.list_cursor import next_list
from assets.sync_runs.next_step import NextStep, step_after
from assets.sync_runs.progress import SyncProgress, summarize
from common.runs import RunState, cards
from common.runs.cards import Count, RunCard
from providers.base import ListPart
from providers.errors import Authentication
from providers.registry import adapter_class

DETAILS = "assets/sync_runs/_details.html"
ACTIONS = "assets/sync_runs/_actions.html"


@dataclass(frozen=True, slots=True)
class ListLine:
    """One list of a run; `total` and `percent` are None while its length is not known.

    An incremental run does not read whole lists, so there they are None to its end.
    """

    name: str
    state: str
    sync_list: SyncList
    total: int | None
    percent: int | None
    is_being_read: bool


@dataclass(frozen=True, slots=True)
class SyncExtra:
    """The parts of a card that only scans and imports have."""

    progress: SyncProgress
    lines: tuple[ListLine, ...]
    is_scan: bool
    needs_sign_in: bool
    library_address: str

    @property
    def next_step(self) -> NextStep:
        """The action that follows the run; takes a statement, so lists of runs do not read it."""
        return step_after(self.progress.run)

    @property
    def imported_count(self) -> int:
        """Items of the run that are in the library."""
        fresh = 0 if self.is_scan else self.progress.created + self.progress.completed
        return self.progress.existing + fresh


def card_of(run: SyncRun, *, now: datetime) -> RunCard:
    """Build the card of a scan or import at one moment."""
    found = summarize(run, now=now)
    is_scan = run.kind == RunKind.SCAN
    being_read = next_list(found.lists)
    return cards.card_of(
        run,
        now=now,
        working=_working(run, found),
        about=(
            adapter_class(run.provider_id).display_name,
            run.get_mode_display(),
            "with lineage" if run.create_lineage and not is_scan else "",
        ),
        counts=_counts(found, is_scan=is_scan),
        summary=_summary(found, is_scan=is_scan),
        done_word="read",
        details=DETAILS,
        actions=ACTIONS,
        extra=SyncExtra(
            progress=found,
            lines=tuple(_line(sync_list, run, is_next=sync_list is being_read) for sync_list in found.lists),
            is_scan=is_scan,
            needs_sign_in=run.error_code == Authentication.code,
            library_address=_library_address(run),
        ),
    )


def end_text(card: RunCard) -> str:
    """Word the result of a run that has finished, as in "Imported 42 videos, 7 images · 3 already imported, …"."""
    found: SyncProgress = card.extra.progress
    if card.extra.is_scan:
        read = f"Scanned {found.progress.done:,}"
        return f"{read}: {found.existing:,} already imported, {found.created:,} not imported"
    rest = f"{found.existing:,} already imported, {found.invalid:,} unreadable"
    return f"Imported {_media_text(found)} · {rest}"


def _media_text(found: SyncProgress) -> str:
    """Word what came in by media, as in "42 videos, 7 images"; audio only where there is any."""
    fresh = dict.fromkeys(("videos", "images"), 0)
    for sync_list in found.lists:
        name = sync_list.list_key.partition(":")[0]
        fresh[name] = fresh.get(name, 0) + sync_list.created + sync_list.completed
    return ", ".join(f"{count:,} {name}" for name, count in fresh.items() if count or name in ("videos", "images"))


def _library_address(run: SyncRun) -> str:
    """Build the address of the library, filtered by the run's account, or by its provider when that is deleted."""
    query = {"account_id": run.account_id} if run.account_id else {"provider_id": run.provider_id}
    return f"{reverse('library:library')}?{urlencode(query)}"


def _working(run: SyncRun, found: SyncProgress) -> str:
    if found.is_looking_again:
        return "Reading the newest again"
    return "Scanning" if run.kind == RunKind.SCAN else "Importing"


def _counts(found: SyncProgress, *, is_scan: bool) -> tuple[Count, ...]:
    unreadable = Count("Unreadable", found.invalid, is_bad=bool(found.invalid))
    deleted = (Count("Deleted here", found.deleted),) if found.deleted else ()
    unlisted_count = found.run.unlisted_count
    unlisted = (Count("No longer at the provider", unlisted_count),) if unlisted_count else ()
    scanned = Count("Scanned", found.progress.done)
    existing = Count("Already imported", found.existing)
    if is_scan:
        return (scanned, Count("Not imported", found.created), existing, unreadable, *deleted)
    new, filled, merged = (
        Count("New", found.created),
        Count("Filled in", found.completed),
        Count("Merged", found.merged),
    )
    return (scanned, new, filled, existing, merged, unreadable, *deleted, *unlisted)


def _summary(found: SyncProgress, *, is_scan: bool) -> str:
    fresh = found.created + found.completed
    return f"{fresh:,} {'not imported' if is_scan else 'new'}, {found.invalid:,} unreadable"


def _line(sync_list: SyncList, run: SyncRun, *, is_next: bool) -> ListLine:
    is_being_read = is_next and run.state == RunState.RUNNING
    if sync_list.phase == ListPhase.WALKING and not (sync_list.pages or run.state == RunState.RUNNING):
        state = "Not read yet"
    elif sync_list.phase != ListPhase.DONE and not run.is_open:
        state = "Incomplete"
    elif sync_list.phase == ListPhase.DONE and not sync_list.is_complete:
        state = "Provider limit reached"
    elif sync_list.phase == ListPhase.DONE and _is_cut_short(sync_list, run):
        state = "Done, older items skipped"
    elif sync_list.phase != ListPhase.DONE and not is_being_read:
        state = "Queued"
    else:
        state = ListPhase(sync_list.phase).label
    total = sync_list.length if run.mode == RunMode.FULL else None
    return ListLine(
        list_name(sync_list.list_key), state, sync_list, total, _percent(sync_list, total, run), is_being_read
    )


def _percent(sync_list: SyncList, total: int | None, run: SyncRun) -> int | None:
    if sync_list.phase != ListPhase.WALKING and not _is_cut_short(sync_list, run):
        return 100
    return sync_list.seen * 100 // total if total else None


def _is_cut_short(sync_list: SyncList, run: SyncRun) -> bool:
    """Whether the run read only the newest items of a longer list."""
    return run.mode == RunMode.INCREMENTAL and sync_list.total is not None and sync_list.seen < sync_list.total


def list_name(list_key: str) -> str:
    """Name a list of the provider, as in "Videos, uploaded"."""
    try:
        part = ListPart.from_key(list_key)
    except ValueError:
        return list_key
    return f"{part.remote_list}, {part.origin}".capitalize() if part.origin else str(part.remote_list).capitalize()
