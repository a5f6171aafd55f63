"""Assets and edges of the graph, with the columns that their rows are read from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from common.json_storage import from_jsonb

# The fields of GraphAsset, in their order; `a` is assets_asset.
ASSET_COLUMNS = """
a.id, a.media_type, a.provider_id, a.provider_asset_id, a.thumbnail_url, a.remote_url,
coalesce(nullif(a.own_title, ''), nullif(a.title, ''), left(a.prompt, 300)), a.status, a.is_stub,
a.provider_created_at, a.duration_seconds, a.operation_type, a.deleted_at
"""

# The fields of GraphEdge, in their order; `e` is lineage_lineageedge.
EDGE_COLUMNS = """
e.id, e.parent_id, e.child_id, e.relation_type, e.operation_type, e.sequence_order, e.evidence, e.parent_start_time,
e.parent_end_time, e.parent_frame, e.transformation::text
"""


@dataclass(frozen=True, slots=True)
class GraphAsset:
    """An asset as graphs and lists show it; unknown texts are "".

    `deleted_at` is set on a stub that replaces an asset deleted by its owner.
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
class GraphEdge:
    """One edge; times are seconds in the parent, and its frame is counted from 0.

    `transformation` is the provider's data on this use.
    """

    id: int
    parent_asset_id: int
    child_asset_id: int
    relation_type: str
    operation_type: str
    sequence_order: int
    evidence: str
    parent_start_time: float | None
    parent_end_time: float | None
    parent_frame: int | None
    transformation: dict[str, Any]


def read_asset(row: tuple[Any, ...]) -> tuple[GraphAsset, tuple[Any, ...]]:
    """Return the asset of a row that begins with ASSET_COLUMNS, and the values of the columns after them."""
    return GraphAsset(*row[:_ASSET_WIDTH]), row[_ASSET_WIDTH:]


def read_edge(row: tuple[Any, ...]) -> GraphEdge:
    """Return the edge of a row of EDGE_COLUMNS."""
    values = (*row[:-1], from_jsonb(row[-1]))
    return GraphEdge(*values)


_ASSET_WIDTH = len(fields(GraphAsset))
