"""Delete assets so that later imports skip them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from assets.ingest.batch import delete_unused_stubs, lock_library
from assets.models import Asset, AssetMerge, Reference
from common.vocabulary import AssetStatus, OperationType, Origin

# Only the asset's own names: an indirect name may belong to another item.
_INSERT_TOMBSTONES = """
INSERT INTO assets_tombstone (owner_id, provider_id, kind, value, media_type, provider_asset_id, deleted_at)
SELECT r.owner_id, r.provider_id, r.kind, r.value, a.media_type, a.provider_asset_id, %s
FROM assets_asset a JOIN assets_reference r ON r.asset_id = a.id AND NOT r.is_indirect
WHERE a.id = ANY(%s) AND NOT a.is_stub
ON CONFLICT (owner_id, provider_id, kind, value, media_type)
DO UPDATE SET deleted_at = EXCLUDED.deleted_at, provider_asset_id = EXCLUDED.provider_asset_id
"""

# The database deletes names, merges and edges with it.
_DELETE = "DELETE FROM assets_asset WHERE id = ANY(%s)"

_STUB_COLUMNS: dict[str, Any] = {
    "is_stub": True,
    "account": None,
    "provider_asset_id": "",
    "status": AssetStatus.UNKNOWN,
    "origin": Origin.GENERATED,
    "operation_type": OperationType.UNKNOWN,
    "own_title": "",
    "title": "",
    "prompt": "",
    "model_name": "",
    "remote_url": "",
    "thumbnail_url": "",
    "last_frame_url": "",
    "width": None,
    "height": None,
    "duration_seconds": None,
    "provider_created_at": None,
    "not_listed_since": None,
    "media_metadata": {},
}


@dataclass(frozen=True, slots=True)
class DeletionReport:
    """Result of a deletion.

    `stub_ids` are parents of remaining assets; they are kept as stubs with nothing but their names.
    """

    deleted_ids: tuple[int, ...]
    stub_ids: tuple[int, ...]
    not_found_ids: tuple[int, ...]


def delete(owner_id: int, asset_ids: Sequence[int], *, now: datetime) -> DeletionReport:
    """Delete assets and store tombstones of their names, so that imports skip them. Does not contact the provider.

    An ancestor of a remaining asset becomes a stub, so that lineage stays connected: its payload, prompt and URLs are
    cleared, its names become indirect, its edges are kept, and `deleted_at` is set. One transaction; a fixed number
    of statements for any size.

    Args:
        owner_id: whose assets; ids of others are not found.
        asset_ids: ids of the assets.
        now: the time stored on tombstones and stubs.

    Source: domain.md §2; provider contract, 6 (6).
    """
    with transaction.atomic():
        lock_library(owner_id)
        children = children_of(owner_id, asset_ids)
        kept = ancestors_of_remaining(children)
        gone = [asset_id for asset_id in children if asset_id not in kept]
        _write_tombstones(list(children), now)
        _strip_to_stubs(sorted(kept), now)
        orphaned = _stub_parents(gone)
        _execute(_DELETE, gone)
        _delete_unused_stubs(owner_id, orphaned)
    return DeletionReport(
        deleted_ids=tuple(gone),
        stub_ids=tuple(sorted(kept)),
        not_found_ids=tuple(asset_id for asset_id in dict.fromkeys(asset_ids) if asset_id not in children),
    )


def children_of(owner_id: int, asset_ids: Sequence[int]) -> dict[int, set[int]]:
    """Return existing asset id → ids of its children."""
    found: dict[int, set[int]] = {}
    rows = Asset.objects.filter(owner_id=owner_id, pk__in=asset_ids).order_by("pk")
    for asset_id, child_id in rows.values_list("pk", "child_edges__child_id"):
        children = found.setdefault(asset_id, set())
        if child_id is not None:
            children.add(child_id)
    return found


def ancestors_of_remaining(children: Mapping[int, set[int]]) -> set[int]:
    """Return the assets to delete that a remaining asset descends from, directly or through others of them."""
    parents: dict[int, list[int]] = {}
    for parent, its_children in children.items():
        for child in its_children:
            parents.setdefault(child, []).append(parent)
    kept: set[int] = set()
    waiting = [child for child in parents if child not in children]
    while waiting:
        for parent in parents.get(waiting.pop(), []):
            if parent not in kept:
                kept.add(parent)
                waiting.append(parent)
    return kept


def _write_tombstones(asset_ids: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_TOMBSTONES, [now, asset_ids])


def _strip_to_stubs(asset_ids: list[int], now: datetime) -> None:
    Asset.objects.filter(pk__in=asset_ids, is_stub=False).update(**_STUB_COLUMNS, deleted_at=now, updated_at=now)
    Reference.objects.filter(asset_id__in=asset_ids).update(is_indirect=True)
    AssetMerge.objects.filter(survivor_id__in=asset_ids).delete()


def _stub_parents(asset_ids: list[int]) -> list[int]:
    stubs = Asset.objects.filter(child_edges__child_id__in=asset_ids, is_stub=True)
    return list(stubs.order_by("pk").values_list("pk", flat=True).distinct())


def _delete_unused_stubs(owner_id: int, stub_ids: list[int]) -> None:
    """Delete stubs without children, then their parents that are stubs and have no children left."""
    while stub_ids:
        above = _stub_parents(stub_ids)
        delete_unused_stubs(owner_id, stub_ids)
        stub_ids = above


def _execute(statement: str, asset_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [asset_ids])
