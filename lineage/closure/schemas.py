"""What the JSON API says of origins and impact."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from ninja import Schema
from pydantic import Field

from common.vocabulary import MediaType, OperationType
from lineage.closure.query import ReachSort
from lineage.graph.query import Wanted
from lineage.graph.schemas import GraphAssetAnswer


class ReachListQuery(Schema):
    """In what order to list, and what; what is left out asks for nothing. Days are inclusive, UTC."""

    sort: ReachSort = ReachSort.NEAREST
    provider_id: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9_-]*$")] = ""
    operation_type: OperationType | None = None
    media_type: MediaType | None = None
    made_after: date | None = None
    made_before: date | None = None

    @property
    def wanted(self) -> Wanted:
        """The filters as the verb takes them."""
        return Wanted(
            self.provider_id, self.operation_type or "", self.media_type or "", self.made_after, self.made_before
        )


class ReachedAnswer(Schema):
    """An asset above or below another, `depth` hops away by the shortest way; the counts are of its own relatives."""

    asset: GraphAssetAnswer
    depth: int
    parent_count: int
    child_count: int


class ReachAnswer(Schema):
    """A page of the list; `total` counts all that is wanted, `next_cursor` is null on the last page."""

    asset_id: int
    items: list[ReachedAnswer]
    total: int
    limit: int
    next_cursor: str | None


class ReachCountAnswer(Schema):
    """How many there are; `is_more` says that there are more than `total`, where counting stopped."""

    total: int
    is_more: bool
    by_media: dict[str, int]


class ReachTotalsAnswer(Schema):
    """How much an asset was made from, and how much was made from it."""

    asset_id: int
    origins: ReachCountAnswer
    impact: ReachCountAnswer
