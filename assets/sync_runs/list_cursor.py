"""Choose the list that a run reads next, and add a page to its cursor, counters and problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assets.ingest.results import Batch, Outcome
from assets.models import ListPhase, RunKind, RunMode, SyncList, SyncProblem, SyncRun
from assets.sync.lookup import compare
from common.json_storage import to_jsonb
from common.vocabulary import AssetStatus
from providers.records import InvalidItem, Page, RemoteAsset

PROBLEMS_MAX = 10_000
PAGES_MAX = 200_000
"""Pages that one run reads of a list, 20 million items; a list that is longer repeats itself."""


def next_list(lists: Sequence[SyncList]) -> SyncList | None:
    """Return the list to read next, None when all are done.

    The first page of each list comes first, then lists without a length, so that the total is known early.
    """
    unfinished = [sync_list for sync_list in lists if sync_list.phase != ListPhase.DONE]
    return min(
        unfinished,
        key=lambda sync_list: (sync_list.pages > 0, sync_list.total is not None, sync_list.pk),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """The amounts that one page adds to its list's counters."""

    created: int
    existing: int
    completed: int
    merged: int
    invalid: int
    deleted: int
    has_unfinished: bool

    @property
    def has_news(self) -> bool:
        """Whether the page holds an item that was not in the library, or that is still processing."""
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


def advance(sync_list: SyncList, page: Page, counted: Counted, run: SyncRun) -> None:
    """Move the cursor on and add the page to the counters."""
    is_first_reading = sync_list.phase == ListPhase.WALKING
    sync_list.pages += 1
    sync_list.total = page.total if page.total is not None else sync_list.total
    sync_list.is_complete = sync_list.is_complete and page.complete
    sync_list.created += counted.created
    sync_list.completed += counted.completed
    sync_list.merged += counted.merged
    if is_first_reading:
        # The second reading finds what the first has counted; only new items are added.
        sync_list.existing += counted.existing
        sync_list.invalid += counted.invalid
        sync_list.deleted += counted.deleted
    sync_list.seen = (
        sync_list.created + sync_list.existing + sync_list.completed + sync_list.invalid + sync_list.deleted
    )
    is_full = run.mode == RunMode.FULL
    is_known_from_here = not counted.has_news and not (is_full and is_first_reading)
    if page.next is not None and sync_list.pages >= PAGES_MAX:
        sync_list.is_complete = False
        sync_list.phase, sync_list.position = ListPhase.DONE, ""
    elif page.next is not None and not (is_known_from_here and page.items):
        sync_list.position = page.next
    elif is_first_reading and is_full and run.kind == RunKind.IMPORT:
        sync_list.phase, sync_list.position = ListPhase.LOOKING_AGAIN, ""
    else:
        sync_list.phase, sync_list.position = ListPhase.DONE, ""


def problems_of(run: SyncRun, sync_list: SyncList, page: Page, batch: Batch) -> list[SyncProblem]:
    """Build the problems of a page's unreadable items, not yet saved; the second reading adds none."""
    if sync_list.phase != ListPhase.WALKING or sync_list.invalid >= PROBLEMS_MAX:
        return []
    return [
        SyncProblem(
            owner_id=run.owner_id,
            run=run,
            list_key=sync_list.list_key,
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
    return to_jsonb(item.payload)[0]
