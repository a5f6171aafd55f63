"""The only reader of the graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection

from assets.models import Asset
from lineage.graph.query import FAN_OUT_MAX, AssetFilter, NeighborhoodQuery

ASSET_COLUMNS = """
a.id, a.media_type, a.provider_id, a.provider_asset_id, a.thumbnail_url, a.remote_url,
coalesce(nullif(a.title, ''), left(a.prompt, 300)), a.status, a.is_stub, a.provider_created_at, a.duration_seconds,
a.operation_type, a.deleted_at
"""
"""The fields of GraphAsset, in their order."""

EDGE_COLUMNS = """
e.id, e.parent_id, e.child_id, e.relation_type, e.operation_type, e.sequence_order, e.evidence, e.parent_start_time,
e.parent_end_time, e.transformation::text
"""
"""What `read_edge` reads."""

# Both ways are walked level by level inside the database (see the migrations named picture): parents come back at
# negative depth. By the unique index upwards and lineage_edge_uses downwards.
_PICTURE = f"""
SELECT {ASSET_COLUMNS}, p.depth, a.parent_count, a.child_count
FROM lineage_picture(%(root)s, %(up)s, %(down)s, %(most)s, %(fan_out)s, %(opened)s::bigint[],
  %(opened_up)s::boolean[], %(opened_most)s::int[], %(closed_parents)s::bigint[], %(closed_children)s::bigint[])
  WITH ORDINALITY AS p(asset_id, depth, place)
JOIN assets_asset a ON a.id = p.asset_id ORDER BY p.place
"""

_EDGES_BETWEEN = f"""
SELECT {EDGE_COLUMNS} FROM lineage_lineageedge e WHERE e.child_id = ANY(%(ids)s) AND e.parent_id = ANY(%(ids)s)
ORDER BY e.child_id, e.sequence_order, e.id
"""


@dataclass(frozen=True, slots=True)
class GraphAsset:
    """What a drawing needs to know of an asset; texts that are not known are "".

    `deleted_at` is set on a stub that stays where its owner deleted an asset.
    """

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
    operation_type: str
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class GraphNode:
    """An asset at its distance from the root: parents negative, children positive, with its own totals.

    A relative of an opened side is one hop from the asset it was opened from. `hidden_parents` and `hidden_children`
    count the relatives that are not among the nodes. `is_on_the_way` is true for an asset that does not match the
    filter but connects one that does to the root.
    """

    asset: GraphAsset
    depth: int
    parent_count: int
    child_count: int
    hidden_parents: int = 0
    hidden_children: int = 0
    is_on_the_way: bool = False


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """One edge by its row's id; times are seconds in the parent, `transformation` is what the provider said of it."""

    id: int
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
    """The neighborhood of one asset. `truncated` says that a cap left out what is within the steps asked for."""

    root_asset_id: int
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    truncated: bool


def neighborhood(root: Asset, query: NeighborhoodQuery) -> LineageGraph:
    """The lineage around one asset, nearest first, in two statements at any depth.

    Args:
        root: the asset at depth 0; the caller has checked who owns it.
        query: depth, caps, opened and closed sides, and the filter. Caps are applied before the filter.

    Returns:
        Nodes by |depth|, then sequence_order, then id, what was opened by hand last; and all edges between them.

    Source: domain.md §4, "Reading the graph".
    """
    with connection.cursor() as cursor:
        cursor.execute(_PICTURE, _asked(root.pk, query))
        found = cursor.fetchall()
        cursor.execute(_EDGES_BETWEEN, {"ids": [row[0] for row in found]})
        edges = [read_edge(row) for row in cursor.fetchall()]
    parents, children = _neighbors(edges)
    nodes = [_node(row, len(parents.get(row[0], ())), len(children.get(row[0], ()))) for row in found]
    truncated = _falls_short(root.pk, query, nodes, parents, children)
    nodes = _pick(nodes, edges, root.pk, query.asset_filter)
    shown = {node.asset.id for node in nodes}
    kept = tuple(edge for edge in edges if edge.parent_asset_id in shown and edge.child_asset_id in shown)
    return LineageGraph(root.pk, tuple(nodes), kept, truncated)


def read_edge(row: tuple[Any, ...]) -> GraphEdge:
    """The edge of a row of EDGE_COLUMNS."""
    read = (*row[:9], orjson.loads(row[9]))
    return GraphEdge(*read)


def _asked(root_id: int, query: NeighborhoodQuery) -> dict[str, Any]:
    fan_out = min(query.fan_out or FAN_OUT_MAX, query.max_nodes)
    return {
        "root": root_id,
        "up": query.up,
        "down": query.down,
        "most": query.max_nodes,
        "fan_out": fan_out,
        "opened": [side.asset_id for side in query.opened],
        "opened_up": [side.is_up for side in query.opened],
        "opened_most": [min(times * fan_out, query.max_nodes) for times in query.opened.values()],
        "closed_parents": [side.asset_id for side in query.closed if side.is_up],
        "closed_children": [side.asset_id for side in query.closed if not side.is_up],
    }


def _node(row: tuple[Any, ...], shown_parents: int, shown_children: int) -> GraphNode:
    depth, parent_count, child_count = row[_WIDTH:]
    # A count cannot be smaller than what is shown, except on rows that triggers never saw.
    hidden = max(0, parent_count - shown_parents), max(0, child_count - shown_children)
    return GraphNode(GraphAsset(*row[:_WIDTH]), depth, parent_count, child_count, *hidden)


def _falls_short(
    root_id: int, query: NeighborhoodQuery, nodes: Sequence[GraphNode], parents: _Neighbors, children: _Neighbors
) -> bool:
    """Whether a walk of these steps from the root leads to an asset that is not among the nodes."""
    closed = {is_up: {side.asset_id for side in query.closed if side.is_up is is_up} for is_up in (True, False)}
    above = {node.asset.id: node.hidden_parents for node in nodes if node.asset.id not in closed[True]}
    below = {node.asset.id: node.hidden_children for node in nodes if node.asset.id not in closed[False]}
    return _meets_hidden(root_id, query.up, parents, above) or _meets_hidden(root_id, query.down, children, below)


def _meets_hidden(root_id: int, steps: int, neighbors: _Neighbors, hidden: Mapping[int, int]) -> bool:
    """Whether anything is hidden next to what this many steps come through; what `hidden` does not name is closed."""
    seen = level = {root_id}
    for _ in range(steps):
        walked = level & hidden.keys()
        if any(hidden[asset_id] for asset_id in walked):
            return True
        level = {other for asset_id in walked for other in neighbors.get(asset_id, ())} - seen
        seen = seen | level
    return False


def _pick(
    nodes: list[GraphNode], edges: Sequence[GraphEdge], root_id: int, asset_filter: AssetFilter
) -> list[GraphNode]:
    """The wanted nodes and those that join them to the root, which always stays."""
    if asset_filter.is_empty:
        return nodes
    picked = {node.asset.id for node in nodes if _is_wanted(node.asset, asset_filter)} | {root_id}
    joining = _joining(nodes, edges, picked)
    return [
        replace(node, is_on_the_way=node.asset.id not in picked)
        for node in nodes
        if node.asset.id in picked or node.asset.id in joining
    ]


def _is_wanted(asset: GraphAsset, asset_filter: AssetFilter) -> bool:
    made_on = asset.provider_created_at.astimezone(UTC).date() if asset.provider_created_at else None
    return (
        asset_filter.provider_id in ("", asset.provider_id)
        and asset_filter.operation_type in ("", asset.operation_type)
        and asset_filter.media_type in ("", asset.media_type)
        and not (asset_filter.made_after and (made_on is None or made_on < asset_filter.made_after))
        and not (asset_filter.made_before and (made_on is None or made_on > asset_filter.made_before))
    )


def _joining(nodes: Sequence[GraphNode], edges: Sequence[GraphEdge], picked: set[int]) -> set[int]:
    """What lies between the root and the picked: for each of them, one nearer neighbor, and so on."""
    depth = {node.asset.id: node.depth for node in nodes}
    place = {asset_id: index for index, asset_id in enumerate(depth)}
    parents, children = _neighbors(edges)
    joining: set[int] = set()
    waiting = list(picked)
    while waiting:
        asset_id = waiting.pop()
        # Nodes come nearest first, so the neighbor with the first place is on a shortest way.
        near = parents.get(asset_id, set()) | children.get(asset_id, set())
        nearest = min(near, key=lambda other: place[other], default=asset_id)
        if place[nearest] < place[asset_id] and nearest not in picked and nearest not in joining:
            joining.add(nearest)
            waiting.append(nearest)
    return joining


def _neighbors(edges: Sequence[GraphEdge]) -> tuple[_Neighbors, _Neighbors]:
    """The shown parents of each asset, and its shown children."""
    parents: dict[int, set[int]] = defaultdict(set)
    children: dict[int, set[int]] = defaultdict(set)
    for edge in edges:
        parents[edge.child_asset_id].add(edge.parent_asset_id)
        children[edge.parent_asset_id].add(edge.child_asset_id)
    return parents, children


_WIDTH = len(fields(GraphAsset))

_Neighbors = Mapping[int, set[int]]
