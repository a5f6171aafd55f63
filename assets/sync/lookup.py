"""Find the remote items that the library holds already; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from assets.models import Reference
from assets.tombstones import find_tombstones
from common.vocabulary import NameKind
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
        known, tombstones = (
            _known(owner_id, provider_id, names),
            find_tombstones(owner_id, records, provider_id=provider_id),
        )
    return tuple(_scanned(record, known, is_deleted=record.provider_asset_id in tombstones) for record in records)


@dataclass(frozen=True, slots=True)
class _Known:
    asset_id: int
    is_stub: bool
    provider_asset_id: str


def _known(owner_id: int, provider_id: str, names: Sequence[Name]) -> dict[Name, _Known]:
    """Return the assets that the names identify; indirect names of complete assets are left out."""
    rows = Reference.objects.with_names(owner_id, provider_id, names).exclude(asset=None)
    found = rows.values_list("kind", "value", "is_indirect", "asset_id", "asset__is_stub", "asset__provider_asset_id")
    return {
        Name(NameKind(kind), value): _Known(asset_id, is_stub, native_id)
        for kind, value, is_indirect, asset_id, is_stub, native_id in found
        if is_stub or not is_indirect
    }


def _forbid_writing() -> None:
    # PostgreSQL refuses to change the mode once a transaction has run its first statement, as an outer one has.
    if len(connection.savepoint_ids) == 0:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")


def _scanned(record: RemoteAsset, known: dict[Name, _Known], *, is_deleted: bool) -> ScannedItem:
    found = [known[name] for name in record.names if name in known]
    # As in an import: an asset with another ID is another asset, whichever file name it has.
    own = next((match for match in found if match.provider_asset_id == record.provider_asset_id), None)
    stub = next((match for match in found if match.is_stub), None)
    is_here = own is not None and not own.is_stub
    match = own or stub
    return ScannedItem(
        record.provider_asset_id, is_here, match.asset_id if match else None, record.payload, is_deleted and not is_here
    )
