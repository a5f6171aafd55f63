"""JSON schemas of origins and impact."""

from __future__ import annotations

from typing import Annotated

from ninja import Schema
from pydantic import Field

from common.schemas import Day, Flag
from common.vocabulary import MediaType, OperationType
from lineage.graph.query import AssetFilter
from lineage.graph.schemas import GraphAssetAnswer
from lineage.origins_impact.query import ClosureSort


class ClosureParams(Schema):
    """Order and filters of a list; none is required. Days are inclusive, in your time zone."""

    sort: ClosureSort = ClosureSort.NEAREST
    provider_id: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9_-]*$")] = ""
    operation_type: OperationType | None = None
    media_type: MediaType | None = None
    made_after: Day | None = None
    made_before: Day | None = None

    @property
    def asset_filter(self) -> AssetFilter:
        """Return the filters."""
        return AssetFilter(
            self.provider_id, self.operation_type or "", self.media_type or "", self.made_after, self.made_before
        )


class OriginsParams(ClosureParams):
    """Order and filters of the origins; `originals` lists only those without parents."""

    originals: Flag = False


class ClosureItemAnswer(Schema):
    """An asset above or below another, `depth` hops away by the shortest path; the counts are of its own relatives."""

    asset: GraphAssetAnswer
    depth: int
    parent_count: int
    child_count: int


class ClosureAnswer(Schema):
    """A page of the list; `total` counts all that match, `next_cursor` is null on the last page."""

    asset_id: int
    items: list[ClosureItemAnswer]
    total: int
    limit: int
    next_cursor: str | None


class ClosureCountAnswer(Schema):
    """Number of assets; `is_more` is true when there are more than `total`, where counting stopped."""

    total: int
    is_more: bool
    by_media: dict[str, int]


class ClosureTotalsAnswer(Schema):
    """Number of ancestors (origins) and descendants (impact) of an asset."""

    asset_id: int
    origins: ClosureCountAnswer
    impact: ClosureCountAnswer
