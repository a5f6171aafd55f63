"""Mark assets that the provider no longer lists; they are never deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from assets.ingest.batch import lock_library
from assets.ingest.results import Batch, Outcome
from assets.models import Asset, RunKind, RunMode, SyncRun, SyncSeen
from assets.sync.listing import forget_unlisted
from common.vocabulary import MediaType, Origin
from providers.base import MEDIA_OF_LIST, ListPart

# Assets written since the run began may have been imported or merged by something else; the next run decides on them.
_MARK = """
UPDATE assets_asset a SET not_listed_since = %s
FROM unnest(%s::text[], %s::text[]) AS list(media_type, origin)
WHERE a.owner_id = %s AND a.account_id = %s AND NOT a.is_stub AND a.not_listed_since IS NULL AND a.updated_at < %s
AND a.media_type = list.media_type AND a.origin = list.origin
AND NOT EXISTS (SELECT FROM assets_syncseen s WHERE s.run_id = %s AND s.asset_id = a.id)
AND NOT EXISTS (SELECT FROM assets_assetmerge m WHERE m.survivor_id = a.id AND m.merged_at >= %s)
"""


def can_detect_unlisted(run: SyncRun) -> bool:
    """Tell whether assets that the run does not see are unlisted: true for full imports, which see every item."""
    return run.kind == RunKind.IMPORT and run.mode == RunMode.FULL


def discard_earlier_seen(run: SyncRun) -> None:
    """Delete the seen assets of the account's earlier runs, which no longer tell what is unlisted."""
    SyncSeen.objects.filter(run__account_id=run.account_id).exclude(run=run).delete()


@dataclass(frozen=True, slots=True)
class Listed:
    """Assets that a page of a run shows to be listed, and the ids of its unreadable items.

    `is_counted` is true when the run stores them as seen, so that the rest can be marked at its end.
    """

    asset_ids: list[int]
    unread_ids: list[str]
    is_counted: bool


def listed_by(run: SyncRun, batch: Batch) -> Listed:
    """Return what a page shows to be listed; only assets that existed before, unless the run detects unlisted ones."""
    if not can_detect_unlisted(run):
        return Listed(_known(batch), [], is_counted=False)
    listed = [item.asset_id for item in batch.items if item.asset_id is not None]
    unread = [
        item.provider_asset_id
        for item in batch.items
        if item.outcome is Outcome.INVALID and item.provider_asset_id and "\x00" not in item.provider_asset_id
    ]
    return Listed(listed, unread, is_counted=True)


def clear_unlisted(batch: Batch) -> None:
    """Clear `not_listed_since` of assets that a provider has just listed."""
    if known := _known(batch):
        Asset.objects.filter(pk__in=known, not_listed_since__isnull=False).update(not_listed_since=None)


def mark_unlisted(run: SyncRun, *, now: datetime) -> int:
    """Mark the assets that a full import did not see, and delete its seen rows; the caller holds the run.

    Nothing is marked when a list was not read to its end, or when a newer run of the account has begun, since absence
    proves nothing then.

    Args:
        run: a run that has reached the end of its lists.
        now: the value for `not_listed_since`.

    Returns:
        The number of marked assets.

    Source: domain.md §3; provider contract, 1 (5): absence is reported, deletion is never inferred from it.
    """
    marked = 0
    if can_detect_unlisted(run) and _is_whole(run) and not _is_overtaken(run):
        # As every writer of the library does: row locks taken in different orders could deadlock.
        lock_library(run.owner_id)
        marked = _mark(run, now)
    SyncSeen.objects.filter(run=run).delete()
    return marked


def forget_unlisted_items(run: SyncRun) -> None:
    """Delete the items that a full run did not read, of each media type whose lists it has read to their end.

    Scans do so, too: the items are what was read, not what is in the library.
    """
    if run.mode != RunMode.FULL or run.account_id is None or _is_overtaken(run):
        return
    is_whole: dict[MediaType, bool] = {}
    for key, is_complete in run.lists.values_list("list_key", "is_complete"):
        media_type = MEDIA_OF_LIST[ListPart.from_key(key).remote_list]
        is_whole[media_type] = is_whole.get(media_type, True) and is_complete
    media_types = [media_type for media_type, whole in is_whole.items() if whole]
    forget_unlisted(run.account_id, media_types=media_types, run_id=run.pk)


def _known(batch: Batch) -> list[int]:
    return [item.asset_id for item in batch.items if item.outcome is Outcome.EXISTING and item.asset_id]


def _is_whole(run: SyncRun) -> bool:
    return all(run.lists.values_list("is_complete", flat=True))


def _is_overtaken(run: SyncRun) -> bool:
    return SyncRun.objects.filter(account_id=run.account_id, pk__gt=run.pk).exists()


def _mark(run: SyncRun, now: datetime) -> int:
    lists = [_kinds(ListPart.from_key(key)) for key in run.lists.values_list("list_key", flat=True)]
    kinds = sorted({kind for part in lists for kind in part})
    media_types, origins = [kind[0] for kind in kinds], [kind[1] for kind in kinds]
    began_at = run.created_at
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [now, media_types, origins, run.owner_id, run.account_id, began_at, run.pk, began_at])
        return int(cursor.rowcount)


def _kinds(part: ListPart) -> list[tuple[str, str]]:
    """Return the media types and origins of a list's items."""
    origins = [part.origin] if part.origin else list(Origin)
    return [(str(MEDIA_OF_LIST[part.remote_list]), str(origin)) for origin in origins]
