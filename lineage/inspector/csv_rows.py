"""CSV rows of a neighborhood: one file of nodes and one of edges, as graph tools import them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lineage.graph.neighborhood import LineageGraph

# Tools find columns by these names, which are the API's field names: keep them stable.
NODE_COLUMNS = (
    "id",
    "description",
    "depth",
    "media_type",
    "operation_type",
    "status",
    "provider_id",
    "provider_asset_id",
    "provider_created_at",
    "duration_seconds",
    "remote_url",
    "is_stub",
    "deleted_at",
    "parent_count",
    "child_count",
    "is_on_the_way",
)
EDGE_COLUMNS = (
    "id",
    "parent_asset_id",
    "child_asset_id",
    "relation_type",
    "operation_type",
    "sequence_order",
    "evidence",
    "parent_start_time",
    "parent_end_time",
    "parent_frame",
)


def node_rows(graph: LineageGraph) -> Iterator[Sequence[Any]]:
    """Yield a header and a row for each node of the graph, nearest first."""
    yield NODE_COLUMNS
    for node in graph.nodes:
        yield [
            getattr(node, column) if hasattr(node, column) else getattr(node.asset, column) for column in NODE_COLUMNS
        ]


def edge_rows(graph: LineageGraph) -> Iterator[Sequence[Any]]:
    """Yield a header and a row for each edge of the graph; its ends are ids of nodes."""
    yield EDGE_COLUMNS
    for edge in graph.edges:
        yield [getattr(edge, column) for column in EDGE_COLUMNS]
