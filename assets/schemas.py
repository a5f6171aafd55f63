"""What the JSON API says of the library, of scans and of imports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from ninja import Query, Schema
from pydantic import Field

from assets.known import ScannedItem
from assets.library import LibraryFilter
from assets.models import Asset
from assets.parameters import PARAMETER_WORDS
from assets.sync import ImportReport, ScanReport
from providers.base import RemoteList
from providers.errors import ProviderError
from providers.records import InvalidItem
from providers.schemas import OFFSET_MAX, Body, RowId
from providers.vocabulary import AssetStatus, MediaType, NameKind, OperationType, Origin

IMPORT_SIZE_MAX = 500

# How items of each list call their provider's id.
ID_FIELDS = {RemoteList.VIDEOS: "video_id", RemoteList.IMAGES: "image_id", RemoteList.AUDIO: "audio_id"}


class InvalidAnswer(Schema):
    """An item that could not be read, and why; `id` is "" when it names none."""

    id: str
    reason: str


class ScannedAnswer(Schema):
    """One remote item; `asset_id` without `already_imported` is a stub, known only as a parent so far."""

    already_imported: bool
    asset_id: int | None
    raw: Any


class ScannedVideo(ScannedAnswer):
    """A remote video."""

    video_id: str


class ScannedImage(ScannedAnswer):
    """A remote image."""

    image_id: str


class ScannedAudio(ScannedAnswer):
    """A remote piece of audio."""

    audio_id: str


class ScannedList(Schema):
    """One window of a remote list; `total_remote` is null when the provider gives no total.

    `deleted_here` counts items that you deleted in Stemma: an import leaves them out.
    """

    total_remote: int | None
    existing_count: int
    deleted_here: int
    scanned: int
    has_more: bool
    invalid: list[InvalidAnswer]


class ScannedVideos(ScannedList):
    """One window of the videos."""

    items: list[ScannedVideo]


class ScannedImages(ScannedList):
    """One window of the images."""

    items: list[ScannedImage]


class ScannedAudios(ScannedList):
    """One window of the audio."""

    items: list[ScannedAudio]


class ScanAnswer(Schema):
    """What a window of the remote library holds and which of it is here; a list that was not asked for is null."""

    provider_id: str
    account_id: int
    limit: int
    offset: int
    videos: ScannedVideos | None
    images: ScannedImages | None
    audio: ScannedAudios | None


class ImportMode(StrEnum):
    """Which lists to import from; BOTH is videos and images, ALL is whatever the provider has."""

    VIDEOS = "videos"
    IMAGES = "images"
    AUDIO = "audio"
    BOTH = "both"
    ALL = "all"


class ImportRequest(Body):
    """Which window of which lists to import."""

    mode: ImportMode = ImportMode.BOTH
    limit: Annotated[int, Field(ge=1, le=IMPORT_SIZE_MAX)] = 50
    offset: Annotated[int, Field(ge=0, le=OFFSET_MAX)] = 0
    create_lineage: bool = False


class ListError(Schema):
    """Why one list could not be read, in the words of a problem document."""

    code: str
    title: str
    detail: str
    next_step: str


class ImportedList(Schema):
    """What a window of one list became; with an `error` nothing of it was stored and nothing is known of the rest."""

    created: int = 0
    skipped_existing: int = 0
    completed: int = 0
    merged: int = 0
    deleted_here: int = 0
    scanned: int = 0
    invalid: list[InvalidAnswer] = []
    total_remote: int | None = None
    has_more: bool | None = None
    lineage_failed: bool = False
    error: ListError | None = None


class ImportAnswer(Schema):
    """What an import did, list by list; a list that was not asked for is null."""

    provider_id: str
    account_id: int
    videos: ImportedList | None
    images: ImportedList | None
    audio: ImportedList | None


class AssetSummary(Schema):
    """An asset as lists show it; text that is not known is "".

    `not_listed_since` is when the provider was first found not to list it any more, null while it does. `deleted_at` is
    set on a stub that stays of an asset deleted here, because others were made from it.
    """

    id: int
    provider_id: str
    provider_asset_id: str
    account_id: int | None
    media_type: MediaType
    status: AssetStatus
    origin: Origin
    is_stub: bool
    operation_type: OperationType
    description: str
    title: str
    prompt: str
    model_name: str
    remote_url: str
    thumbnail_url: str
    width: int | None
    height: int | None
    duration_seconds: float | None
    provider_created_at: datetime | None
    created_at: datetime
    updated_at: datetime
    not_listed_since: datetime | None
    deleted_at: datetime | None
    parent_count: int
    child_count: int


class ReferenceAnswer(Schema):
    """One name by which a provider knows the asset; hearsay is a name that only a child's payload gave."""

    kind: NameKind
    value: str
    provider_id: str
    is_hearsay: bool


class MergeAnswer(Schema):
    """Another asset that turned out to be this one."""

    absorbed_id: int | None
    absorbed_provider_asset_id: str
    merged_at: datetime


class AssetDetail(AssetSummary):
    """An asset with every name it has and the provider's payload as it came."""

    last_frame_url: str
    references: list[ReferenceAnswer]
    parameters: dict[str, Any]
    media_metadata: Any
    merges: list[MergeAnswer]

    @staticmethod
    def resolve_references(asset: Asset) -> list[Any]:
        """Its own names first."""
        return list(asset.references.order_by("is_hearsay", "kind", "value", "pk"))

    @staticmethod
    def resolve_parameters(asset: Asset) -> dict[str, Any]:
        """The wishes that its payload names in words several providers use."""
        payload = asset.media_metadata if isinstance(asset.media_metadata, Mapping) else {}
        return {name: payload[name] for name in PARAMETER_WORDS if payload.get(name) not in (None, "")}

    @staticmethod
    def resolve_merges(asset: Asset) -> list[Any]:
        """The oldest merge first."""
        return list(asset.merges.defer("absorbed_payload").order_by("merged_at", "pk"))


class LibraryQuery(Schema):
    """What to list; what is left out shows everything. Days are inclusive, UTC.

    `made_from` and `used_in` name an asset by its id here or a name a provider has for it. `q` is words of the prompt
    or title, and among them `made-from:<asset>`, `used-in:<asset>`, `is:related`, `is:orphan` and `is:root`.
    `include_relatives` adds the parents and children of what matches.
    """

    provider_id: Annotated[str, Query(max_length=40, pattern=r"^[a-z0-9_-]*$")] = ""
    account_id: RowId | None = None
    media_type: MediaType | None = None
    operation_type: OperationType | None = None
    status: AssetStatus | None = None
    made_after: date | None = None
    made_before: date | None = None
    lineage: Literal["", "related", "orphan", "root"] = ""
    made_from: Annotated[str, Query(max_length=500)] = ""
    used_in: Annotated[str, Query(max_length=500)] = ""
    q: Annotated[str, Query(max_length=500)] = ""
    include_stubs: bool = False
    include_relatives: bool = False
    sort: Literal["newest", "oldest"] = "newest"

    def filter(self) -> LibraryFilter:
        """The same as the library reads it."""
        return LibraryFilter(
            provider_id=self.provider_id,
            account_id=self.account_id,
            media_type=self.media_type or "",
            operation_type=self.operation_type or "",
            status=self.status or "",
            made_after=self.made_after,
            made_before=self.made_before,
            lineage=self.lineage,
            made_from=self.made_from,
            used_in=self.used_in,
            text=self.q,
            show_stubs=self.include_stubs,
            show_relatives=self.include_relatives,
            sort=self.sort,
        )


class AssetList(Schema):
    """A page of the library; `total` is counted only when asked for, and null otherwise."""

    items: list[AssetSummary]
    limit: int
    next_cursor: str | None
    previous_cursor: str | None
    total: int | None = None


class RemovalForeseen(Schema):
    """What deleting an asset would do, and what hangs on it.

    `stays_as_stub` says that others were made from it, so that its mark stays. `stub_ids` are the sources known only
    through it, which would go as well. `run_count` is of the runs whose reports name it.
    """

    asset_id: int
    stays_as_stub: bool
    parent_count: int
    child_count: int
    descendant_count: int
    name_count: int
    merge_count: int
    run_count: int
    stub_ids: list[int]


def scanned_list(report: ScanReport) -> dict[str, Any]:
    """A scan's report in the words of the API."""
    id_field = ID_FIELDS[report.remote_list]
    return {
        "total_remote": report.total,
        "existing_count": report.existing_count,
        "deleted_here": report.deleted_count,
        "scanned": report.scanned,
        "has_more": report.has_more,
        "invalid": [_invalid(item) for item in report.invalid],
        "items": [_scanned(item, id_field) for item in report.items],
    }


def imported_list(report: ImportReport | ProviderError) -> dict[str, Any]:
    """An import's report in the words of the API, or why there is none."""
    if isinstance(report, ProviderError):
        return {
            "error": {
                "code": report.code,
                "title": report.title,
                "detail": report.message,
                "next_step": report.next_step,
            }
        }
    return {
        "created": report.created,
        "skipped_existing": report.existing,
        "completed": report.completed,
        "merged": report.merged,
        "deleted_here": report.deleted,
        "scanned": report.scanned,
        "invalid": [_invalid(item) for item in report.invalid],
        "total_remote": report.total,
        "has_more": report.has_more,
        "lineage_failed": report.has_lineage_failed,
    }


def _scanned(item: ScannedItem, id_field: str) -> dict[str, Any]:
    return {
        id_field: item.provider_asset_id,
        "already_imported": item.already_imported,
        "asset_id": item.asset_id,
        "raw": item.payload,
    }


def _invalid(item: InvalidItem) -> dict[str, str]:
    return {"id": item.provider_asset_id, "reason": item.reason}
