"""JSON schemas of lineage."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field, field_validator

from common.schemas import WHOLE, Day
from common.vocabulary import AssetStatus, Evidence, MediaType, OperationType, RelationType
from lineage.graph.query import (
    DEPTH_DEFAULT,
    DEPTH_MAX,
    FAN_OUT_MAX,
    NODES_DEFAULT,
    NODES_MAX,
    SIDES_PATTERN,
    AssetFilter,
    Direction,
    NeighborhoodQuery,
    hops,
    read_closed,
    read_opened,
)
from lineage.graph.relatives import RELATIVES_PAGE_MAX, Relative


class NeighborhoodParams(Schema):
    """Depth, caps and filters of a neighborhood; `up` and `down` override `direction` and `max_depth`.

    Days are inclusive, in your time zone.
    """

    direction: Direction = Direction.BOTH
    max_depth: Annotated[int, Field(ge=1, le=DEPTH_MAX), WHOLE] = DEPTH_DEFAULT
    max_nodes: Annotated[int, Field(ge=1, le=NODES_MAX), WHOLE] = NODES_DEFAULT
    up: Annotated[int, Field(ge=0, le=DEPTH_MAX), WHOLE] | None = None
    down: Annotated[int, Field(ge=0, le=DEPTH_MAX), WHOLE] | None = None
    fan_out: Annotated[int, Field(ge=1, le=FAN_OUT_MAX), WHOLE] | None = None
    open: Annotated[str, Field(max_length=5_000, pattern=SIDES_PATTERN)] = ""
    close: Annotated[str, Field(max_length=5_000, pattern=SIDES_PATTERN)] = ""
    provider_id: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9_-]*$")] = ""
    operation_type: OperationType | None = None
    media_type: MediaType | None = None
    made_after: Day | None = None
    made_before: Day | None = None

    @field_validator("open", "close")
    @classmethod
    def check_sides(cls, text: str) -> str:
        """Refuse a text that is not a list of sides."""
        read_opened(text)
        return text

    @property
    def query(self) -> NeighborhoodQuery:
        """Return the query with these parameters."""
        up, down = hops(self.direction, self.max_depth)
        return NeighborhoodQuery(
            up=up if self.up is None else self.up,
            down=down if self.down is None else self.down,
            max_nodes=self.max_nodes,
            fan_out=self.fan_out,
            opened=read_opened(self.open),
            closed=read_closed(self.close),
            asset_filter=AssetFilter(
                self.provider_id, self.operation_type or "", self.media_type or "", self.made_after, self.made_before
            ),
        )


class Part(BaseModel):
    """A part of an answer of which there may be thousands, read from dataclasses."""

    model_config = ConfigDict(from_attributes=True)


class GraphAssetAnswer(Part):
    """An asset in a graph; unknown texts are "".

    `deleted_at` is set on a stub that replaces a deleted asset because it has children.
    """

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
    operation_type: OperationType
    deleted_at: datetime | None


class GraphNodeAnswer(Part):
    """An asset at its distance from the root, parents negative; the counts include all its relatives.

    `hidden_parents` and `hidden_children` count those that are not among the nodes. `is_on_the_way` is true for an
    asset that does not match the filters but connects one that does to the root.
    """

    asset: GraphAssetAnswer
    depth: int
    parent_count: int
    child_count: int
    hidden_parents: int
    hidden_children: int
    is_on_the_way: bool


class UseAnswer(Part):
    """One use of a parent; times are seconds in the parent, `transformation` is the provider's data on this use."""

    relation_type: RelationType
    operation_type: OperationType
    sequence_order: int
    evidence: Evidence
    parent_start_time: float | None
    parent_end_time: float | None
    parent_frame: int | None
    transformation: Any


class GraphEdgeAnswer(UseAnswer):
    """One edge of the graph, by its id; a rebuild that changes an edge gives it another id."""

    id: int
    parent_asset_id: int
    child_asset_id: int


class LineageAnswer(Schema):
    """The neighborhood of one asset, nearest first; `truncated` is true when a cap left out assets within the depth."""

    root_asset_id: int
    nodes: list[GraphNodeAnswer]
    edges: list[GraphEdgeAnswer]
    truncated: bool


class RelativeAnswer(GraphAssetAnswer, UseAnswer):
    """A direct parent or child, once for each edge to it."""

    edge_id: int
    parent_count: int
    child_count: int


class FlatLineageAnswer(Schema):
    """The direct relatives of one asset; `truncated` is true when a side has more than is listed."""

    asset_id: int
    parents: list[RelativeAnswer]
    children: list[RelativeAnswer]
    truncated: bool


class RelativesQuery(Schema):
    """A side of an asset and a page of it; `cursor` is the previous page's `next_cursor`."""

    side: Literal["parents", "children"]
    cursor: Annotated[str, Field(max_length=500)] = ""
    limit: Annotated[int, Field(ge=1, le=RELATIVES_PAGE_MAX), WHOLE] = 50


class RelatedAssetAnswer(Part):
    """A direct parent or child, once, with its own totals and all edges to it."""

    asset: GraphAssetAnswer
    parent_count: int
    child_count: int
    edges: list[GraphEdgeAnswer]


class RelativesAnswer(Schema):
    """A page of one side; `total` counts all of the side, `next_cursor` is null on the last page."""

    items: list[RelatedAssetAnswer]
    total: int
    next_cursor: str | None


def relative(found: Relative) -> dict[str, Any]:
    """Return a relative as one object with the fields of its asset and of the edge."""
    of_asset = {name: getattr(found.asset, name) for name in GraphAssetAnswer.model_fields}
    of_edge = {name: getattr(found, name) for name in (*UseAnswer.model_fields, *_TOTALS)}
    return of_asset | of_edge


_TOTALS = ("edge_id", "parent_count", "child_count")
