"""Tables for spreadsheets: a file of comma-separated values, and a picture of a family as its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common.vocabulary import Evidence, MediaType, OperationType, RelationType
from lineage.graph.neighborhood import GraphNode, LineageGraph
from lineage.graph.rows import GraphEdge

PICTURE_HEADER = (
    "row",
    "depth",
    "asset",
    "provider",
    "provider's id",
    "media",
    "description",
    "made at",
    "in the library",
    "parents",
    "children",
    "on the way",
    "edge",
    "parent",
    "child",
    "relation",
    "operation",
    "order",
    "from second",
    "to second",
    "evidence",
)


def picture_rows(graph: LineageGraph) -> list[Sequence[Any]]:
    """Exactly what a picture shows: a header, a row for each asset, then a row for each edge."""
    return [PICTURE_HEADER, *map(_asset_row, graph.nodes), *map(_edge_row, graph.edges)]


def _asset_row(node: GraphNode) -> Sequence[Any]:
    asset = node.asset
    return (
        "asset",
        node.depth,
        asset.id,
        asset.provider_id,
        asset.provider_asset_id,
        MediaType(asset.media_type).label,
        asset.description,
        asset.provider_created_at,
        not asset.is_stub,
        node.parent_count,
        node.child_count,
        node.is_on_the_way,
        None,
        None,
        None,
        None,
        OperationType(asset.operation_type).label,
        None,
        None,
        None,
        None,
    )


def _edge_row(edge: GraphEdge) -> Sequence[Any]:
    return (
        "edge",
        *[None] * 11,
        edge.id,
        edge.parent_asset_id,
        edge.child_asset_id,
        RelationType(edge.relation_type).label,
        OperationType(edge.operation_type).label,
        edge.sequence_order,
        edge.parent_start_time,
        edge.parent_end_time,
        Evidence(edge.evidence).label,
    )
