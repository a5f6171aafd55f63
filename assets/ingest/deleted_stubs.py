"""Marks of what was deleted here, on stubs that come to be afterwards."""

from __future__ import annotations

from django.db import connection

from assets.ingest.identity import Ledger

# By the index on a reference's asset, then the unique index of tombstones. Where nothing was ever deleted, the first
# condition is looked at once and nothing else is. LATERAL with OFFSET keeps the planner to one look for each stub.
_MARK = """
UPDATE assets_asset a SET deleted_at = gone.deleted_at
FROM unnest(%(ids)s::bigint[]) AS fresh(id), LATERAL (
  SELECT max(t.deleted_at) AS deleted_at FROM assets_reference r
  JOIN assets_tombstone t ON t.owner_id = r.owner_id AND t.provider_id = r.provider_id AND t.kind = r.kind
    AND t.value = r.value
  JOIN assets_asset own ON own.id = r.asset_id AND own.media_type = t.media_type
  WHERE r.asset_id = fresh.id OFFSET 0
) AS gone
WHERE EXISTS (SELECT FROM assets_tombstone WHERE owner_id = %(owner)s)
AND a.id = fresh.id AND a.is_stub AND gone.deleted_at IS NOT NULL
"""


def mark_deleted(ledger: Ledger, owner_id: int) -> None:
    """Mark the new stubs that go by a name of what was deleted here, as if they had stood there before; one statement.

    So it does not matter whether an asset was deleted before or after a child of it came in.
    """
    fresh = [entry.asset_id for entry in ledger.opened if entry.is_stub and entry.asset_id and not entry.absorbed_by]
    if fresh:
        with connection.cursor() as cursor:
            cursor.execute(_MARK, {"ids": fresh, "owner": owner_id})
