"""What the JSON API says of lineage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema

from lineage.graph import Relative
from providers.vocabulary import AssetStatus, Evidence, MediaType, OperationType, RelationType


class GraphAssetAnswer(Schema):
    """An asset as a drawing needs it; text that is not known is ""."""

    id: int
    media_type: MediaType
    provider_id: str
    provider_asset_id: str
    thumbnail_url: str
    remote_url: str
    description: str
    status: AssetStatus
    is_stub: bool
    provider_created_at: datetime | None
    duration_seconds: float | None


class GraphNodeAnswer(Schema):
    """An asset at its distance from the root, parents negative; the counts are of all its relatives."""

    asset: GraphAssetAnswer
    depth: int
    parent_count: int
    child_count: int


class UseAnswer(Schema):
    """How a parent was used: times are seconds in the parent, `transformation` is what the provider said of it."""

    relation_type: RelationType
    operation_type: OperationType
    sequence_order: int
    evidence: Evidence
    parent_start_time: float | None
    parent_end_time: float | None
    transformation: Any


class GraphEdgeAnswer(UseAnswer):
    """One edge of the graph."""

    parent_asset_id: int
    child_asset_id: int


class LineageAnswer(Schema):
    """The neighborhood of one asset, nearest first; `truncated` says that `max_nodes` left something out."""

    root_asset_id: int
    nodes: list[GraphNodeAnswer]
    edges: list[GraphEdgeAnswer]
    truncated: bool


class RelativeAnswer(GraphAssetAnswer, UseAnswer):
    """A direct parent or child, once for each edge to it."""

    parent_count: int
    child_count: int


class FlatLineageAnswer(Schema):
    """The direct relatives of one asset; `truncated` says that a side holds more than is listed."""

    asset_id: int
    parents: list[RelativeAnswer]
    children: list[RelativeAnswer]
    truncated: bool


def relative(found: Relative) -> dict[str, Any]:
    """A relative with its asset's fields beside those of the edge."""
    of_asset = {name: getattr(found.asset, name) for name in GraphAssetAnswer.model_fields}
    of_edge = {name: getattr(found, name) for name in (*UseAnswer.model_fields, "parent_count", "child_count")}
    return of_asset | of_edge
