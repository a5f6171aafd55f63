"""What the JSON API says of rebuilds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from ninja import Schema
from pydantic import Field, Strict, model_validator

from lineage.models import RebuildState
from lineage.rebuild import RebuildStatus
from providers.registry import provider_ids
from providers.schemas import Body, RowId

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
