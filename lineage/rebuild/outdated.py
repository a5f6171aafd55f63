"""Find out whether the library has changed since a preview, so that its results no longer hold."""

from __future__ import annotations

from django.db import connection

from lineage.models import RebuildRun

# What a rebuild reads: payloads and names of assets, which an import writes with `updated_at`, deletions and merges;
# and the edges that exist. Edges are only added and removed: an added one is newer than the preview, and a removed one
# is missing among those that the preview has counted, by the unique index of edges, which begins with the child.
_HAS_CHANGED = """
SELECT EXISTS (SELECT FROM assets_asset WHERE owner_id = %(owner_id)s AND updated_at > %(since)s)
  OR EXISTS (SELECT FROM assets_tombstone WHERE owner_id = %(owner_id)s AND deleted_at > %(since)s)
  OR EXISTS (SELECT FROM assets_assetmerge WHERE owner_id = %(owner_id)s AND merged_at > %(since)s)
  OR EXISTS (SELECT FROM lineage_lineageedge WHERE owner_id = %(owner_id)s AND created_at > %(since)s)
  OR EXISTS (
    SELECT FROM lineage_rebuildfinding f
    WHERE f.run_id = %(run_id)s AND f.is_changed AND f.removed + f.unchanged > (
      SELECT count(*) FROM lineage_lineageedge e
      WHERE e.owner_id = %(owner_id)s AND e.child_id = f.asset_id AND e.evidence = 'provider'
    )
  )
"""


def is_outdated(preview: RebuildRun) -> bool:
    """Return whether something that a rebuild reads has changed since a preview began; one statement."""
    since = preview.started_at or preview.created_at
    with connection.cursor() as cursor:
        cursor.execute(_HAS_CHANGED, {"owner_id": preview.owner_id, "run_id": preview.pk, "since": since})
        [(has_changed,)] = cursor.fetchall()
    return bool(has_changed)
