"""Find the remote items that the library holds already; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from assets.models import Reference, Tombstone
from common.vocabulary import MediaType, NameKind
from providers.records import Name, RemoteAsset


@dataclass(frozen=True, slots=True)
class ScannedItem:
    """One remote item, and its asset in the library. A stub has an `asset_id`, but is not `already_imported`.

    `is_deleted` is true when the owner deleted the asset, so that imports skip it.
    """

    provider_asset_id: str
    already_imported: bool
    asset_id: int | None
    payload: Any
    is_deleted: bool = False


def compare(owner_id: int, records: Sequence[RemoteAsset], *, provider_id: str) -> tuple[ScannedItem, ...]:
    """Look every item up by its own names, in two statements of a transaction that cannot write.

    Returns:
        One answer per record, in order.
    """
    names = [name for record in records for name in record.names]
    with transaction.atomic():
        _forbid_writing()
        known, deleted = _known(owner_id, provider_id, names), _deleted(owner_id, provider_id, names)
    return tuple(_scanned(record, known, deleted) for record in records)


def _known(owner_id: int, provider_id: str, names: Sequence[Name]) -> dict[Name, tuple[int, bool]]:
    """Return name → (asset id, whether it is a stub); indirect names of complete assets are left out."""
    rows = Reference.objects.with_names(owner_id, provider_id, names).values_list(
        "kind", "value", "asset_id", "asset__is_stub", "is_indirect"
    )
    return {
        Name(NameKind(kind), value): (asset_id, is_stub)
        for kind, value, asset_id, is_stub, is_indirect in rows
        if is_stub or not is_indirect
    }


def _deleted(owner_id: int, provider_id: str, names: Sequence[Name]) -> set[tuple[Name, MediaType]]:
    """Return the names, with their media type, of assets that the owner deleted."""
    values = list({name.value for name in names})
    rows = Tombstone.objects.filter(owner_id=owner_id, provider_id=provider_id, value__in=values)
    return {
        (Name(NameKind(kind), value), MediaType(media_type))
        for kind, value, media_type in rows.values_list("kind", "value", "media_type")
    }


def _forbid_writing() -> None:
    # PostgreSQL refuses to change the mode once a transaction has run its first statement, as an outer one has.
    if len(connection.savepoint_ids) == 0:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")


def _scanned(
    record: RemoteAsset, known: dict[Name, tuple[int, bool]], deleted: set[tuple[Name, MediaType]]
) -> ScannedItem:
    found = [known[name] for name in record.names if name in known]
    # As in an import, a complete asset comes before a stub.
    asset_id, is_stub = next(iter(sorted(found, key=lambda match: match[1])), (None, False))
    is_here = asset_id is not None and not is_stub
    is_deleted = not is_here and any((name, record.media_type) in deleted for name in record.names)
    return ScannedItem(record.provider_asset_id, is_here, asset_id, record.payload, is_deleted)
