"""Makes a library many times as big as it is, by SQL: rows like the ones there, under names of their own."""

from __future__ import annotations

from django.db import transaction

from benchmarks.scratch import execute

_COLUMNS = """owner_id, provider_id, account_id, media_type, status, origin, is_stub, operation_type, title, prompt,
  model_name, remote_url, thumbnail_url, last_frame_url, width, height, duration_seconds, provider_created_at,
  media_metadata, created_at, updated_at"""

# Ids grow, so that every copy of an asset has one that no other has.
_COPY_ASSETS = f"""
INSERT INTO assets_asset (id, provider_asset_id, {_COLUMNS})
SELECT id + %s::bigint, CASE WHEN provider_asset_id = '' THEN '' ELSE provider_asset_id || %s END, {_COLUMNS}
FROM assets_asset WHERE id <= %s ORDER BY id
"""

# Names differ where those of other items differ: in the random part of a file's name, and at the end of an id.
_COPY_REFERENCES = """
INSERT INTO assets_reference (owner_id, provider_id, asset_id, kind, value, is_hearsay, created_at)
SELECT owner_id, provider_id, asset_id + %s::bigint, kind, CASE
    WHEN value ~ '[0-9a-f]{8}-' THEN regexp_replace(value, '[0-9a-f]{8}-', left(md5(%s || value), 8) || '-')
    ELSE value || %s END, is_hearsay, created_at
FROM assets_reference WHERE asset_id <= %s ORDER BY asset_id, id
"""


def grow(assets: int) -> None:
    """Copy the assets that are there, with their names, until there are about so many."""
    [(held, highest)] = execute("SELECT count(*), max(id) FROM assets_asset")
    with transaction.atomic():
        _switch_triggers("DISABLE")  # What is copied has been checked.
        for copy in range(1, round(assets / held)):
            shift = highest * copy
            execute(_COPY_ASSETS, [shift, str(shift), highest])
            execute(_COPY_REFERENCES, [shift, str(shift), str(shift), highest])
        _switch_triggers("ENABLE")
    execute("SELECT setval(pg_get_serial_sequence('assets_asset', 'id'), (SELECT max(id) FROM assets_asset))")


def _switch_triggers(word: str) -> None:
    for table in ("assets_asset", "assets_reference"):
        execute(f"ALTER TABLE {table} {word} TRIGGER ALL")
