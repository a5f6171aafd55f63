"""Two assets become one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from assets.signals import assets_merged

_PAIRS = "unnest(%s::bigint[], %s::bigint[]) AS pair(absorbed_id, survivor_id)"

_RECORD = f"""
INSERT INTO assets_assetmerge
  (owner_id, survivor_id, absorbed_id, absorbed_provider_asset_id, absorbed_payload, merged_at)
SELECT %s, pair.survivor_id, a.id, a.provider_asset_id, a.media_metadata, %s
FROM {_PAIRS} JOIN assets_asset a ON a.id = pair.absorbed_id AND NOT a.is_stub
ON CONFLICT (survivor_id, absorbed_provider_asset_id) DO NOTHING
"""

# What the absorbed asset had itself absorbed before stays on record.
_HAND_ON_RECORDS = f"""
UPDATE assets_assetmerge m SET survivor_id = pair.survivor_id FROM {_PAIRS}
WHERE m.survivor_id = pair.absorbed_id AND NOT EXISTS (
  SELECT FROM assets_assetmerge other WHERE other.survivor_id = pair.survivor_id
  AND other.absorbed_provider_asset_id = m.absorbed_provider_asset_id)
"""

_MOVE_NAMES = f"""
UPDATE assets_reference r SET asset_id = pair.survivor_id FROM {_PAIRS} WHERE r.asset_id = pair.absorbed_id
"""

# A stub that takes in the mark of a deleted asset is that mark; a complete asset is what was deleted no more.
_KEEP_MARKS = f"""
UPDATE assets_asset s SET deleted_at = a.deleted_at
FROM {_PAIRS} JOIN assets_asset a ON a.id = pair.absorbed_id
WHERE s.id = pair.survivor_id AND s.is_stub AND s.deleted_at IS NULL AND a.deleted_at IS NOT NULL
"""

_DELETE = "DELETE FROM assets_asset WHERE id = ANY(%s)"


def merge(owner_id: int, survivors: Mapping[int, int], *, now: datetime) -> None:
    """Let survivors take the names and edges of absorbed assets; the absorbed rows go and are put on record.

    A fixed number of statements for any number of pairs. Runs inside the caller's transaction, which holds the
    library's lock; a receiver of `assets_merged` that fails undoes it all.

    Args:
        owner_id: whose library.
        survivors: absorbed asset id → survivor's id; no survivor is itself absorbed.
        now: the time the record carries.

    Source: domain.md §2.
    """
    absorbed, kept = list(survivors), list(survivors.values())
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_NAMES, [absorbed, kept])
        cursor.execute(_HAND_ON_RECORDS, [absorbed, kept])
        cursor.execute(_RECORD, [owner_id, now, absorbed, kept])
        cursor.execute(_KEEP_MARKS, [absorbed, kept])
        assets_merged.send(sender=merge, owner_id=owner_id, survivors=dict(survivors))
        cursor.execute(_DELETE, [absorbed])
