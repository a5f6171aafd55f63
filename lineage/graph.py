"""The only reader of the graph."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from assets.models import Asset

DEPTH_MAX = 50
NODES_MAX = 2_000

# One statement walks both ways, level by level, inside the database (see the migration named walk): parents come back
# at negative depth. By the unique index upwards and lineage_edge_children downwards.
_WALK = """
SELECT asset_id, depth FROM lineage_walk(%(root)s, %(up)s, %(down)s, %(max_depth)s, %(max_nodes)s)
"""

_ASSETS = """
SELECT a.id, a.media_type, a.provider_id, a.provider_asset_id, a.thumbnail_url, a.remote_url,
       coalesce(nullif(a.title, ''), left(a.prompt, 300)), a.status, a.is_stub, a.provider_created_at,
       a.duration_seconds, a.parent_count, a.child_count
FROM assets_asset a WHERE a.id = ANY(%s)
"""

_EDGES_BETWEEN = """
SELECT parent_id, child_id, relation_type, operation_type, sequence_order, evidence, parent_start_time,
       parent_end_time, transformation::text
FROM lineage_lineageedge WHERE child_id = ANY(%(ids)s) AND parent_id = ANY(%(ids)s)
ORDER BY child_id, sequence_order, id
"""

_RELATIVE = """
SELECT e.parent_id, e.child_id, e.relation_type, e.operation_type, e.sequence_order, e.evidence, e.parent_start_time,
       e.parent_end_time, e.transformation::text
FROM lineage_lineageedge e
"""
_PARENTS = _RELATIVE + "WHERE e.child_id = %s ORDER BY e.sequence_order, e.id LIMIT %s"
_CHILDREN = _RELATIVE + "WHERE e.parent_id = %s ORDER BY e.child_id, e.sequence_order, e.id LIMIT %s"


class Direction(StrEnum):
    """Which way to walk from an asset."""

    BOTH = "both"
    PARENTS = "parents"
    CHILDREN = "children"


@dataclass(frozen=True, slots=True)
class GraphAsset:
    """What a drawing needs to know of an asset; texts that are not known are ""."""

    id: int
    media_type: str
    provider_id: str
    provider_asset_id: str
    thumbnail_url: str
    remote_url: str
    description: str
    status: str
    is_stub: bool
    provider_created_at: datetime | None
    duration_seconds: float | None


@dataclass(frozen=True, slots=True)
class GraphNode:
    """An asset at its distance from the root: parents negative, children positive, with its own totals."""

    asset: GraphAsset
    depth: int
    parent_count: int
    child_count: int


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """One edge; times are seconds in the parent, `transformation` is what the provider said of this use."""

    parent_asset_id: int
    child_asset_id: int
    relation_type: str
    operation_type: str
    sequence_order: int
    evidence: str
    parent_start_time: float | None
    parent_end_time: float | None
    transformation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LineageGraph:
    """The neighborhood of one asset. `truncated` says that the cap on nodes left something out."""

    root_asset_id: int
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Relative:
    """A direct parent or child of an asset, once for each edge to it."""

    asset: GraphAsset
    relation_type: str
    operation_type: str
    sequence_order: int
    evidence: str
    parent_start_time: float | None
    parent_end_time: float | None
    transformation: dict[str, Any]
    parent_count: int
    child_count: int


@dataclass(frozen=True, slots=True)
class FlatLineage:
    """The direct relatives of one asset; `truncated` says that a side held more than the limit."""

    asset_id: int
    parents: tuple[Relative, ...]
    children: tuple[Relative, ...]
    truncated: bool


def neighborhood(root: Asset, *, direction: Direction, max_depth: int, max_nodes: int) -> LineageGraph:
    """Walk the lineage around one asset, nearest first, in three statements at any depth.

    Args:
        root: the asset at depth 0; the caller has checked who owns it.
        direction: which way to walk; BOTH walks up and down separately.
        max_depth: hops each way, 1–50.
        max_nodes: nodes in all, root included, 1–2,000.

    Returns:
        Nodes by |depth|, then sequence_order, then id, and all edges between them.

    Raises:
        ValueError: a bound is out of range.

    Source: domain.md §4, "Reading the graph".
    """
    if not 1 <= max_depth <= DEPTH_MAX or not 1 <= max_nodes <= NODES_MAX:
        raise ValueError(f"max_depth must be 1–{DEPTH_MAX} and max_nodes 1–{NODES_MAX}.")
    with connection.cursor() as cursor:
        # One more than asked for tells whether something is left out.
        cursor.execute(_WALK, {
            "root": root.pk, "up": direction is not Direction.CHILDREN, "down": direction is not Direction.PARENTS,
            "max_depth": max_depth, "max_nodes": max_nodes + 1,
        })  # fmt: skip
        reached = cursor.fetchall()
        depths: dict[int, int] = dict(reached[:max_nodes])
        found = _assets(cursor, list(depths))
        cursor.execute(_EDGES_BETWEEN, {"ids": list(depths)})
        edges = tuple(_edge(row) for row in cursor.fetchall())
    nodes = tuple(_node(found[asset_id], depth) for asset_id, depth in depths.items() if asset_id in found)
    return LineageGraph(root.pk, nodes, edges, truncated=len(reached) > max_nodes)


def flat(asset: Asset, *, limit: int = 1_000) -> FlatLineage:
    """The direct parents in their order, and the direct children, oldest id first; one entry for each edge.

    Args:
        asset: whose relatives; the caller has checked who owns it.
        limit: entries on each side.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PARENTS, [asset.pk, limit + 1])
        parents = cursor.fetchall()
        cursor.execute(_CHILDREN, [asset.pk, limit + 1])
        children = cursor.fetchall()
        ids = {row[0] for row in parents[:limit]} | {row[1] for row in children[:limit]}
        found = _assets(cursor, list(ids))
    return FlatLineage(
        asset_id=asset.pk,
        parents=tuple(_relative(found[row[0]], row) for row in parents[:limit]),
        children=tuple(_relative(found[row[1]], row) for row in children[:limit]),
        truncated=len(parents) > limit or len(children) > limit,
    )


def _assets(cursor: Any, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    cursor.execute(_ASSETS, [ids])
    return {row[0]: row for row in cursor.fetchall()}


def _node(row: tuple[Any, ...], depth: int) -> GraphNode:
    return GraphNode(GraphAsset(*row[:11]), depth, row[11], row[12])


def _edge(row: tuple[Any, ...]) -> GraphEdge:
    said = (*row[:8], json.loads(row[8]))
    return GraphEdge(*said)


def _relative(row: tuple[Any, ...], edge: tuple[Any, ...]) -> Relative:
    said = (*edge[2:8], json.loads(edge[8]), *row[11:13])
    return Relative(GraphAsset(*row[:11]), *said)
