"""Cut records and parents to what the database columns can hold."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from common.json_storage import is_storable, to_jsonb
from providers.records import InvalidItem, Name, ParentRef, RemoteAsset

NAME_BYTES_MAX = 2_000  # The unique index of tombstones is a b-tree, whose rows hold at most 2,704 bytes.
ID_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class FittedAsset:
    """A record as the columns can hold it, with its payload as JSON text."""

    record: RemoteAsset
    payload_text: str


def fit(record: RemoteAsset | InvalidItem) -> FittedAsset | InvalidItem:
    """Fit one record; a record that cannot be stored becomes an InvalidItem with the reason."""
    if isinstance(record, InvalidItem):
        return record
    if not record.provider_asset_id or len(record.provider_asset_id) > ID_LENGTH_MAX:
        return InvalidItem(record.provider_asset_id[:ID_LENGTH_MAX], "Its ID cannot be used.", record.payload)
    try:
        return fit_asset(record)
    except RecursionError:
        return InvalidItem(record.provider_asset_id, "Its payload is nested too deeply to be stored.", None)


def fit_asset(record: RemoteAsset) -> FittedAsset:
    """Fit a record that has a usable ID.

    Raises:
        RecursionError: the payload is nested too deeply.
    """
    payload, payload_text = to_jsonb(record.payload)
    names = _fit_names(record.names)
    if payload is record.payload and names is record.names:
        return FittedAsset(record, payload_text)
    kept = {field.name: getattr(record, field.name) for field in fields(RemoteAsset)}
    return FittedAsset(RemoteAsset(**{**kept, "payload": payload, "names": names}), payload_text)


def fit_parent(parent: ParentRef) -> ParentRef:
    """Return the parent without the names that cannot be stored."""
    names = _fit_names(parent.names)
    return parent if names is parent.names else replace(parent, names=names)


def _fit_names(names: tuple[Name, ...]) -> tuple[Name, ...]:
    fitting = tuple([name for name in names if _fits(name.value)])
    return names if len(fitting) == len(names) else fitting


def _fits(value: str) -> bool:
    if not value or not is_storable(value):
        return False
    return len(value) <= NAME_BYTES_MAX // 4 or len(value.encode()) <= NAME_BYTES_MAX
