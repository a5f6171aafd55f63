"""Merge assets: names and edges of absorbed assets become the survivors'."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from assets.signals import assets_merged

# Names of absorbed assets become the survivor's. Each absorbed asset is recorded as a merge, and the merges it had
# absorbed itself are kept; of two equal records the earlier one is kept. A stub that absorbs the stub of a deleted
# asset takes its `deleted_at`; a complete asset does not, since it is no longer deleted.
_MERGE = """
WITH pair AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS pair(absorbed_id, survivor_id)),
renamed AS (
  UPDATE assets_reference r SET asset_id = pair.survivor_id FROM pair WHERE r.asset_id = pair.absorbed_id
), marked AS (
  UPDATE assets_asset s SET deleted_at = a.deleted_at FROM pair JOIN assets_asset a ON a.id = pair.absorbed_id
  WHERE s.id = pair.survivor_id AND s.is_stub AND s.deleted_at IS NULL AND a.deleted_at IS NOT NULL
), handed_on AS (
  UPDATE assets_assetmerge m SET survivor_id = pair.survivor_id FROM pair
  WHERE m.survivor_id = pair.absorbed_id AND NOT EXISTS (
    SELECT FROM assets_assetmerge other WHERE other.absorbed_provider_asset_id = m.absorbed_provider_asset_id
    AND (other.survivor_id = pair.survivor_id OR other.id < m.id AND other.survivor_id IN (
      SELECT twin.absorbed_id FROM pair AS twin WHERE twin.survivor_id = pair.survivor_id)))
  RETURNING m.survivor_id, m.absorbed_provider_asset_id
)
INSERT INTO assets_assetmerge
  (owner_id, survivor_id, absorbed_id, absorbed_provider_asset_id, absorbed_payload, merged_at)
SELECT %s, pair.survivor_id, a.id, a.provider_asset_id, a.media_metadata, %s
FROM pair JOIN assets_asset a ON a.id = pair.absorbed_id AND NOT a.is_stub
WHERE NOT EXISTS (
  SELECT FROM handed_on h
  WHERE h.survivor_id = pair.survivor_id AND h.absorbed_provider_asset_id = a.provider_asset_id)
ON CONFLICT (survivor_id, absorbed_provider_asset_id) DO NOTHING
"""


def merge(owner_id: int, survivors: Mapping[int, int], *, now: datetime) -> None:
    """Give the names and edges of absorbed assets to their survivors, and record the merges.

    The caller deletes the absorbed rows, together with its other changes. A fixed number of statements for any number
    of pairs. Runs inside the caller's transaction, which holds the library's lock; a receiver of `assets_merged` that
    fails rolls everything back.

    Args:
        owner_id: whose library.
        survivors: absorbed asset id → survivor's id; no survivor is itself absorbed.
        now: the time the record carries.

    Source: domain.md §2.
    """
    absorbed, kept = list(survivors), list(survivors.values())
    with connection.cursor() as cursor:
        cursor.execute(_MERGE, [absorbed, kept, owner_id, now])
    assets_merged.send(sender=merge, owner_id=owner_id, survivors=dict(survivors))
