"""Mark stubs of deleted assets that are created after the deletion."""

from __future__ import annotations

from django.db import connection

from assets.ingest.identity import IdentityIndex

# By the index on a reference's asset, then the unique index of tombstones. For an owner without tombstones only the
# first condition is evaluated, once. LATERAL with OFFSET keeps the planner to one lookup per stub.
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


def mark_deleted(index: IdentityIndex, owner_id: int) -> None:
    """Set `deleted_at` on the new stubs that have a name of a deleted asset; one statement.

    So it does not matter whether an asset was deleted before or after a child of it was imported.
    """
    fresh = [entry.asset_id for entry in index.created if entry.is_stub and entry.asset_id and not entry.absorbed_by]
    if fresh:
        with connection.cursor() as cursor:
            cursor.execute(_MARK, {"ids": fresh, "owner": owner_id})
