"""Reading and writing a whole ingest batch, each in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from assets.naming import Entry, Ledger
from assets.payloads import read, storable
from providers.records import Name, RemoteAsset
from providers.vocabulary import AssetStatus, MediaType, NameKind, OperationType, Origin

# One row per known name, by the unique index on (owner, provider, kind, value). LATERAL with OFFSET keeps the planner
# to one look into the index for each name, whatever it believes of the table.
_KNOWN_NAMES = """
SELECT known.* FROM unnest(%s::text[], %s::text[]) AS wanted(kind, value), LATERAL (
  SELECT r.id, r.kind, r.value, r.is_hearsay, a.id AS asset_id, a.media_type, a.is_stub, a.provider_asset_id,
    a.remote_url
  FROM assets_reference r JOIN assets_asset a ON a.id = r.asset_id
  WHERE r.owner_id = %s AND r.provider_id = %s AND r.kind = wanted.kind AND r.value = wanted.value OFFSET 0
) AS known
"""

# The names that were deleted here, of those wanted; shaped as the rows of _KNOWN_NAMES, without an asset.
_DELETED_NAMES = """
UNION ALL
SELECT NULL, gone.kind, gone.value, false, NULL, gone.media_type, false, '', ''
FROM unnest(%s::text[], %s::text[]) AS wanted(kind, value), LATERAL (
  SELECT t.kind, t.value, t.media_type FROM assets_tombstone t
  WHERE t.owner_id = %s AND t.provider_id = %s AND t.kind = wanted.kind AND t.value = wanted.value OFFSET 0
) AS gone
"""

_NEXT_IDS = "SELECT nextval(pg_get_serial_sequence('assets_asset', 'id')) FROM generate_series(1, %s)"

_PAYLOADS = "SELECT id, media_metadata::text FROM assets_asset WHERE id = ANY(%s)"

_DERIVED = (
    "provider_asset_id", "status", "origin", "is_stub", "operation_type", "title", "prompt", "model_name",
    "remote_url", "thumbnail_url", "last_frame_url", "width", "height", "duration_seconds", "provider_created_at",
    "media_metadata",
)  # fmt: skip

_COPY_ASSETS = f"""
COPY assets_asset (id, owner_id, provider_id, account_id, media_type, {", ".join(_DERIVED)}, created_at, updated_at)
FROM STDIN
"""

_COPY_REFERENCES = """
COPY assets_reference (owner_id, provider_id, asset_id, kind, value, is_hearsay, created_at) FROM STDIN
"""

_TEXTS = ("title", "prompt", "model_name", "remote_url", "thumbnail_url", "last_frame_url")
_VALUES = ("width", "height", "duration_seconds", "provider_created_at")

# A blank never replaces a value of a complete asset; a stub's guesses, and the columns of another id's payload, give
# way whole.
_UPDATE_ASSETS = f"""
UPDATE assets_asset a SET
  provider_asset_id = n.provider_asset_id, status = n.status, origin = n.origin, is_stub = false,
  operation_type = n.operation_type, media_metadata = n.media_metadata,
  {", ".join(f"{c} = CASE WHEN a.is_stub OR n.is_whole OR n.{c} <> '' THEN n.{c} ELSE a.{c} END" for c in _TEXTS)},
  {", ".join(f"{c} = CASE WHEN a.is_stub OR n.is_whole THEN n.{c} ELSE coalesce(n.{c}, a.{c}) END" for c in _VALUES)},
  account_id = coalesce(a.account_id, %s), updated_at = %s
FROM unnest(
  %s::bigint[], %s::boolean[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::text[], %s::text[], %s::text[],
  %s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::float8[], %s::timestamptz[], %s::jsonb[]
) AS n(id, is_whole, {", ".join(_DERIVED)})
WHERE a.id = n.id
"""

_UPDATE_STUBS = """
UPDATE assets_asset a SET remote_url = n.url, thumbnail_url = CASE WHEN a.media_type = 'image' THEN n.url ELSE '' END
FROM unnest(%s::bigint[], %s::text[]) AS n(id, url) WHERE a.id = n.id AND a.is_stub
"""

_MOVE_REFERENCES = """
UPDATE assets_reference r SET asset_id = n.asset_id, is_hearsay = n.is_hearsay
FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[]) AS n(id, asset_id, is_hearsay) WHERE r.id = n.id
"""

_KEEP_SET_ASIDE = """
INSERT INTO assets_assetmerge AS kept
  (owner_id, survivor_id, absorbed_provider_asset_id, absorbed_payload, merged_at)
SELECT DISTINCT ON (n.survivor_id, n.provider_asset_id) %s, n.survivor_id, n.provider_asset_id, n.payload, %s
FROM unnest(%s::bigint[], %s::text[], %s::jsonb[]) AS n(survivor_id, provider_asset_id, payload)
ON CONFLICT (survivor_id, absorbed_provider_asset_id) DO UPDATE
SET absorbed_payload = kept.absorbed_payload || coalesce((
  SELECT jsonb_object_agg(key, value) FROM jsonb_each(EXCLUDED.absorbed_payload)
  WHERE value NOT IN ('null', '""', '[]', '{}', '0')), '{}')
WHERE jsonb_typeof(EXCLUDED.absorbed_payload) = 'object' AND kept.absorbed_payload <> EXCLUDED.absorbed_payload
"""

_DELETE_EMPTIED = """
DELETE FROM assets_asset a WHERE a.id = ANY(%s) AND a.is_stub
AND NOT EXISTS (SELECT FROM assets_reference r WHERE r.asset_id = a.id)
"""


def load(owner_id: int, provider_id: str, names: Iterable[Name], *, with_deleted: bool) -> Ledger:
    """Everything the database knows of these names, in one statement; what was deleted here only when asked for."""
    wanted = list(dict.fromkeys(names))
    ledger = Ledger()
    kinds, values = [str(name.kind) for name in wanted], [name.value for name in wanted]
    entries: dict[int, Entry] = {}
    asked: list[Any] = [kinds, values, owner_id, provider_id]
    with connection.cursor() as cursor:
        if with_deleted:
            cursor.execute(_KNOWN_NAMES + _DELETED_NAMES, [*asked, *asked])
        else:
            cursor.execute(_KNOWN_NAMES, asked)
        for reference_id, kind, value, is_hearsay, asset_id, media_type, is_stub, native_id, url in cursor.fetchall():
            if asset_id is None:
                ledger.deleted.add((Name(NameKind(kind), value), MediaType(media_type)))
                continue
            entry = entries.get(asset_id)
            if entry is None:
                entry = Entry(MediaType(media_type), is_stub, asset_id, native_id, remote_url=url)
                entries[asset_id] = entry
            ledger.know(Name(NameKind(kind), value), entry, is_hearsay=is_hearsay, reference_id=reference_id)
    ledger.known = list(entries.values())
    return ledger


def load_payloads(ledger: Ledger) -> None:
    """The kept payloads of the complete assets among what is known, in one statement."""
    complete = {entry.asset_id: entry for entry in ledger.known if not entry.is_stub}
    if not complete:
        return
    with connection.cursor() as cursor:
        cursor.execute(_PAYLOADS, [list(complete)])
        for asset_id, payload in cursor.fetchall():
            complete[asset_id].payload = read(payload)


def insert_assets(ledger: Ledger, owner_id: int, provider_id: str, account_id: int | None, now: datetime) -> None:
    """Write the entries that were opened, and give them their ids."""
    named = {id(held.entry.current()) for held in ledger.held.values()}
    fresh = [entry for entry in ledger.opened if entry.absorbed_by is None and id(entry) in named]
    if not fresh:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_IDS, [len(fresh)])
        for entry, (asset_id,) in zip(fresh, cursor.fetchall(), strict=True):
            entry.asset_id = asset_id
        with cursor.copy(_COPY_ASSETS) as copy:
            for entry in fresh:
                row = _derived(entry.record) if entry.record else _derived_of_stub(entry)
                account = None if entry.is_stub else account_id
                copy.write_row((entry.asset_id, owner_id, provider_id, account, str(entry.media_type), *row, now, now))


def move_references(ledger: Ledger) -> None:
    """Give the names that changed hands to their new assets."""
    moved = [held for held in ledger.held.values() if held.is_changed and held.reference_id is not None]
    if moved:
        columns = [(held.reference_id, held.entry.current().asset_id, held.is_hearsay) for held in moved]
        _execute(_MOVE_REFERENCES, [list(column) for column in zip(*columns, strict=True)])


def update_assets(ledger: Ledger, account_id: int | None, now: datetime) -> None:
    """Write what known assets say now: stubs that were completed, payloads that know more."""
    changed = [entry for entry in ledger.known if entry.absorbed_by is None and entry.record is not None]
    if changed:
        columns = [(entry.asset_id, entry.is_replaced, *_derived(entry.record)) for entry in changed if entry.record]
        _execute(_UPDATE_ASSETS, [account_id, now, *(list(column) for column in zip(*columns, strict=True))])


def update_stubs(ledger: Ledger) -> None:
    """Write where the media of known stubs was seen."""
    seen = [entry for entry in ledger.known if entry.is_stub and entry.is_seen_elsewhere and entry.absorbed_by is None]
    if seen:
        _execute(_UPDATE_STUBS, [[entry.asset_id for entry in seen], [entry.remote_url for entry in seen]])


def insert_references(ledger: Ledger, owner_id: int, provider_id: str, now: datetime) -> None:
    """Write the names that are new."""
    fresh = [(name, held) for name, held in ledger.held.items() if held.reference_id is None]
    if not fresh:
        return
    with connection.cursor() as cursor, cursor.copy(_COPY_REFERENCES) as copy:
        for name, held in fresh:
            asset_id = held.entry.current().asset_id
            copy.write_row((owner_id, provider_id, asset_id, str(name.kind), name.value, held.is_hearsay, now))


def keep_set_aside(ledger: Ledger, owner_id: int, now: datetime) -> None:
    """Keep the payloads of other ids that turned out to be the same thing."""
    columns = [
        (entry.asset_id, provider_asset_id, storable(payload)[1])
        for entry in (*ledger.known, *ledger.opened)
        if entry.absorbed_by is None
        for provider_asset_id, payload in entry.set_aside
    ]
    if columns:
        _execute(_KEEP_SET_ASIDE, [owner_id, now, *(list(column) for column in zip(*columns, strict=True))])


def delete_emptied_stubs(ledger: Ledger) -> None:
    """Remove stubs whose last name turned out to be another asset's; a rebuild finds the right parent."""
    emptied = [
        entry.asset_id for entry in ledger.emptied if entry.asset_id and entry.absorbed_by is None and entry.is_stub
    ]
    if emptied:
        _execute(_DELETE_EMPTIED, [emptied])


def _execute(statement: str, parameters: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _derived(record: RemoteAsset) -> tuple[Any, ...]:
    return (
        record.provider_asset_id, str(record.status), str(record.origin), False, str(record.operation_type),
        record.title, record.prompt, record.model_name, record.remote_url, record.thumbnail_url,
        record.last_frame_url, record.width, record.height, record.duration_seconds, record.provider_created_at,
        storable(record.payload)[1],
    )  # fmt: skip


def _derived_of_stub(entry: Entry) -> tuple[Any, ...]:
    picture = entry.remote_url if entry.media_type is MediaType.IMAGE else ""
    return (
        "", str(AssetStatus.UNKNOWN), str(Origin.GENERATED), True, str(OperationType.UNKNOWN),
        "", "", "", entry.remote_url, picture, "", None, None, None, None, "{}",
    )  # fmt: skip
