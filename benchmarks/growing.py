"""Enlargement of a library by SQL: copies of its rows with earlier dates and other names."""

from __future__ import annotations

from django.db import transaction

from benchmarks.scratch import execute
from providers.sandbox.library.identifiers import mint_id, minted_at_ms

APART_MS = 120_000
"""Time shift of each copy, per asset in it.

A generated library covers a year and a half, so copies overlap: a million assets cover five years. Items of another
seed are from the last year and a half too, like those of a second account: among a fifth of the million, or
nearly nine tenths of a hundred thousand.
"""

_COLUMNS = """owner_id, provider_id, account_id, media_type, status, origin, is_stub, operation_type, title, prompt,
  model_name, remote_url, thumbnail_url, last_frame_url, width, height, duration_seconds, media_metadata, created_at,
  updated_at"""

# An ID contains its creation time, so an earlier one is smaller by the same difference.
_EARLIER = "CASE WHEN {0} ~ '^[0-9]{{14,18}}$' THEN ({0}::bigint - %(earlier_id)s)::text ELSE {0} || %(salt)s END"

_COPY_ASSETS = f"""
INSERT INTO assets_asset (id, provider_asset_id, provider_created_at, {_COLUMNS})
SELECT id + %(shift)s, CASE WHEN provider_asset_id = '' THEN '' ELSE {_EARLIER.format("provider_asset_id")} END,
  provider_created_at - %(earlier_ms)s * interval '1 millisecond', {_COLUMNS}
FROM assets_asset WHERE id <= %(highest)s ORDER BY id
"""

# File names are changed at the beginning of the UUID, where names of different items differ; all names of a file share
# it.
_UUID = "substring(value FROM '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')"
_COPY_REFERENCES = f"""
INSERT INTO assets_reference (owner_id, provider_id, asset_id, kind, value, is_indirect, created_at)
SELECT owner_id, provider_id, asset_id + %(shift)s, kind, CASE
    WHEN uuid IS NULL THEN {_EARLIER.format("value")}
    ELSE replace(value, uuid, left(md5(%(salt)s || uuid)::uuid::text, 18) || right(uuid, -18)) END,
  is_indirect, created_at
FROM assets_reference, LATERAL (SELECT {_UUID}) AS name(uuid)
WHERE asset_id <= %(highest)s ORDER BY asset_id, id
"""


def grow(assets: int) -> None:
    """Copy the existing assets, with their names, until there are about this many."""
    [(held, highest)] = execute("SELECT count(*), max(id) FROM assets_asset")
    with transaction.atomic():
        _switch_triggers("DISABLE")  # The copied rows have been checked.
        for copy in range(1, round(assets / held)):
            earlier_ms = copy * held * APART_MS
            numbers = {
                "highest": highest,
                "shift": highest * copy,
                "salt": str(highest * copy),
                "earlier_ms": earlier_ms,
                "earlier_id": mint_id(minted_at_ms(0) + earlier_ms, 0),
            }
            execute(_COPY_ASSETS, numbers)
            execute(_COPY_REFERENCES, numbers)
        _switch_triggers("ENABLE")
    execute("SELECT setval(pg_get_serial_sequence('assets_asset', 'id'), (SELECT max(id) FROM assets_asset))")


def _switch_triggers(word: str) -> None:
    for table in ("assets_asset", "assets_reference"):
        execute(f"ALTER TABLE {table} {word} TRIGGER ALL")
