"""Extractor of Pixverse payloads: the asset of a record, its names and its parents.

Source: provider notes, Pixverse §4.1, §4.4, §4.5 and §5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from common.dates import parse_date
from common.vocabulary import AssetStatus, MediaType, NameKind, OperationType, Origin, id_kind
from providers.base import InvalidPayload
from providers.pixverse.fields import positive
from providers.pixverse.names import (
    clean_id,
    clean_text,
    clean_url,
    is_placeholder,
    media_hosts,
    media_name,
    stem_name,
)
from providers.pixverse.parents import Inputs
from providers.pixverse.replaced_inputs import replaced_fields, without_fields
from providers.records import Name, ParentRef, RemoteAsset

PROVIDER_ID = "pixverse"

# As the official client 1.2.10 (July 2026) reads them; 6 is from the platform API's documentation. Any other number is
# UNKNOWN, never COMPLETED: one production system saw 0, 2, 3, 4, -1 and 17 for partner models and old images, with
# meanings that are not certain. Source: provider notes, Pixverse §4.1.
STATUSES = {
    1: AssetStatus.COMPLETED,
    5: AssetStatus.PROCESSING,
    6: AssetStatus.DELETED,
    7: AssetStatus.FILTERED,
    8: AssetStatus.FAILED,
    9: AssetStatus.PROCESSING,
    10: AssetStatus.PROCESSING,
}

# Source: provider notes, Pixverse §4.1 for the status fields, §2.3 (official client 1.2.10, July 2026) for asset_type.
_STATUS_FIELDS = ("video_status", "image_status", "audio_status", "status")
# The spellings in camel case, and a plain `id`, are those of other answers and older clients: a guess for the library.
_STATUS_KINDS = {
    "video_status": MediaType.VIDEO,
    "image_status": MediaType.IMAGE,
    "audio_status": MediaType.AUDIO,
}
_ID_FIELDS = {
    "video_id": MediaType.VIDEO,
    "image_id": MediaType.IMAGE,
    "audio_id": MediaType.AUDIO,
    "VideoId": MediaType.VIDEO,
    "videoId": MediaType.VIDEO,
    "ImageId": MediaType.IMAGE,
    "imageId": MediaType.IMAGE,
    "AudioId": MediaType.AUDIO,
    "audioId": MediaType.AUDIO,
}
_PLAIN_ID_FIELDS = ("asset_id", "AssetId", "assetId", "id")
_ASSET_TYPES = {0: MediaType.IMAGE, 1: MediaType.VIDEO, 2: MediaType.AUDIO}
_SUFFIXES = {
    MediaType.VIDEO: (".mp4", ".mov", ".webm"),
    MediaType.IMAGE: (".jpg", ".jpeg", ".png", ".webp"),
    MediaType.AUDIO: (".mp3", ".wav", ".m4a", ".aac", ".ogg"),
}

# Fields with the item's own file. Frames, animated thumbnails and inputs are not the item.
# Source: provider notes, Pixverse §5.1 and §5.5, case 5.
_PATH_FIELDS = {
    MediaType.VIDEO: ("video_path", "path"),
    MediaType.IMAGE: ("image_path", "path"),
    MediaType.AUDIO: ("audio_path", "path"),
}
_URL_FIELDS = {
    MediaType.VIDEO: ("url", "video_url"),
    MediaType.IMAGE: ("image_url", "url"),
    MediaType.AUDIO: ("audio_url", "url"),
}

_ALL_ID_FIELDS = (*_ID_FIELDS, *_PLAIN_ID_FIELDS)
_FILE_FIELDS = {kind: (*_PATH_FIELDS[kind], *_URL_FIELDS[kind]) for kind in _PATH_FIELDS}

# `first_frame` is recorded; the others are those of other answers and a guess for the library.
_THUMBNAIL_FIELDS = ("first_frame", "thumbnail_url", "thumbnail", "cover_url")

# Withheld records may keep fields that point to a file (webp_url); these are not a result.
# Source: provider notes, Pixverse §4.5.
_WITHHELD = frozenset({AssetStatus.FILTERED, AssetStatus.DELETED})

# Unix milliseconds at which ID timestamps start. The four public pairs of ID and created_at (July to September 2026)
# agree with it to within a second. Source: provider notes, Pixverse §4.4.
ID_EPOCH_MS = 1_582_122_354_400
ID_LOW_BITS = 11

_RANKS = {kind: rank for rank, kind in enumerate(NameKind)}

# Limits of the columns; the payload keeps the full text.
_PROMPT_LENGTH_MAX = 100_000
_TITLE_LENGTH_MAX = 1_000
_MODEL_LENGTH_MAX = 120


class PixverseExtractor:
    """Extractor for the records of the account API's lists and details; see `providers.base.Extractor`."""

    def asset(self, payload: Any) -> RemoteAsset:
        """Parse one record. Raises InvalidPayload, with the reason, when it is not an asset."""
        return _Record(_checked(payload))

    def references(self, payload: Mapping[str, Any]) -> tuple[Name, ...]:
        """Return the names that the record has for the asset itself: paths, stem, ID, then URLs of other hosts."""
        reading = _read(payload)
        return _names(reading) if reading else ()

    def parents(self, payload: Mapping[str, Any]) -> tuple[ParentRef, ...]:
        """Return the parents that the record names, in order. Never raises; a record that is not an asset has none."""
        reading = _read(payload)
        if reading is None or reading.is_upload:
            return ()
        return _inputs(reading).parents()

    def without_replaced_inputs(self, kept: Any, later: Any) -> Any:
        """Return the kept payload without the inputs that a later answer replaces; see `providers.base.Extractor`."""
        if not (isinstance(kept, Mapping) and isinstance(later, Mapping)):
            return kept
        fields = replaced_fields(self.parents(kept), self.parents(later))
        return without_fields(kept, fields) if fields else kept

    def identify(self, payload: Any) -> str:
        """Return the provider's ID of a record that may be malformed, "" when it has none. Never raises."""
        return _identify(payload) if isinstance(payload, Mapping) else ""


@dataclass(slots=True)
class _Reading:
    """Basic values of a record, parsed once.

    `own_url` is the URL of its file, "" when there is none. `status_number` is None when the record has none.
    """

    record: Mapping[str, Any]
    media_type: MediaType
    own_id: str
    is_upload: bool
    own_url: str
    status_number: int | None
    hosts: tuple[str, ...]


class _Record(RemoteAsset):
    """Asset whose columns are parsed on access.

    Most items of an import are in the library already, and only their names are needed.
    """

    __slots__ = ("_reading",)
    _reading: _Reading

    def __init__(self, reading: _Reading) -> None:
        keep = object.__setattr__  # Frozen dataclasses reject normal assignment.
        keep(self, "_reading", reading)
        keep(self, "provider_id", PROVIDER_ID)
        keep(self, "provider_asset_id", reading.own_id)
        keep(self, "media_type", reading.media_type)
        keep(self, "names", _names(reading))
        keep(self, "payload", reading.record)
        keep(self, "status", _status(reading))

    @property
    def origin(self) -> Origin:
        return Origin.UPLOADED if self._reading.is_upload else Origin.GENERATED

    @property
    def operation_type(self) -> OperationType:
        return OperationType.UPLOAD if self._reading.is_upload else _inputs(self._reading).operation()

    @property
    def title(self) -> str:
        return _text(self.payload, "asset_name", "name")[:_TITLE_LENGTH_MAX]

    @property
    def prompt(self) -> str:
        return _text(self.payload, "prompt", "text")[:_PROMPT_LENGTH_MAX]

    @property
    def model_name(self) -> str:
        return _text(self.payload, "model", "model_name")[:_MODEL_LENGTH_MAX]

    @property
    def remote_url(self) -> str:
        return _remote_url(self._reading, self.status)

    @property
    def thumbnail_url(self) -> str:
        return _thumbnail_url(self._reading, self.status)

    @property
    def last_frame_url(self) -> str:
        return "" if self.status in _WITHHELD else clean_url(self.payload.get("last_frame"))

    @property
    def width(self) -> int | None:
        return _pixels(self.payload, "output_width", "width")

    @property
    def height(self) -> int | None:
        return _pixels(self.payload, "output_height", "height")

    @property
    def duration_seconds(self) -> float | None:
        return _duration_seconds(self.payload)

    @property
    def provider_created_at(self) -> datetime | None:
        return _created_at(self._reading)


def created_at_of_id(provider_asset_id: str) -> datetime | None:
    """Return the creation time contained in an ID, to within a second; None for IDs of another kind.

    Source: provider notes, Pixverse §4.4, derived from public pairs of July to September 2026.
    """
    digits = clean_id(provider_asset_id)
    # Smaller numbers would be from the first hours of that clock: they are IDs of another kind.
    if len(digits) < 12 or len(digits) > 16:
        return None
    milliseconds = (int(digits) >> ID_LOW_BITS) + ID_EPOCH_MS
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)


def _checked(payload: Any) -> _Reading:
    if not isinstance(payload, Mapping):
        raise InvalidPayload("The item is not an object.")
    reading = _read(payload)
    if not (reading.own_id if reading else _identify(payload)):
        raise InvalidPayload("The item has no ID.")
    if reading is None:
        raise InvalidPayload("The item has no media type.")
    return reading


def _read(payload: Any) -> _Reading | None:
    """Parse the basic values; None when the payload has no media type."""
    if not isinstance(payload, Mapping):
        return None
    made, own_id = None, ""
    for field, kind in _ID_FIELDS.items():
        if (value := payload.get(field)) and (own_id := clean_id(value)):
            made = kind
            break
    media_type = made or _media_type(payload)
    if media_type is None:
        return None
    source = payload.get("asset_source")
    return _Reading(
        record=payload,
        media_type=media_type,
        own_id=own_id or _first_id(payload, _PLAIN_ID_FIELDS),
        # Generated items have a video_id, image_id or audio_id; uploads only have an asset_id.
        # Source: provider notes, Pixverse §5.1.
        is_upload=made is None and source in (0, "0") and source is not False,
        own_url=_own_url(payload, media_type),
        status_number=_status_number(payload),
        hosts=media_hosts(),
    )


def _identify(record: Mapping[str, Any]) -> str:
    return _first_id(record, _ALL_ID_FIELDS)


def _first_id(record: Mapping[str, Any], fields: Iterable[str]) -> str:
    return next((digits for field in fields if (value := record.get(field)) and (digits := clean_id(value))), "")


def _media_type(record: Mapping[str, Any]) -> MediaType | None:
    """Return the media type of a record without video_id, image_id and audio_id."""
    asset_type = record.get("asset_type")
    if isinstance(asset_type, int) and not isinstance(asset_type, bool) and asset_type in _ASSET_TYPES:
        return _ASSET_TYPES[asset_type]
    for field, kind in _STATUS_KINDS.items():
        if record.get(field) is not None:
            return kind
    for kind, fields in _FILE_FIELDS.items():
        for address in (clean_text(record.get(field)).split("?")[0].lower() for field in fields):
            if address.endswith(_SUFFIXES[kind]):
                return kind
    return None


def _names(reading: _Reading) -> tuple[Name, ...]:
    record, media_type, hosts = reading.record, reading.media_type, reading.hosts
    names: list[Name] = []
    for field in _FILE_FIELDS[media_type]:
        if (value := record.get(field)) and (name := media_name(value, hosts)) and name not in names:
            names.append(name)
    is_foreign = any(name.kind is NameKind.URL for name in names)
    if media_type is MediaType.VIDEO and (stem := _own_stem(reading, names)):
        names.append(stem)
    if reading.own_id:
        names.append(Name(id_kind(media_type), reading.own_id))
    return tuple(sorted(names, key=_rank) if is_foreign else names)


def _rank(name: Name) -> int:
    return _RANKS[name.kind]


def _inputs(reading: _Reading) -> Inputs:
    return Inputs(reading.record, media_type=reading.media_type, own_id=reading.own_id, hosts=reading.hosts)


def _status(reading: _Reading) -> AssetStatus:
    number = reading.status_number
    if number is None:
        is_done = reading.is_upload
    elif STATUSES.get(number, AssetStatus.UNKNOWN) is not AssetStatus.COMPLETED:
        return STATUSES.get(number, AssetStatus.UNKNOWN)
    else:
        is_done = True
    # COMPLETED requires a real URL in addition to the number. Source: provider notes, Pixverse §4.1.
    return AssetStatus.COMPLETED if is_done and reading.own_url else AssetStatus.UNKNOWN


def _status_number(record: Mapping[str, Any]) -> int | None:
    given = None
    for field in _STATUS_FIELDS:
        if (given := record.get(field)) is not None:
            break
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    text = clean_text(given)
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    return None if given is None else -1


def _own_url(record: Mapping[str, Any], media_type: MediaType) -> str:
    return _first_url(record, _URL_FIELDS[media_type])


def _first_url(record: Mapping[str, Any], fields: Iterable[str]) -> str:
    return next((url for field in fields if (value := record.get(field)) and (url := clean_url(value))), "")


def _remote_url(reading: _Reading, status: AssetStatus) -> str:
    # While an item is being generated, its URL may already be set and return 404 (recorded).
    # Source: provider notes, Pixverse §4.1.
    is_there = status is AssetStatus.COMPLETED or reading.status_number is None
    return reading.own_url if is_there else ""


def _thumbnail_url(reading: _Reading, status: AssetStatus) -> str:
    if status in _WITHHELD:
        return ""
    if reading.media_type is MediaType.IMAGE:
        url = _remote_url(reading, status)
        return url and (_first_url(reading.record, _THUMBNAIL_FIELDS[1:]) or url)
    return _first_url(reading.record, _THUMBNAIL_FIELDS)


def _own_stem(reading: _Reading, names: list[Name]) -> Name | None:
    for name in names:
        if named := stem_name(name.value):
            return named
    if _status(reading) in _WITHHELD:
        return None
    if any(is_placeholder(reading.record.get(field)) for field in ("url", "video_url", "video_path")):
        return None
    return stem_name(reading.record.get("webp_url"))


def _text(record: Mapping[str, Any], *fields: str) -> str:
    for field in fields:
        if (value := record.get(field)) and (text := clean_text(value)):
            return text
    return ""


def _pixels(record: Mapping[str, Any], *fields: str) -> int | None:
    for field in fields:
        if (value := record.get(field)) and (number := positive(value)) and number >= 1:
            return int(number)
    return None


def _duration_seconds(record: Mapping[str, Any]) -> float | None:
    for field in ("duration", "video_duration"):
        if (value := record.get(field)) and (number := positive(value)):
            return float(number)
    return None


def _created_at(reading: _Reading) -> datetime | None:
    for field in ("created_at", "create_time"):
        if moment := parse_date(reading.record.get(field)):
            return moment
    return created_at_of_id(reading.own_id)
