"""Which remote items the library holds already; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from assets.models import Reference
from providers.records import Name, RemoteAsset
from providers.vocabulary import NameKind


@dataclass(frozen=True, slots=True)
class ScannedItem:
    """One remote item and whether it is in the library already; a stub is not, but has an `asset_id`."""

    provider_asset_id: str
    already_imported: bool
    asset_id: int | None
    payload: Any


def compare(owner_id: int, records: Sequence[RemoteAsset], *, provider_id: str) -> tuple[ScannedItem, ...]:
    """Look every item up by its own names, in one statement of a transaction that cannot write.

    Returns:
        One answer per record, in order.
    """
    known = _known(owner_id, provider_id, [name for record in records for name in record.names])
    return tuple(_scanned(record, known) for record in records)


def _known(owner_id: int, provider_id: str, names: Sequence[Name]) -> dict[Name, tuple[int, bool]]:
    """Which names stand for which asset, and whether that is only a stub; hearsay says nothing of complete assets."""
    with transaction.atomic():
        _forbid_writing()
        rows = Reference.objects.known(owner_id, provider_id, names).values_list(
            "kind", "value", "asset_id", "asset__is_stub", "is_hearsay"
        )
        return {
            Name(NameKind(kind), value): (asset_id, is_stub)
            for kind, value, asset_id, is_stub, is_hearsay in rows
            if is_stub or not is_hearsay
        }


def _forbid_writing() -> None:
    # PostgreSQL refuses to change the mode once a transaction has run its first statement, as an outer one has.
    if len(connection.savepoint_ids) == 0:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")


def _scanned(record: RemoteAsset, known: dict[Name, tuple[int, bool]]) -> ScannedItem:
    found = [known[name] for name in record.names if name in known]
    # As an import would: a complete asset is meant before a stub is.
    asset_id, is_stub = next(iter(sorted(found, key=lambda match: match[1])), (None, False))
    return ScannedItem(record.provider_asset_id, asset_id is not None and not is_stub, asset_id, record.payload)
