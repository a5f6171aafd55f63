"""JSON schemas of scans and imports of one page."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import Field, Strict

from assets.sync.lookup import ScannedItem
from assets.sync.page import ImportReport, ScanReport
from common.schemas import JSON_WHOLE, WHOLE, Body, JsonBool
from providers.base import OFFSET_MAX, RemoteList
from providers.errors import ProviderError
from providers.records import InvalidItem

IMPORT_SIZE_MAX = 500

RemoteOffset = Annotated[int, Query(ge=0, le=OFFSET_MAX), WHOLE]

# The field of the provider's ID in items of each list.
ID_FIELDS = {RemoteList.VIDEOS: "video_id", RemoteList.IMAGES: "image_id", RemoteList.AUDIO: "audio_id"}


class InvalidAnswer(Schema):
    """An unreadable item and the reason; `id` is "" when it has none."""

    id: str
    reason: str


class ScannedAnswer(Schema):
    """One remote item; `asset_id` without `already_imported` is a stub, known only as a parent."""

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

    `deleted_here` counts items that you deleted in Stemma; imports skip them.
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
    """A window of the remote library, compared with yours; a list that was not requested is null."""

    provider_id: str
    account_id: int
    limit: int
    offset: int
    videos: ScannedVideos | None
    images: ScannedImages | None
    audio: ScannedAudios | None


class ImportMode(StrEnum):
    """The lists to import from; BOTH is videos and images, ALL is every list of the provider."""

    VIDEOS = "videos"
    IMAGES = "images"
    AUDIO = "audio"
    BOTH = "both"
    ALL = "all"


class ImportRequest(Body):
    """The lists and the window to import."""

    mode: ImportMode = ImportMode.BOTH
    limit: Annotated[int, Strict(), Field(ge=1, le=IMPORT_SIZE_MAX), JSON_WHOLE] = 50
    offset: Annotated[int, Strict(), Field(ge=0, le=OFFSET_MAX), JSON_WHOLE] = 0
    create_lineage: JsonBool = False


class ListError(Schema):
    """The error that one list failed with, as in a problem document."""

    code: str
    title: str
    detail: str
    next_step: str


class ImportedList(Schema):
    """Result of importing a window of one list; with an `error`, nothing of the list was stored."""

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
    """Result of an import by list; a list that was not requested is null."""

    provider_id: str
    account_id: int
    videos: ImportedList | None
    images: ImportedList | None
    audio: ImportedList | None


def scanned_list(report: ScanReport) -> dict[str, Any]:
    """Convert a scan's report to the API's fields."""
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
    """Convert an import's report, or the error that ended it, to the API's fields."""
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
