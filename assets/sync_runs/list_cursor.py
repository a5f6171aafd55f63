"""Choose the list that a run reads next, and add a page to its cursor, counters and problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from assets.ingest.results import Ingested, Outcome
from assets.models import ListPhase, RunKind, RunMode, SyncList, SyncProblem, SyncRun
from assets.sync.listing import ListedPage, item_key
from assets.sync.lookup import ScannedItem, compare
from common.json_storage import to_jsonb
from common.vocabulary import AssetStatus
from providers.records import InvalidItem, Page, RemoteAsset

PROBLEMS_MAX = 10_000
COUNTER_OF = {
    Outcome.CREATED: "created",
    Outcome.EXISTING: "existing",
    Outcome.COMPLETED: "completed",
    Outcome.INVALID: "invalid",
    Outcome.DELETED: "deleted",
}
"""The counter of a list that counts each outcome."""
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


def outcomes_of_scan(run: SyncRun, page: Page) -> list[Ingested]:
    """Return the outcome that an import would have for each item of a page; writes nothing."""
    records = [item for item in page.items if isinstance(item, RemoteAsset)]
    compared = iter(compare(run.owner_id, records, provider_id=run.provider_id))
    return [
        _outcome_of_scan(next(compared))
        if isinstance(item, RemoteAsset)
        else Ingested(Outcome.INVALID, item.provider_asset_id, reason=item.reason)
        for item in page.items
    ]


def _outcome_of_scan(item: ScannedItem) -> Ingested:
    absent = Outcome.DELETED if item.is_deleted else Outcome.CREATED
    outcome = Outcome.EXISTING if item.already_imported else absent
    return Ingested(outcome, item.provider_asset_id, item.asset_id)


def advance(sync_list: SyncList, page: Page, listed: ListedPage, run: SyncRun, *, merged: int = 0) -> None:
    """Move the cursor on and add the page to the counters, as if the run had read none of its items before.

    Lists shift while they are read, and a full import reads the newest pages twice: `checkpoint.keep` subtracts the
    items that were counted before.
    """
    is_first_reading = sync_list.phase == ListPhase.WALKING
    added = Counter(COUNTER_OF[item.outcome] for item in listed.outcomes)
    sync_list.pages += 1
    sync_list.total = page.total if page.total is not None else sync_list.total
    sync_list.is_complete = sync_list.is_complete and page.complete
    sync_list.merged += merged
    for name, count in added.items():
        setattr(sync_list, name, getattr(sync_list, name) + count)
    sync_list.seen += added.total()
    is_full = run.mode == RunMode.FULL
    has_news = bool(added["created"] or added["completed"]) or _has_unfinished(page)
    is_known_from_here = not has_news and not (is_full and is_first_reading)
    if page.next is not None and sync_list.pages >= PAGES_MAX:
        sync_list.is_complete = False
        sync_list.phase, sync_list.position = ListPhase.DONE, ""
    elif page.next is not None and not (is_known_from_here and page.items):
        sync_list.position = page.next
    elif is_first_reading and is_full and run.kind == RunKind.IMPORT:
        sync_list.phase, sync_list.position = ListPhase.LOOKING_AGAIN, ""
    else:
        sync_list.phase, sync_list.position = ListPhase.DONE, ""


def problems_of(run: SyncRun, sync_list: SyncList, page: Page, outcomes: Sequence[Ingested]) -> list[SyncProblem]:
    """Build the problems of a page's unreadable items, not yet saved; an item that the page repeats has one."""
    if sync_list.invalid >= PROBLEMS_MAX:
        return []
    found: dict[str, SyncProblem] = {}
    for item, outcome in zip(page.items, outcomes, strict=True):
        if outcome.outcome is Outcome.INVALID:
            key = item_key(outcome.provider_asset_id, item.payload)
            found.setdefault(key, _problem(run, sync_list, item, outcome))
    return list(found.values())


def _problem(run: SyncRun, sync_list: SyncList, item: RemoteAsset | InvalidItem, outcome: Ingested) -> SyncProblem:
    return SyncProblem(
        owner_id=run.owner_id,
        run=run,
        list_key=sync_list.list_key,
        provider_asset_id=outcome.provider_asset_id,
        reason=outcome.reason[:300],
        payload=_payload(item),
    )


def _has_unfinished(page: Page) -> bool:
    return any(isinstance(item, RemoteAsset) and item.status is AssetStatus.PROCESSING for item in page.items)


def _payload(item: RemoteAsset | InvalidItem) -> Any:
    return to_jsonb(item.payload)[0]
