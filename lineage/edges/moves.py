"""Move edges between assets: to the survivor of a merge, and back when it is split."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from lineage.edges.cycle_check import break_cycles

# An edge of a merged asset moves to the survivor, unless it would join the survivor to itself. Of two that become
# equal, the one with the stronger evidence is kept. Ends never change, so edges are deleted and inserted.
_MOVE_TO_SURVIVORS = """
WITH pair AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS pair(absorbed_id, survivor_id)),
gone AS (
  DELETE FROM lineage_lineageedge e USING pair
  WHERE e.child_id = pair.absorbed_id OR e.parent_id = pair.absorbed_id RETURNING e.*
), moved AS (
  SELECT gone.*, coalesce(gone.moved_from_id, p.absorbed_id, c.absorbed_id) AS origin_id,
    coalesce(c.survivor_id, gone.child_id) AS new_child,
    coalesce(p.survivor_id, gone.parent_id) AS new_parent,
    array_position(ARRAY['manual', 'generation', 'provider'], gone.evidence::text) AS rank
  FROM gone LEFT JOIN pair c ON c.absorbed_id = gone.child_id LEFT JOIN pair p ON p.absorbed_id = gone.parent_id
)
INSERT INTO lineage_lineageedge AS kept (owner_id, child_id, parent_id, relation_type, sequence_order,
  operation_type, evidence, parent_start_time, parent_end_time, parent_frame, transformation, created_at,
  moved_from_id)
SELECT DISTINCT ON (new_child, new_parent, relation_type, sequence_order) owner_id, new_child, new_parent,
  relation_type, sequence_order, operation_type, evidence, parent_start_time, parent_end_time, parent_frame,
  transformation, created_at, origin_id
FROM moved WHERE new_child <> new_parent
ORDER BY new_child, new_parent, relation_type, sequence_order, rank, id
ON CONFLICT (child_id, parent_id, relation_type, sequence_order) DO UPDATE SET evidence = EXCLUDED.evidence,
  operation_type = EXCLUDED.operation_type, transformation = EXCLUDED.transformation,
  parent_start_time = EXCLUDED.parent_start_time, parent_end_time = EXCLUDED.parent_end_time,
  parent_frame = EXCLUDED.parent_frame
WHERE array_position(ARRAY['manual', 'generation', 'provider'], EXCLUDED.evidence::text)
    < array_position(ARRAY['manual', 'generation', 'provider'], kept.evidence::text)
"""

# The edges that came to the survivor with the absorbed asset or, when `merged_at` is given, those that it had before.
_MOVE_BACK = """
WITH gone AS (
  DELETE FROM lineage_lineageedge e
  WHERE (e.parent_id = %(survivor)s OR e.child_id = %(survivor)s)
    AND CASE WHEN %(merged_at)s::timestamptz IS NULL THEN e.moved_from_id = %(absorbed)s
      ELSE e.created_at <= %(merged_at)s AND e.moved_from_id IS DISTINCT FROM %(absorbed)s END
  RETURNING e.*
)
INSERT INTO lineage_lineageedge (owner_id, child_id, parent_id, relation_type, sequence_order, operation_type,
  evidence, parent_start_time, parent_end_time, parent_frame, transformation, created_at)
SELECT owner_id, CASE WHEN child_id = %(survivor)s THEN %(asset)s ELSE child_id END,
  CASE WHEN parent_id = %(survivor)s THEN %(asset)s ELSE parent_id END, relation_type, sequence_order, operation_type,
  evidence, parent_start_time, parent_end_time, parent_frame, transformation, created_at
FROM gone
"""

_DELETE = "DELETE FROM lineage_lineageedge WHERE id = ANY(%s)"


def move_to_survivors(owner_id: int, survivors: Mapping[int, int]) -> None:
    """Move the edges of absorbed assets to their survivors, in the merge's transaction.

    It takes a fixed number of statements. Resulting cycles are broken as in `writer.replace`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_TO_SURVIVORS, [list(survivors), list(survivors.values())])
    _, broken = break_cycles(owner_id, set(), set(), around=survivors.values())
    if broken:
        with connection.cursor() as cursor:
            cursor.execute(_DELETE, [list(broken)])


def move_back(survivor_id: int, asset_id: int, *, absorbed_id: int | None, merged_at: datetime | None) -> None:
    """Move edges of a survivor to the asset that was split from it, in the split's transaction.

    Args:
        survivor_id: the asset that has the edges.
        asset_id: the new asset.
        absorbed_id: the id that the merged asset had; its edges are moved.
        merged_at: when it is the survivor's edges from before the merge that go back, the time of the merge.
    """
    parameters = {"survivor": survivor_id, "asset": asset_id, "absorbed": absorbed_id, "merged_at": merged_at}
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_BACK, parameters)
