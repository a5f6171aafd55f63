"""Makes a library many times as big as it is, by SQL: rows like the ones there, made earlier, under their own names."""

from __future__ import annotations

from django.db import transaction

from benchmarks.scratch import execute
from providers.sandbox.library.identifiers import mint_id, minted_at_ms

APART_MS = 120_000
"""How much further back each copy lies, for each asset in it.

A generated library covers a year and a half, so copies overlap: a million assets cover five years. Items of another
seed were made in the last year and a half too, as those of a second account might be: among a fifth of the million, or
nearly nine tenths of a hundred thousand.
"""

_COLUMNS = """owner_id, provider_id, account_id, media_type, status, origin, is_stub, operation_type, title, prompt,
  model_name, remote_url, thumbnail_url, last_frame_url, width, height, duration_seconds, media_metadata, created_at,
  updated_at"""

# An id holds the time it was given at, so an earlier one is smaller by as much.
_EARLIER = "CASE WHEN {0} ~ '^[0-9]{{14,18}}$' THEN ({0}::bigint - %(earlier_id)s)::text ELSE {0} || %(salt)s END"

_COPY_ASSETS = f"""
INSERT INTO assets_asset (id, provider_asset_id, provider_created_at, {_COLUMNS})
SELECT id + %(shift)s, CASE WHEN provider_asset_id = '' THEN '' ELSE {_EARLIER.format("provider_asset_id")} END,
  provider_created_at - %(earlier_ms)s * interval '1 millisecond', {_COLUMNS}
FROM assets_asset WHERE id <= %(highest)s ORDER BY id
"""

# Names of files differ where those of other items do: at the beginning of the uuid, which all names of a file share.
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
    """Copy the assets that are there, with their names, until there are about so many."""
    [(held, highest)] = execute("SELECT count(*), max(id) FROM assets_asset")
    with transaction.atomic():
        _switch_triggers("DISABLE")  # What is copied has been checked.
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
