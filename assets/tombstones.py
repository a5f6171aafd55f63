"""Find and remove the tombstones of deleted assets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef

from assets.models import Asset, Reference, Tombstone
from common.vocabulary import id_kind
from providers.records import Name, RemoteAsset


def is_deleted_name(name: Name, deleted_id: str, record: RemoteAsset) -> bool:
    """Return True when a name of a deleted asset means this record.

    Args:
        name: a name of the record that a tombstone has.
        deleted_id: the ID that the deleted asset had at the provider, "" when it had none.
        record: a record with this name, of the deleted asset's media type.
    """
    return deleted_id in ("", record.provider_asset_id) or name == Name(
        id_kind(record.media_type), record.provider_asset_id
    )


def find_tombstones(owner_id: int, records: Sequence[RemoteAsset], *, provider_id: str) -> dict[str, list[Tombstone]]:
    """Return the tombstones of each record, by the record's id at the provider; one statement.

    A record without tombstones is left out.
    """
    values = list({name.value for record in records for name in record.names})
    rows = Tombstone.objects.filter(owner_id=owner_id, provider_id=provider_id, value__in=values)
    by_name: dict[tuple[str, str, str], Tombstone] = {(row.kind, row.value, row.media_type): row for row in rows}
    found: dict[str, list[Tombstone]] = {}
    for record in records:
        named = [(name, by_name.get((name.kind, name.value, record.media_type))) for name in record.names]
        if of_record := [row for name, row in named if row and is_deleted_name(name, row.provider_asset_id, record)]:
            found[record.provider_asset_id] = of_record
    return found


def deleted_id(asset: Asset) -> str:
    """Return the id that a deleted asset had at its provider; "" when no tombstone holds it."""
    names = Reference.objects.filter(asset=asset, kind=OuterRef("kind"), value=OuterRef("value"))
    known = Tombstone.objects.filter(
        Exists(names), owner_id=asset.owner_id, provider_id=asset.provider_id, media_type=asset.media_type
    )
    newest = known.exclude(provider_asset_id="").order_by("-deleted_at", "-pk")
    return newest.values_list("provider_asset_id", flat=True).first() or ""


def allow_reimport(tombstones: Iterable[Tombstone]) -> int:
    """Delete these tombstones and the others of the same assets, so that imports restore the assets.

    Returns:
        The number of deleted tombstones.
    """
    deleted_count = 0
    for tombstone in tombstones:
        names = Tombstone.objects.filter(owner_id=tombstone.owner_id, provider_id=tombstone.provider_id)
        if tombstone.provider_asset_id:
            names = names.filter(provider_asset_id=tombstone.provider_asset_id, media_type=tombstone.media_type)
        else:
            names = names.filter(pk=tombstone.pk)
        deleted_count += names.delete()[0]
    return deleted_count
