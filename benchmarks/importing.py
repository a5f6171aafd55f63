"""Import of stored pages into a library, beside hand-written SQL for the very same rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
from django.contrib.auth.models import User
from django.db import connection, transaction

from assets.ingest import ingest
from benchmarks.scratch import peak_mebibytes, seconds, settle, statements
from providers import registry
from providers.base import InvalidPayload
from providers.records import InvalidItem, RemoteAsset
from providers.sandbox.library import KINDS, GeneratedLibrary, Where

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PAGE = 200


def stored_pages(size: int, seed: int = 1) -> list[bytes]:
    """Every page of a generated library, as the JSON that a provider would send."""
    library = GeneratedLibrary(size, seed, "http://127.0.0.1:8001")
    return [
        orjson.dumps(items)
        for kind in KINDS
        for offset in range(0, size, PAGE)
        if (items := library.window(kind, offset, PAGE, Where()).rows)
    ]


def import_stored(owner: User, page: bytes) -> None:
    """What an import does with a page once it has arrived: read, store."""
    ingest(owner.pk, [_read(item) for item in orjson.loads(page)], provider_id="pixverse", account_id=None, now=NOW)


def _read(item: object) -> RemoteAsset | InvalidItem:
    extractor = registry.extractor("pixverse")
    try:
        return extractor.asset(item)
    except InvalidPayload as error:
        return InvalidItem(extractor.identify(item), str(error), item)


def measure(owner: User, size: int) -> dict[str, float]:
    """Import `size` items into an empty library, again into the full one, and the same rows by hand-written SQL."""
    pages = stored_pages(size)
    counts = [statements(lambda page=page: import_stored(owner, page)) for page in pages[:3]]
    settle("assets_asset")
    empty = seconds(lambda: [import_stored(owner, page) for page in pages])
    again = seconds(lambda: [import_stored(owner, page) for page in pages])
    items = sum(len(orjson.loads(page)) for page in pages)
    floor = _floor_seconds()
    return {
        "import_items": items,
        "import_empty_per_s": items / empty,
        "import_again_per_s": items / again,
        "import_floor_per_s": items / floor,
        "import_empty_floor_ratio": floor / empty,
        "import_statements_per_page": max(counts),
        "import_peak_mib": peak_mebibytes(),
    }


_ASSET_COLUMNS = """id, owner_id, provider_id, account_id, media_type, provider_asset_id, status, origin, is_stub,
  operation_type, title, prompt, model_name, remote_url, thumbnail_url, last_frame_url, width, height,
  duration_seconds, provider_created_at, media_metadata, created_at, updated_at"""
_REFERENCE_COLUMNS = "owner_id, provider_id, asset_id, kind, value, is_hearsay, created_at"


def _floor_seconds() -> float:
    """Empty the library and put the very same rows back, page by page: COPY to a side table, merge, commit."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_ASSET_COLUMNS.replace('media_metadata', 'media_metadata::text')} FROM assets_asset")
        assets = cursor.fetchall()
        cursor.execute(f"SELECT {_REFERENCE_COLUMNS} FROM assets_reference ORDER BY asset_id")
        references = cursor.fetchall()
        cursor.execute("CREATE TEMP TABLE new_assets (LIKE assets_asset)")
        cursor.execute("ALTER TABLE new_assets DROP made_at, DROP search_vector")
        cursor.execute("CREATE TEMP TABLE new_references (LIKE assets_reference)")
        for table in ("new_assets", "new_references"):
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnotnull AND attnum > 0", [table]
            )
            for (column,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} ALTER {column} DROP NOT NULL")
    settle("assets_asset")
    share = len(references) / max(len(assets), 1)
    return seconds(
        lambda: [
            _merge_page(assets[start : start + PAGE], references[int(start * share) : int((start + PAGE) * share)])
            for start in range(0, len(assets), PAGE)
        ]
    )


def _merge_page(assets: Sequence[tuple[object, ...]], references: Sequence[tuple[object, ...]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, side, columns, rows in (
            ("assets_asset", "new_assets", _ASSET_COLUMNS, assets),
            ("assets_reference", "new_references", _REFERENCE_COLUMNS, references),
        ):
            with cursor.copy(f"COPY {side} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {side} ON CONFLICT DO NOTHING")
            cursor.execute(f"TRUNCATE {side}")
