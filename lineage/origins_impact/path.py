"""Find a shortest path from an ancestor down to an asset."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from lineage.graph.rows import ASSET_COLUMNS, GraphAsset, read_asset

# The function gives each ancestor at its shortest distance, so every link from one distance to the next smaller one is
# on a shortest path. One such link of each parent is chosen first, so that the walk looks each step up in a hash table.
_PATH = f"""
WITH RECURSIVE above AS MATERIALIZED (SELECT asset_id, depth FROM lineage_ancestors(%(root)s)),
link AS MATERIALIZED (
  SELECT DISTINCT ON (e.parent_id) e.parent_id, e.child_id, e.relation_type, e.operation_type
  FROM above parent JOIN lineage_lineageedge e ON e.parent_id = parent.asset_id
  JOIN above child ON child.asset_id = e.child_id AND child.depth = parent.depth - 1
  WHERE parent.depth <= (SELECT depth FROM above WHERE asset_id = %(ancestor)s)
  ORDER BY e.parent_id, e.sequence_order, e.child_id, e.id
), step(asset_id, depth, relation_type, operation_type) AS (
  SELECT asset_id, depth, '', '' FROM above WHERE asset_id = %(ancestor)s
  UNION ALL
  SELECT link.child_id, step.depth - 1, link.relation_type::text, link.operation_type::text
  FROM step JOIN link ON link.parent_id = step.asset_id
)
SELECT {ASSET_COLUMNS}, step.depth, step.relation_type, step.operation_type
FROM step JOIN assets_asset a ON a.id = step.asset_id ORDER BY step.depth DESC
"""


@dataclass(frozen=True, slots=True)
class PathStep:
    """An asset on a path, `depth` links above its end.

    Relation and operation are those of the link from the asset before; "" for the first one.
    """

    asset: GraphAsset
    depth: int
    relation_type: str
    operation_type: str


def shortest_path(root_id: int, ancestor_id: int) -> tuple[PathStep, ...]:
    """Return the assets of a shortest path from an ancestor down to an asset, both ends included; one statement.

    Args:
        root_id: the asset; the caller has checked who owns it.
        ancestor_id: where the path begins.

    Returns:
        The path, empty when the one is not an ancestor of the other.
    """
    if root_id == ancestor_id:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_PATH, {"root": root_id, "ancestor": ancestor_id})
        return tuple(_step(*read_asset(row)) for row in cursor.fetchall())


def _step(asset: GraphAsset, rest: tuple[int, str, str]) -> PathStep:
    return PathStep(asset, *rest)
