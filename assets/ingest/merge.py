"""Merge assets: names and edges of absorbed assets become the survivors'."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from assets.ingest.entries import Entry
from assets.signals import assets_merged

# Names of absorbed assets become the survivor's. Each merge is recorded, with the names of both and the one that they
# share; the merges that the absorbed asset had taken part in are kept, of two equal ones the earlier. A stub that
# absorbs the stub of a deleted asset takes its `deleted_at`; a complete asset does not, since it is not deleted. The
# owner's title of the absorbed asset is kept where the survivor has none.
_MERGE = """
WITH pair AS (
  SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[])
    AS pair(absorbed_id, survivor_id, kind, value)
), renamed AS (
  UPDATE assets_reference r SET asset_id = pair.survivor_id FROM pair WHERE r.asset_id = pair.absorbed_id
), given AS (
  SELECT pair.survivor_id, min(a.deleted_at) AS deleted_at,
    coalesce((array_agg(a.own_title ORDER BY a.id) FILTER (WHERE a.own_title <> ''))[1], '') AS own_title
  FROM pair JOIN assets_asset a ON a.id = pair.absorbed_id GROUP BY pair.survivor_id
), marked AS (
  UPDATE assets_asset s SET own_title = CASE s.own_title WHEN '' THEN given.own_title ELSE s.own_title END,
    deleted_at = CASE WHEN s.is_stub THEN coalesce(s.deleted_at, given.deleted_at) ELSE s.deleted_at END
  FROM given WHERE s.id = given.survivor_id
    AND (s.own_title = '' AND given.own_title <> ''
      OR s.is_stub AND s.deleted_at IS NULL AND given.deleted_at IS NOT NULL)
), handed_on AS (
  UPDATE assets_assetmerge m SET survivor_id = pair.survivor_id FROM pair
  WHERE m.survivor_id = pair.absorbed_id AND (m.absorbed_provider_asset_id = '' OR NOT EXISTS (
    SELECT FROM assets_assetmerge other WHERE other.absorbed_provider_asset_id = m.absorbed_provider_asset_id
    AND (other.survivor_id = pair.survivor_id OR other.id < m.id AND other.survivor_id IN (
      SELECT twin.absorbed_id FROM pair AS twin WHERE twin.survivor_id = pair.survivor_id))))
), named AS (
  SELECT r.asset_id, jsonb_agg(jsonb_build_array(r.kind, r.value) ORDER BY r.kind, r.value) AS names
  FROM assets_reference r
  WHERE r.asset_id IN (SELECT absorbed_id FROM pair UNION SELECT survivor_id FROM pair) GROUP BY r.asset_id
)
INSERT INTO assets_assetmerge
  (owner_id, survivor_id, absorbed_id, absorbed_provider_asset_id, absorbed_payload, media_type, absorbed_names,
   survivor_names, joined_by, merged_at)
SELECT %s, pair.survivor_id, a.id, '', '{}', a.media_type, coalesce(own.names, '[]'), coalesce(kept.names, '[]'),
  CASE WHEN pair.kind = '' THEN '[]'::jsonb ELSE jsonb_build_array(pair.kind, pair.value) END, %s
FROM pair JOIN assets_asset a ON a.id = pair.absorbed_id
LEFT JOIN named own ON own.asset_id = pair.absorbed_id LEFT JOIN named kept ON kept.asset_id = pair.survivor_id
"""


def merge(owner_id: int, absorbed: Sequence[Entry], *, now: datetime) -> None:
    """Give the names and edges of absorbed stubs to their survivors, and record the merges.

    The caller deletes the absorbed rows, together with its other changes. A fixed number of statements for any number
    of pairs. Runs inside the caller's transaction, which holds the library's lock; a receiver of `assets_merged` that
    fails rolls everything back.

    Args:
        owner_id: whose library.
        absorbed: the entries of the rows that become part of others.
        now: the time the record carries.

    Source: domain.md §2.
    """
    pairs = [(entry.asset_id or 0, entry.current().asset_id or 0, entry.joined_by) for entry in absorbed]
    columns: list[list[Any]] = [
        [absorbed_id for absorbed_id, _, _ in pairs],
        [survivor_id for _, survivor_id, _ in pairs],
        [name.kind.value if name else "" for _, _, name in pairs],
        [name.value if name else "" for _, _, name in pairs],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_MERGE, [*columns, owner_id, now])
    survivors = {absorbed_id: survivor_id for absorbed_id, survivor_id, _ in pairs}
    assets_merged.send(sender=merge, owner_id=owner_id, survivors=survivors)
