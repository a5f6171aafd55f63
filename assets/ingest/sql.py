"""Read and write a whole ingest batch in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from assets.ingest.entries import Entry, Identifier
from assets.ingest.identity import IdentityIndex
from common.json_storage import from_jsonb, storable_text, to_jsonb
from common.vocabulary import ID_KINDS, AssetStatus, MediaType, NameKind, OperationType, Origin, id_kind
from providers.records import Name

TITLE_LENGTH_MAX = 1_000
MODEL_LENGTH_MAX = 120
PROMPT_LENGTH_MAX = 100_000  # A tsvector holds at most 1 MiB; the payload keeps the whole prompt.
SIZE_MAX = 2_147_483_647

# One row per known name, by the unique index on owners and keys. LATERAL with OFFSET keeps the planner to one index
# lookup per name, regardless of table statistics.
_WANTED = f"""
WITH wanted AS MATERIALIZED (
  SELECT kind, value, stemma_name_key(%s, kind, value) AS key FROM json_to_recordset(%s) AS name(kind text, value text)
),
known AS MATERIALIZED (
  SELECT found.* FROM wanted, LATERAL (
    SELECT r.id, r.kind, r.value, r.is_indirect, r.split_from_id, a.id AS asset_id, a.media_type, a.is_stub,
      a.provider_asset_id, a.remote_url, a.account_id IS NOT NULL AS has_account,
      CASE WHEN a.is_stub THEN (
        SELECT ARRAY[o.kind, o.value] FROM assets_reference o
        WHERE o.asset_id = a.id AND o.kind IN ({", ".join(f"'{kind.value}'" for kind in ID_KINDS)}) LIMIT 1
      ) END AS stub_id
    FROM assets_reference r LEFT JOIN assets_asset a ON a.id = r.asset_id
    WHERE r.owner_id = %s AND stemma_name_key(r.provider_id, r.kind, r.value) = wanted.key OFFSET 0
  ) AS found
)
"""

_KNOWN_NAMES = f"{_WANTED} SELECT known.*, NULL FROM known"

# For items, also: the payloads of the known complete assets, each once; names of deleted assets, shaped as the rows
# above but without an id; and ids for as many assets as are likely to be new, on rows without a kind.
_KNOWN_OF_ITEMS = f"""{_WANTED}
SELECT known.*, CASE WHEN NOT is_stub AND row_number() OVER (PARTITION BY asset_id) = 1
  THEN (SELECT media_metadata::text FROM assets_asset a WHERE a.id = asset_id) END
FROM known
UNION ALL
SELECT NULL, gone.kind, gone.value, false, NULL, NULL, gone.media_type, false, gone.provider_asset_id, '', false,
  NULL, NULL
FROM wanted, LATERAL (
  SELECT t.kind, t.value, t.media_type, t.provider_asset_id FROM assets_tombstone t
  WHERE t.owner_id = %s AND t.provider_id = %s AND t.kind = wanted.kind AND t.value = wanted.value OFFSET 0
) AS gone
WHERE EXISTS (SELECT FROM assets_tombstone t WHERE t.owner_id = %s)
UNION ALL
SELECT nextval(ids), NULL, NULL, false, NULL, NULL, NULL, false, '', '', false, NULL, NULL
FROM (SELECT pg_get_serial_sequence('assets_asset', 'id')::regclass AS ids OFFSET 0) AS sequence,
  generate_series(1, %s - (SELECT count(DISTINCT asset_id) FROM known WHERE NOT is_stub))
"""

_NEXT_IDS = """
SELECT nextval(ids)
FROM (SELECT pg_get_serial_sequence('assets_asset', 'id')::regclass AS ids OFFSET 0) AS sequence, generate_series(1, %s)
"""

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
COPY assets_reference (owner_id, provider_id, asset_id, kind, value, is_indirect, created_at) FROM STDIN
"""

_TEXTS = ("title", "prompt", "model_name", "remote_url", "thumbnail_url", "last_frame_url")
_VALUES = ("width", "height", "duration_seconds", "provider_created_at")

# A blank never replaces a value of a complete asset. The columns of a stub are overwritten as a whole.
_UPDATE_ASSETS = f"""
UPDATE assets_asset a SET
  media_type = n.media_type, provider_asset_id = n.provider_asset_id, status = n.status, origin = n.origin,
  is_stub = false, deleted_at = NULL,
  operation_type = n.operation_type, media_metadata = n.media_metadata,
  {", ".join(f"{c} = CASE WHEN a.is_stub OR n.{c} <> '' THEN n.{c} ELSE a.{c} END" for c in _TEXTS)},
  {", ".join(f"{c} = CASE WHEN a.is_stub THEN n.{c} ELSE coalesce(n.{c}, a.{c}) END" for c in _VALUES)},
  account_id = coalesce(a.account_id, %s), updated_at = %s
FROM unnest(
  %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::text[], %s::text[], %s::text[],
  %s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::float8[], %s::timestamptz[], %s::jsonb[]
) AS n(id, media_type, {", ".join(_DERIVED)})
WHERE a.id = n.id
"""

# Changes of existing rows: reassigned names, assets merged into others, stubs with a new URL or media type, assets that
# an account takes over, and assets with new values. One statement; no row is changed by two of its parts.
_CHANGE = f"""
WITH moved AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[]) AS moved(id, asset_id, is_indirect)),
renamed AS (
  UPDATE assets_reference r SET asset_id = moved.asset_id, is_indirect = moved.is_indirect
  FROM moved WHERE r.id = moved.id
), absorbed AS (
  DELETE FROM assets_asset a WHERE a.id = ANY(%s)
), reported AS (
  UPDATE assets_asset a SET
    media_type = n.media_type, remote_url = n.url,
    thumbnail_url = CASE WHEN n.media_type = 'image' THEN n.url ELSE '' END
  FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS n(id, media_type, url)
  WHERE a.id = n.id AND a.is_stub
), adopted AS (
  UPDATE assets_asset a SET account_id = %s WHERE a.id = ANY(%s)
)
{_UPDATE_ASSETS}
"""


def load_index(owner_id: int, provider_id: str, names: Iterable[Name]) -> IdentityIndex:
    """Build an index of these names from the database, in one statement."""
    return _load(_KNOWN_NAMES, [provider_id, _as_json(names), owner_id])


def load_index_of_items(owner_id: int, provider_id: str, names: Iterable[Name], *, item_count: int) -> IdentityIndex:
    """Build an index of the names of items from the database, in one statement.

    It also holds the payloads of complete assets, the names of deleted ones, and unused ids for likely new assets.
    """
    parameters = [provider_id, _as_json(names), owner_id, owner_id, provider_id, owner_id, item_count]
    return _load(_KNOWN_OF_ITEMS, parameters)


def _as_json(names: Iterable[Name]) -> str:
    return orjson.dumps(list(dict.fromkeys(names))).decode()


def _load(statement: str, parameters: Sequence[Any]) -> IdentityIndex:
    index = IdentityIndex()
    entries: dict[int, Entry] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for row in cursor.fetchall():
            _read(index, entries, row)
    index.stored = list(entries.values())
    return index


def _read(index: IdentityIndex, entries: dict[int, Entry], row: tuple[Any, ...]) -> None:
    row_id, kind, value, is_indirect, split_from_id, asset_id, media_type, _, native_id, *_ = row
    if kind is None:
        index.free_ids.append(row_id)
        return
    name = Name(NameKind(kind), value)
    if row_id is None:
        index.deleted.setdefault((name, MediaType(media_type)), set()).add(native_id)
        return
    entry = None
    if asset_id is not None:
        entry = entries.get(asset_id) or entries.setdefault(asset_id, _entry(row))
        if (payload := row[-1]) is not None:
            entry.payload = from_jsonb(payload)
    index.identifiers[name] = Identifier(name, entry, is_indirect, reference_id=row_id, split_from_id=split_from_id)


def _entry(row: tuple[Any, ...]) -> Entry:
    *_, asset_id, media, is_stub, native_id, url, has_account, stub_id, _ = row
    media_type = MediaType(media)
    if is_stub:
        id_name = Name(NameKind(stub_id[0]), stub_id[1]) if stub_id else None
    else:
        id_name = Name(id_kind(media_type), native_id)
    return Entry(media_type, is_stub, asset_id, native_id, id_name, has_account, remote_url=url)


def insert_assets(index: IdentityIndex, owner_id: int, provider_id: str, account_id: int | None, now: datetime) -> None:
    """Insert the new entries and set their ids."""
    fresh = index.entries_to_insert()
    if not fresh:
        return
    _set_ids(index, fresh)
    written_at = now.isoformat()
    with connection.cursor() as cursor, cursor.copy(_COPY_ASSETS) as copy:
        for entry in fresh:
            row = _derived(entry) if entry.record else _derived_of_stub(entry)
            account = None if entry.is_stub else account_id
            media_type = entry.media_type.value
            copy.write_row((entry.asset_id, owner_id, provider_id, account, media_type, *row, written_at, written_at))


def _set_ids(index: IdentityIndex, fresh: Sequence[Entry]) -> None:
    missing_count = len(fresh) - len(index.free_ids)
    if missing_count > 0:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT_IDS, [missing_count])
            index.free_ids += [asset_id for (asset_id,) in cursor.fetchall()]
    for entry, asset_id in zip(fresh, index.free_ids, strict=False):
        entry.asset_id = asset_id


def insert_references(index: IdentityIndex, owner_id: int, provider_id: str, now: datetime) -> None:
    """Insert the new names."""
    fresh = index.identifiers_to_insert()
    if not fresh:
        return
    written_at = now.isoformat()
    with connection.cursor() as cursor, cursor.copy(_COPY_REFERENCES) as copy:
        for found in fresh:
            holder, name = found.holder(), found.name
            asset_id = holder and holder.asset_id
            row = (owner_id, provider_id, asset_id, name.kind.value, name.value, found.is_indirect, written_at)
            copy.write_row(row)


def write_changes(index: IdentityIndex, owner_id: int, account_id: int | None, now: datetime) -> None:
    """Update and delete existing rows in one statement; no statement when nothing changes."""
    moved = [
        (found.reference_id, (holder := found.holder()) and holder.asset_id, found.is_indirect)
        for found in index.identifiers_to_update()
    ]
    stored = [entry for entry in index.stored if entry.absorbed_by is None]
    reported = [
        (entry.asset_id, entry.media_type.value, entry.remote_url)
        for entry in stored
        if entry.is_stub and (entry.has_new_url or entry.has_new_type)
    ]
    written = [entry for entry in stored if entry.record]
    completed = [(entry.asset_id, entry.media_type.value, *_derived(entry)) for entry in written]
    rest = {entry.asset_id for entry in index.adopted} - {entry.asset_id for entry in written}
    adopted = list(rest) if account_id is not None else []
    absorbed = [entry.asset_id for entry in index.absorbed()]
    if not (moved or absorbed or reported or completed or adopted):
        return
    parameters: list[Any] = [
        *_columns(moved, 3),
        absorbed,
        *_columns(reported, 3),
        account_id,
        adopted,
        account_id,
        now,
        *_columns(completed, len(_DERIVED) + 2),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, parameters)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _derived(entry: Entry) -> tuple[Any, ...]:
    record = entry.record
    assert record is not None  # noqa: S101 - callers pass entries with a record
    made_at = record.provider_created_at
    return (
        record.provider_asset_id, record.status.value, record.origin.value, False, record.operation_type.value,
        storable_text(record.title)[:TITLE_LENGTH_MAX], storable_text(record.prompt)[:PROMPT_LENGTH_MAX],
        storable_text(record.model_name)[:MODEL_LENGTH_MAX], storable_text(record.remote_url),
        storable_text(record.thumbnail_url), storable_text(record.last_frame_url),
        _size(record.width), _size(record.height), record.duration_seconds,
        made_at and made_at.isoformat(), entry.payload_text or to_jsonb(record.payload)[1],
    )  # fmt: skip


def _size(size: int | None) -> int | None:
    return size if size is not None and 0 < size <= SIZE_MAX else None


def _derived_of_stub(entry: Entry) -> tuple[Any, ...]:
    picture = entry.remote_url if entry.media_type is MediaType.IMAGE else ""
    return (
        "", AssetStatus.UNKNOWN.value, Origin.GENERATED.value, True, OperationType.UNKNOWN.value,
        "", "", "", entry.remote_url, picture, "", None, None, None, None, "{}",
    )  # fmt: skip
