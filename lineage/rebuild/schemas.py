"""JSON schemas of rebuilds and previews."""

from __future__ import annotations

from datetime import datetime
from itertools import permutations
from typing import Annotated, Any, Literal, Self

from django.urls import reverse
from ninja import Schema
from pydantic import ConfigDict, Field, model_validator

from common.runs import RunState
from common.runs.progress import progress_of
from common.schemas import Body, JsonBool, StrictRowId
from common.vocabulary import MediaType, OperationType, RelationType
from lineage.models import RebuildFinding, RebuildMode, RebuildRun
from lineage.rebuild.batch import RebuildStatus
from lineage.rebuild.preview import AssetPreview, totals
from providers.registry import provider_ids

REBUILD_IDS_MAX = 100_000
PROBLEMS_SHOWN = 200

AssetIds = Annotated[list[StrictRowId], Field(max_length=REBUILD_IDS_MAX)]


ProviderId = Annotated[str, Field(max_length=40, json_schema_extra={"enum": list(provider_ids())})]


def _one_of_two(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [_given(one, other) for one, other in permutations(("asset_ids", "scope"))]


def _given(one: str, other: str) -> dict[str, Any]:
    null = {"type": "null"}
    return {"required": [one], "properties": {one: {"not": null}, other: null}}


class RebuildRequest(Body):
    """The assets to rebuild: a list of ids, or with `scope` the whole library (of one provider).

    `clear_existing` false only adds edges; true also deletes those that the stored payloads no longer give.
    """

    model_config = ConfigDict(json_schema_extra=_one_of_two)

    asset_ids: AssetIds | None = None
    scope: Literal["current_user"] | None = None
    provider_id: ProviderId | None = None
    clear_existing: JsonBool = True

    @model_validator(mode="after")
    def check_scope(self) -> Self:
        """Refuse both or none of the two, and an unknown provider."""
        if (self.asset_ids is None) == (self.scope is None):
            raise ValueError("give either asset_ids or scope")
        if self.provider_id is not None and self.provider_id not in provider_ids():
            raise ValueError("there is no such provider")
        return self


class ApplyRequest(Body):
    """The assets of a preview to rebuild; null for those selected on its page, which are at first all changed ones."""

    asset_ids: AssetIds | None = None


class RebuildResultAnswer(Schema):
    """The changes to one asset's parents; `reason` lists refused parents or is the error."""

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


class PreviewParentAnswer(Schema):
    """The parent of an edge that would be added or removed; `asset_id` is null for a stub that would be created."""

    asset_id: int | None
    media_type: MediaType
    provider_id: str
    is_stub: bool
    description: str
    name: str


class PreviewEdgeAnswer(Schema):
    """An edge that would be added or removed; `differs_in` lists the changed fields of one that is replaced."""

    parent: PreviewParentAnswer
    relation_type: RelationType
    operation_type: OperationType
    sequence_order: int
    parent_start_time: float | None
    parent_end_time: float | None
    parent_frame: int | None = None
    transformation: Any
    differs_in: list[str]


class PreviewResultAnswer(Schema):
    """The changes that a rebuild would make to one asset's parents; `unchanged` counts the edges it would keep."""

    asset_id: int
    added: list[PreviewEdgeAnswer]
    removed: list[PreviewEdgeAnswer]
    unchanged: int
    status: RebuildStatus
    reason: str


class PreviewAnswer(Schema):
    """The changes that a rebuild would make: totals, and one result for each asset. Nothing has been written."""

    count: int
    added: int
    removed: int
    unchanged: int
    results: list[PreviewResultAnswer]

    @classmethod
    def of(cls, previews: list[AssetPreview]) -> PreviewAnswer:
        """Return the answer for these assets."""
        added, removed, unchanged = totals(previews)
        results = [PreviewResultAnswer.from_orm(found) for found in previews]
        return cls(count=len(results), added=added, removed=removed, unchanged=unchanged, results=results)


class ProblemAnswer(Schema):
    """An asset with a note."""

    asset_id: int
    status: RebuildStatus
    reason: str


class RebuildRunAnswer(Schema):
    """A rebuild or preview and its progress; `problems` lists the first assets with a note.

    In a preview, the edge counts are those that a rebuild would write and remove. `look_id` is the preview that a
    rebuild applies. `was_import_running` is true when an import was still adding assets without lineage as the rebuild
    ended, so that another rebuild is needed after it.
    """

    id: int
    mode: RebuildMode
    look_id: int | None
    state: RunState
    is_open: bool
    is_resumable: bool
    provider_id: str
    clear_existing: bool
    total_count: int
    done_count: int
    changed_count: int
    noted_count: int
    new_edges: int
    removed_edges: int
    unchanged_edges: int
    was_import_running: bool
    problems: list[ProblemAnswer]
    error: str
    fraction: float
    assets_per_second: float | None
    seconds_left: float | None
    cancel_requested_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    progress_at: datetime | None
    finished_at: datetime | None
    url: str

    @classmethod
    def of(cls, run: RebuildRun, *, now: datetime) -> RebuildRunAnswer:
        """Build the answer for one run at one moment; reads its problems in one statement, if it has any."""
        progress = progress_of(run, now=now)
        noted = run.findings.exclude(status=RebuildStatus.OK, reason="").order_by("asset_id", "pk")[:PROBLEMS_SHOWN]
        return cls.model_validate(
            {
                **{name: getattr(run, name) for name in cls.model_fields if hasattr(run, name)},
                "look_id": run.preview_id,
                "problems": [ProblemAnswer.from_orm(row) for row in noted] if run.noted_count else [],
                "error": run.error_text,
                "fraction": progress.fraction or 0.0,
                "assets_per_second": progress.per_second,
                "seconds_left": progress.time_left.total_seconds() if progress.time_left is not None else None,
                "url": reverse("api:rebuild_run", args=[run.pk]),
            }
        )


class RebuildRunList(Schema):
    """Rebuilds and previews, newest first."""

    items: list[RebuildRunAnswer]
    total: int
    limit: int
    offset: int


class RebuildStarted(Schema):
    """A run was started because there are too many assets to answer at once: poll its `url`."""

    run: RebuildRunAnswer


class FindingAnswer(Schema):
    """An asset that a run changed, would change, or has a note on.

    `added` and `removed` hold the edges themselves for a preview and are empty for a rebuild, which counts them.
    """

    asset_id: int
    status: RebuildStatus
    reason: str
    added_count: int
    removed_count: int
    added: list[PreviewEdgeAnswer]
    removed: list[PreviewEdgeAnswer]
    unchanged: int
    is_chosen: bool

    @classmethod
    def of(cls, row: RebuildFinding) -> FindingAnswer:
        """Return the answer for one row."""
        return cls.model_validate(
            {
                **{name: getattr(row, name) for name in ("asset_id", "status", "reason", "unchanged", "is_chosen")},
                "added_count": row.added,
                "removed_count": row.removed,
                "added": row.edges.get("added", []),
                "removed": row.edges.get("removed", []),
            }
        )


class FindingList(Schema):
    """Results of single assets of a run, changed ones first."""

    items: list[FindingAnswer]
    total: int
    limit: int
    offset: int
