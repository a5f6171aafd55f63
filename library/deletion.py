"""Delete assets here, so that no later import brings them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from assets.ingest.batch import delete_unused_stubs, lock_library
from assets.models import Asset, AssetMerge, Reference
from common.vocabulary import AssetStatus, OperationType, Origin

# Only what the asset called itself: a name that children gave it says nothing certain of the item.
_REMEMBER = """
INSERT INTO assets_tombstone (owner_id, provider_id, kind, value, media_type, provider_asset_id, deleted_at)
SELECT r.owner_id, r.provider_id, r.kind, r.value, a.media_type, a.provider_asset_id, %s
FROM assets_asset a JOIN assets_reference r ON r.asset_id = a.id AND NOT r.is_indirect
WHERE a.id = ANY(%s) AND NOT a.is_stub
ON CONFLICT (owner_id, provider_id, kind, value, media_type)
DO UPDATE SET deleted_at = EXCLUDED.deleted_at, provider_asset_id = EXCLUDED.provider_asset_id
"""

# Names, merges and edges go with it: the database cascades.
_DELETE = "DELETE FROM assets_asset WHERE id = ANY(%s)"

_NOTHING: dict[str, Any] = {
    "is_stub": True,
    "account": None,
    "provider_asset_id": "",
    "status": AssetStatus.UNKNOWN,
    "origin": Origin.GENERATED,
    "operation_type": OperationType.UNKNOWN,
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
    """What became of the assets that were to be deleted.

    `stub_ids` are those that others name as a parent: they stay as stubs, bare of everything but their names.
    """

    deleted_ids: tuple[int, ...]
    stub_ids: tuple[int, ...]
    not_found_ids: tuple[int, ...]


def delete(owner_id: int, asset_ids: Sequence[int], *, now: datetime) -> DeletionReport:
    """Delete assets here and remember their names, so that imports leave them out; nothing happens at the provider.

    An asset that is the parent of one that stays becomes a stub, so that no family tree breaks: its payload, words and
    addresses go, its names are kept as what its children call it, its edges stay, and `deleted_at` says when. One
    transaction; a fixed number of statements, whatever the size.

    Args:
        owner_id: whose assets; ids of others are not found.
        asset_ids: which assets.
        now: the time the tombstones carry.

    Source: domain.md §2; provider contract, 6 (6).
    """
    with transaction.atomic():
        lock_library(owner_id)
        children = children_of(owner_id, asset_ids)
        kept = ancestors_of_remaining(children)
        gone = [asset_id for asset_id in children if asset_id not in kept]
        _remember(list(children), now)
        _bare(sorted(kept), now)
        orphaned = _stub_parents(gone)
        _execute(_DELETE, gone)
        _forget(owner_id, orphaned)
    return DeletionReport(
        deleted_ids=tuple(gone),
        stub_ids=tuple(sorted(kept)),
        not_found_ids=tuple(asset_id for asset_id in dict.fromkeys(asset_ids) if asset_id not in children),
    )


def children_of(owner_id: int, asset_ids: Sequence[int]) -> dict[int, set[int]]:
    """The assets there are among these, each with the assets made from it."""
    found: dict[int, set[int]] = {}
    rows = Asset.objects.filter(owner_id=owner_id, pk__in=asset_ids).order_by("pk")
    for asset_id, child_id in rows.values_list("pk", "child_edges__child_id"):
        children = found.setdefault(asset_id, set())
        if child_id is not None:
            children.add(child_id)
    return found


def ancestors_of_remaining(children: Mapping[int, set[int]]) -> set[int]:
    """Those of the assets to be deleted that a staying one descends from, whether at once or through others of them."""
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


def _remember(asset_ids: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [now, asset_ids])


def _bare(asset_ids: list[int], now: datetime) -> None:
    Asset.objects.filter(pk__in=asset_ids, is_stub=False).update(**_NOTHING, deleted_at=now, updated_at=now)
    Reference.objects.filter(asset_id__in=asset_ids).update(is_indirect=True)
    AssetMerge.objects.filter(survivor_id__in=asset_ids).delete()


def _stub_parents(asset_ids: list[int]) -> list[int]:
    stubs = Asset.objects.filter(child_edges__child_id__in=asset_ids, is_stub=True)
    return list(stubs.order_by("pk").values_list("pk", flat=True).distinct())


def _forget(owner_id: int, stub_ids: list[int]) -> None:
    """Remove stubs that nothing is made from any more, and those above them, if that leaves them so."""
    while stub_ids:
        above = _stub_parents(stub_ids)
        delete_unused_stubs(owner_id, stub_ids)
        stub_ids = above


def _execute(statement: str, asset_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [asset_ids])
