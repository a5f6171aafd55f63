"""What the JSON API says of lineage."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from ninja import Schema
from pydantic import Field, Strict, model_validator

from lineage.graph import Relative
from lineage.models import RebuildState
from lineage.rebuild import RebuildStatus
from providers.registry import provider_ids
from providers.schemas import Body, RowId
from providers.vocabulary import AssetStatus, Evidence, MediaType, OperationType, RelationType

REBUILD_IDS_MAX = 100_000


class RebuildRequest(Body):
    """What to rebuild: these assets, or with `scope` the whole library (of one provider).

    `clear_existing` false only adds edges; true also removes those that the stored payloads no longer give.
    """

    asset_ids: Annotated[list[Annotated[RowId, Strict()]], Field(max_length=REBUILD_IDS_MAX)] | None = None
    scope: Literal["current_user"] | None = None
    provider_id: Annotated[str, Field(max_length=40)] | None = None
    clear_existing: bool = True

    @model_validator(mode="after")
    def check_what_is_named(self) -> Self:
        """Exactly one of the two says what to rebuild, and a provider is one there is."""
        if (self.asset_ids is None) == (self.scope is None):
            raise ValueError("give either asset_ids or scope")
        if self.provider_id is not None and self.provider_id not in provider_ids():
            raise ValueError("there is no such provider")
        return self


class RebuildResultAnswer(Schema):
    """What the rebuild did to one asset's parents; `reason` says what was refused or why it failed."""

    asset_id: int
    provider_id: str
    removed_edges: int
    new_edges: int
    unchanged_edges: int
    status: RebuildStatus
    reason: str


class RebuildAnswer(Schema):
    """A finished rebuild, one result for each asset."""

    count: int
    results: list[RebuildResultAnswer]


class RebuildRunAnswer(Schema):
    """A rebuild that the worker does; `problems` lists the first assets with something to say."""

    id: int
    state: RebuildState
    provider_id: str
    clear_existing: bool
    total_count: int
    done_count: int
    new_edges: int
    removed_edges: int
    problems: list[Any]
    error: str
    created_at: datetime
    finished_at: datetime | None
    url: str


class RebuildStarted(Schema):
    """Too many assets to answer at once: ask for the run at its `url`."""

    run: RebuildRunAnswer


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
