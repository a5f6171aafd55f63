"""Direct relatives of one asset: all at once up to a limit, or page by page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from assets.models import Asset
from common.cursors import read_cursor, read_number, write_cursor
from lineage.graph.rows import ASSET_COLUMNS, EDGE_COLUMNS, GraphAsset, GraphEdge, read_asset, read_edge

RELATIVES_PAGE_MAX = 200

_ASSETS = f"SELECT {ASSET_COLUMNS}, a.parent_count, a.child_count FROM assets_asset a WHERE a.id = ANY(%s)"

# By the unique index, and by lineage_edge_uses.
_PARENTS = f"""
SELECT {EDGE_COLUMNS} FROM lineage_lineageedge e WHERE e.child_id = %s ORDER BY e.sequence_order, e.id LIMIT %s
"""
_CHILDREN = f"""
SELECT {EDGE_COLUMNS} FROM lineage_lineageedge e WHERE e.parent_id = %s
ORDER BY e.sequence_order, e.child_id, e.id LIMIT %s
"""

# Each relative once, by its lowest order, then by id: the order in which a neighborhood takes them (the migration named
# quick_picture sorts the same way).
_PARENTS_PAGE = """
SELECT min(e.sequence_order), e.parent_id FROM lineage_lineageedge e WHERE e.child_id = %s
GROUP BY e.parent_id HAVING (min(e.sequence_order), e.parent_id) > (%s, %s) ORDER BY 1, 2 LIMIT %s
"""
_CHILDREN_PAGE = """
SELECT e.sequence_order, e.child_id FROM lineage_lineageedge e
WHERE e.parent_id = %s AND (e.sequence_order, e.child_id) > (%s, %s) AND (e.sequence_order = 0 OR NOT EXISTS (
  SELECT FROM lineage_lineageedge earlier WHERE earlier.child_id = e.child_id AND earlier.parent_id = e.parent_id
    AND earlier.sequence_order < e.sequence_order))
GROUP BY e.sequence_order, e.child_id ORDER BY e.sequence_order, e.child_id LIMIT %s
"""
_BEFORE_ALL = (-1, 0)

_EDGES_TO_PARENTS = f"""
SELECT {EDGE_COLUMNS} FROM lineage_lineageedge e WHERE e.child_id = %s AND e.parent_id = ANY(%s)
ORDER BY e.sequence_order, e.id
"""
_EDGES_TO_CHILDREN = f"""
SELECT {EDGE_COLUMNS} FROM lineage_lineageedge e WHERE e.parent_id = %s AND e.child_id = ANY(%s)
ORDER BY e.sequence_order, e.id
"""


@dataclass(frozen=True, slots=True)
class Relative:
    """A direct parent or child of an asset, once for each edge to it."""

    asset: GraphAsset
    edge_id: int
    relation_type: str
    operation_type: str
    sequence_order: int
    evidence: str
    parent_start_time: float | None
    parent_end_time: float | None
    parent_frame: int | None
    transformation: dict[str, Any]
    parent_count: int
    child_count: int


@dataclass(frozen=True, slots=True)
class FlatLineage:
    """The direct relatives of one asset; `truncated` is true when a side has more than the limit."""

    asset_id: int
    parents: tuple[Relative, ...]
    children: tuple[Relative, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class RelatedAsset:
    """A direct parent or child, once, with its own totals and all edges between it and the asset."""

    asset: GraphAsset
    parent_count: int
    child_count: int
    edges: tuple[GraphEdge, ...]


@dataclass(frozen=True, slots=True)
class RelativesPage:
    """A page of one side; `total` counts all relatives of that side, `next_cursor` is None on the last page."""

    items: tuple[RelatedAsset, ...]
    total: int
    next_cursor: str | None


def flat(asset: Asset, *, limit: int = 1_000) -> FlatLineage:
    """Read the direct parents and the direct children in their order; one entry for each edge.

    Args:
        asset: the asset itself; the caller has checked who owns it.
        limit: entries on each side.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PARENTS, [asset.pk, limit + 1])
        parents = [read_edge(row) for row in cursor.fetchall()]
        cursor.execute(_CHILDREN, [asset.pk, limit + 1])
        children = [read_edge(row) for row in cursor.fetchall()]
        ids = {edge.parent_asset_id for edge in parents[:limit]} | {edge.child_asset_id for edge in children[:limit]}
        found = _assets(cursor, list(ids))
    # A relative that has been deleted or merged since its edge was read is left out.
    return FlatLineage(
        asset_id=asset.pk,
        parents=tuple(
            _relative(found[edge.parent_asset_id], edge) for edge in parents[:limit] if edge.parent_asset_id in found
        ),
        children=tuple(
            _relative(found[edge.child_asset_id], edge) for edge in children[:limit] if edge.child_asset_id in found
        ),
        truncated=len(parents) > limit or len(children) > limit,
    )


def relatives(asset: Asset, *, is_up: bool, cursor: str = "", size: int = 50) -> RelativesPage:
    """Read a page of one asset's direct parents or children, in three statements; late pages are as fast as the first.

    Args:
        asset: the asset itself; the caller has checked who owns it.
        is_up: list its parents, else its children.
        cursor: "" for the first page, or an earlier page's `next_cursor`.
        size: assets on the page, 1–200.

    Returns:
        Relatives by the lowest sequence_order of their edges, then by id, like `neighborhood`.

    Raises:
        InvalidCursor: the cursor was not written by this function.
    """
    after = read_cursor(cursor, [read_number, read_number]) if cursor else _BEFORE_ALL
    with connection.cursor() as database:
        database.execute(_PARENTS_PAGE if is_up else _CHILDREN_PAGE, [asset.pk, *after, size + 1])
        keys = database.fetchall()
        ids = [asset_id for _, asset_id in keys[:size]]
        found = _assets(database, ids)
        database.execute(_EDGES_TO_PARENTS if is_up else _EDGES_TO_CHILDREN, [asset.pk, ids])
        edges = _by_relative([read_edge(row) for row in database.fetchall()], is_up)
    return RelativesPage(
        items=tuple(_related(found[pk], edges[pk]) for pk in ids if pk in found),
        total=asset.parent_count if is_up else asset.child_count,
        next_cursor=write_cursor(keys[size - 1]) if len(keys) > size else None,
    )


def _assets(cursor: Any, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    cursor.execute(_ASSETS, [ids])
    return {row[0]: row for row in cursor.fetchall()}


def _relative(row: tuple[Any, ...], edge: GraphEdge) -> Relative:
    asset, (parent_count, child_count) = read_asset(row)
    return Relative(
        asset=asset,
        edge_id=edge.id,
        relation_type=edge.relation_type,
        operation_type=edge.operation_type,
        sequence_order=edge.sequence_order,
        evidence=edge.evidence,
        parent_start_time=edge.parent_start_time,
        parent_end_time=edge.parent_end_time,
        parent_frame=edge.parent_frame,
        transformation=edge.transformation,
        parent_count=parent_count,
        child_count=child_count,
    )


def _related(row: tuple[Any, ...], edges: Sequence[GraphEdge]) -> RelatedAsset:
    asset, (parent_count, child_count) = read_asset(row)
    return RelatedAsset(asset, parent_count, child_count, tuple(edges))


def _by_relative(edges: Sequence[GraphEdge], is_up: bool) -> dict[int, list[GraphEdge]]:
    by_relative: dict[int, list[GraphEdge]] = defaultdict(list)
    for edge in edges:
        by_relative[edge.parent_asset_id if is_up else edge.child_asset_id].append(edge)
    return by_relative
