"""Which list a run reads next, and what a page adds to it: counters, cursor, and what could not be taken in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assets.ingest.batch import Batch, Outcome
from assets.models import ListPhase, RunKind, RunMode, SyncList, SyncProblem, SyncRun
from assets.sync.lookup import compare
from common.json_storage import storable
from common.vocabulary import AssetStatus
from providers.records import InvalidItem, Page, RemoteAsset

PROBLEMS_MAX = 10_000
PAGES_MAX = 200_000
"""Pages that one run reads of a list, 20 million items; what goes on behind them leads in circles."""


def next_list(lists: Sequence[SyncList]) -> SyncList | None:
    """The list to read next, None when all are done.

    The first page of each comes first, then what does not say how long it is: so it is soon known how much there is.
    """
    unfinished = [shelf_row for shelf_row in lists if shelf_row.phase != ListPhase.DONE]
    return min(
        unfinished,
        key=lambda shelf_row: (shelf_row.pages > 0, shelf_row.total is not None, shelf_row.pk),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """What one page adds to its list's counters."""

    created: int
    existing: int
    completed: int
    merged: int
    invalid: int
    deleted: int
    has_unfinished: bool

    @property
    def brings_news(self) -> bool:
        """Whether the page held anything that was not here already, or that is still being made."""
        return bool(self.created or self.completed or self.has_unfinished)


def counted_scan(run: SyncRun, page: Page) -> Counted:
    records = [item for item in page.items if isinstance(item, RemoteAsset)]
    items = compare(run.owner_id, records, provider_id=run.provider_id)
    existing = sum(item.already_imported for item in items)
    deleted = sum(item.is_deleted for item in items)
    return Counted(
        created=len(records) - existing - deleted,
        existing=existing,
        completed=0,
        merged=0,
        invalid=len(page.items) - len(records),
        deleted=deleted,
        has_unfinished=_has_unfinished(page),
    )


def counted_import(page: Page, batch: Batch) -> Counted:
    return Counted(
        created=batch.count(Outcome.CREATED),
        existing=batch.count(Outcome.EXISTING),
        completed=batch.count(Outcome.COMPLETED),
        merged=batch.merged,
        invalid=batch.count(Outcome.INVALID),
        deleted=batch.count(Outcome.DELETED),
        has_unfinished=_has_unfinished(page),
    )


def advance(shelf_row: SyncList, page: Page, counted: Counted, run: SyncRun) -> None:
    """Move the cursor on and add the page to the counters."""
    is_first_look = shelf_row.phase == ListPhase.WALKING
    shelf_row.pages += 1
    shelf_row.total = page.total if page.total is not None else shelf_row.total
    shelf_row.is_complete = shelf_row.is_complete and page.complete
    shelf_row.created += counted.created
    shelf_row.completed += counted.completed
    shelf_row.merged += counted.merged
    if is_first_look:
        # The second look meets what the first has counted; only what is new then is news.
        shelf_row.existing += counted.existing
        shelf_row.invalid += counted.invalid
        shelf_row.deleted += counted.deleted
    shelf_row.seen = (
        shelf_row.created + shelf_row.existing + shelf_row.completed + shelf_row.invalid + shelf_row.deleted
    )
    is_full = run.mode == RunMode.FULL
    is_known_from_here = not counted.brings_news and not (is_full and is_first_look)
    if page.next is not None and shelf_row.pages >= PAGES_MAX:
        shelf_row.is_complete = False
        shelf_row.phase, shelf_row.position = ListPhase.DONE, ""
    elif page.next is not None and not (is_known_from_here and page.items):
        shelf_row.position = page.next
    elif is_first_look and is_full and run.kind == RunKind.IMPORT:
        shelf_row.phase, shelf_row.position = ListPhase.LOOKING_AGAIN, ""
    else:
        shelf_row.phase, shelf_row.position = ListPhase.DONE, ""


def problems_of(run: SyncRun, shelf_row: SyncList, page: Page, batch: Batch) -> list[SyncProblem]:
    """The items of a page that could not be taken in, to be kept; the second look meets them again."""
    if shelf_row.phase != ListPhase.WALKING or shelf_row.invalid >= PROBLEMS_MAX:
        return []
    return [
        SyncProblem(
            owner_id=run.owner_id,
            run=run,
            shelf=shelf_row.shelf,
            provider_asset_id=outcome.provider_asset_id,
            reason=outcome.reason[:300],
            payload=_payload(item),
        )
        for item, outcome in zip(page.items, batch.items, strict=True)
        if outcome.outcome is Outcome.INVALID
    ]


def _has_unfinished(page: Page) -> bool:
    return any(isinstance(item, RemoteAsset) and item.status is AssetStatus.PROCESSING for item in page.items)


def _payload(item: RemoteAsset | InvalidItem) -> Any:
    return storable(item.payload)[0]
