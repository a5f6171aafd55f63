"""Read the graph around one asset; nothing else walks edges level by level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from assets.models import Asset
from common.calendar.days import end_of_day, start_of_day
from lineage.graph.query import FAN_OUT_MAX, AssetFilter, NeighborhoodQuery
from lineage.graph.rows import ASSET_COLUMNS, EDGE_COLUMNS, GraphAsset, GraphEdge, read_asset, read_edge

# The database walks both directions level by level (see the migrations named picture): parents are returned at
# negative depth. It uses the unique index upwards and lineage_edge_uses downwards.
_NODES = f"""
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
class LineageGraph:
    """The neighborhood of one asset. `truncated` is true when a cap left out assets within the requested depth."""

    root_asset_id: int
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    truncated: bool


def neighborhood(root: Asset, query: NeighborhoodQuery) -> LineageGraph:
    """Walk the lineage around one asset, nearest first, in two statements at any depth.

    Args:
        root: the asset at depth 0; the caller has checked who owns it.
        query: depth, caps, opened and closed sides, and the filter. Caps are applied before the filter.

    Returns:
        Nodes by |depth|, then sequence_order, then id, relatives of opened sides last; and all edges between them.

    Source: domain.md §4, "Reading the graph".
    """
    with connection.cursor() as cursor:
        cursor.execute(_NODES, _arguments(root.pk, query))
        rows = cursor.fetchall()
        cursor.execute(_EDGES_BETWEEN, {"ids": [row[0] for row in rows]})
        edges = [read_edge(row) for row in cursor.fetchall()]
    parents, children = _neighbors(edges)
    nodes = [_node(row, len(parents.get(row[0], ())), len(children.get(row[0], ()))) for row in rows]
    truncated = _is_truncated(root.pk, query, nodes, parents, children)
    nodes = _filtered(nodes, edges, root.pk, query.asset_filter)
    shown = {node.asset.id for node in nodes}
    kept = tuple(edge for edge in edges if edge.parent_asset_id in shown and edge.child_asset_id in shown)
    return LineageGraph(root.pk, tuple(nodes), kept, truncated)


def _arguments(root_id: int, query: NeighborhoodQuery) -> dict[str, Any]:
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
    asset, (depth, parent_count, child_count) = read_asset(row)
    # A count can be smaller than the number of shown relatives only on rows written without triggers.
    hidden = max(0, parent_count - shown_parents), max(0, child_count - shown_children)
    return GraphNode(asset, depth, parent_count, child_count, *hidden)


def _is_truncated(
    root_id: int,
    query: NeighborhoodQuery,
    nodes: Sequence[GraphNode],
    parents: _Neighbors,
    children: _Neighbors,
) -> bool:
    """Return whether a walk of the requested depth from the root leads to an asset that is not among the nodes."""
    closed = {is_up: {side.asset_id for side in query.closed if side.is_up is is_up} for is_up in (True, False)}
    above = {node.asset.id: node.hidden_parents for node in nodes if node.asset.id not in closed[True]}
    below = {node.asset.id: node.hidden_children for node in nodes if node.asset.id not in closed[False]}
    return _has_hidden(root_id, query.up, parents, above) or _has_hidden(root_id, query.down, children, below)


def _has_hidden(root_id: int, hops: int, neighbors: _Neighbors, hidden: Mapping[int, int]) -> bool:
    """Return whether an asset within this many hops has hidden neighbors; assets missing in `hidden` are closed."""
    seen = level = {root_id}
    for _ in range(hops):
        walked = level & hidden.keys()
        if any(hidden[asset_id] for asset_id in walked):
            return True
        level = {other for asset_id in walked for other in neighbors.get(asset_id, ())} - seen
        seen = seen | level
    return False


def _filtered(
    nodes: list[GraphNode], edges: Sequence[GraphEdge], root_id: int, asset_filter: AssetFilter
) -> list[GraphNode]:
    """Return the nodes that match and those that connect them to the root, which is always kept."""
    if asset_filter.is_empty:
        return nodes
    matching = {node.asset.id for node in nodes if _matches(node.asset, asset_filter)} | {root_id}
    connecting = _connecting(nodes, edges, matching)
    return [
        replace(node, is_on_the_way=node.asset.id not in matching)
        for node in nodes
        if node.asset.id in matching or node.asset.id in connecting
    ]


def _matches(asset: GraphAsset, asset_filter: AssetFilter) -> bool:
    made_at, after, before = asset.provider_created_at, asset_filter.made_after, asset_filter.made_before
    return (
        asset_filter.provider_id in ("", asset.provider_id)
        and asset_filter.operation_type in ("", asset.operation_type)
        and asset_filter.media_type in ("", asset.media_type)
        and not (after and (made_at is None or made_at < start_of_day(after)))
        and not (before and (made_at is None or made_at >= end_of_day(before)))
    )


def _connecting(nodes: Sequence[GraphNode], edges: Sequence[GraphEdge], matching: set[int]) -> set[int]:
    """Return the ids on one shortest path from each matching asset to the root, the matching ones left out."""
    depth = {node.asset.id: node.depth for node in nodes}
    place = {asset_id: index for index, asset_id in enumerate(depth)}
    parents, children = _neighbors(edges)
    connecting: set[int] = set()
    waiting = list(matching)
    while waiting:
        asset_id = waiting.pop()
        # Nodes are sorted nearest first, so the neighbor with the first place is on a shortest path.
        near = parents.get(asset_id, set()) | children.get(asset_id, set())
        nearest = min(near, key=lambda other: place[other], default=asset_id)
        if place[nearest] < place[asset_id] and nearest not in matching and nearest not in connecting:
            connecting.add(nearest)
            waiting.append(nearest)
    return connecting


def _neighbors(edges: Sequence[GraphEdge]) -> tuple[_Neighbors, _Neighbors]:
    """Return the shown parents of each asset, and its shown children."""
    parents: dict[int, set[int]] = defaultdict(set)
    children: dict[int, set[int]] = defaultdict(set)
    for edge in edges:
        parents[edge.child_asset_id].add(edge.parent_asset_id)
        children[edge.parent_asset_id].add(edge.child_asset_id)
    return parents, children


_Neighbors = Mapping[int, set[int]]
