"""Access to the lineage fields of a Pixverse record, which may be nested or at top level.

Source: provider notes, Pixverse §5.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.json_parsing import parse_json
from common.vocabulary import MediaType
from providers.pixverse.names import clean_id, given_text, is_json_text

# Each field may be in one of these objects or at top level, and the other place may hold an empty string.
# Source: provider notes, Pixverse §5.3.
_NESTS = ("customer_paths", "lip_sync")

_NUMBER_MAX = 2**31 - 1

# Keys of an input that is given as an object. That the ids are those of the library is a guess; `img_id` is left out,
# since the platform API numbers its uploads by itself.
_OBJECT_PATHS = {
    MediaType.IMAGE: ("path", "image_path", "img_path"),
    MediaType.VIDEO: ("path", "video_path"),
    MediaType.AUDIO: ("path", "audio_path"),
}
_OBJECT_URLS = {
    MediaType.IMAGE: ("url", "image_url", "img_url"),
    MediaType.VIDEO: ("url", "video_url"),
    MediaType.AUDIO: ("url", "audio_url"),
}
_OBJECT_IDS = {
    MediaType.IMAGE: ("image_id", "ImageId", "imageId", "asset_id", "id"),
    MediaType.VIDEO: ("video_id", "VideoId", "videoId", "asset_id", "id"),
    MediaType.AUDIO: ("audio_id", "AudioId", "audioId", "asset_id", "id"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """Values with which a record names one file, "" where it does not give one."""

    path: str = ""
    url: str = ""
    id: str = ""

    def __bool__(self) -> bool:
        return bool(self.path or self.url or self.id)

    def joined(self, other: Source) -> Source:
        """Return these values, with those of another one where they are missing."""
        return Source(self.path or other.path, self.url or other.url, self.id or other.id)


class Fields:
    """Fields of one record: the first non-empty value of (nested, top).

    Blank, empty, 0, null and texts that mean nothing count as missing.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        nests = [nest for key in _NESTS if (value := record.get(key)) and (nest := _nest(value))]
        self._places: tuple[Mapping[str, Any], ...] = (*nests, record)

    def text(self, key: str) -> str:
        """Return the first text of a key, "" when there is none."""
        for place in self._places:
            if (value := place.get(key)) and (text := given_text(value)):
                return text
        return ""

    def id(self, key: str) -> str:
        """Return the first ID of a key as digits, "" when there is none."""
        for place in self._places:
            if (value := place.get(key)) and (digits := clean_id(value)):
                return digits
        return ""

    def number(self, key: str) -> int | float | None:
        """Return the first positive number of a key, None when there is none."""
        for place in self._places:
            if (value := place.get(key)) and (found := positive(value)) is not None:
                return found
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the first list of a key that contains text; positions are kept, with "" for other values."""
        for place in self._places:
            if value := place.get(key):
                texts = tuple([given_text(entry) for entry in _entries(value)])
                if any(texts):
                    return texts
        return ()

    def numbers(self, key: str) -> tuple[int | float | None, ...]:
        """Return the first list of a key that contains positive numbers; positions are kept, None for other values."""
        for place in self._places:
            if value := place.get(key):
                numbers = tuple([positive(entry) for entry in _entries(value)])
                if any(numbers):
                    return numbers
        return ()

    def sources(self, key: str, media_type: MediaType) -> tuple[Source, ...]:
        """Return the first list of a key that names files; positions are kept, with an empty Source for other values.

        An entry is a path or URL, or an object with them and an ID. One entry need not be in a list, and lists and
        objects may be written as JSON text; a text that looks like JSON and is none names nothing.
        """
        for place in self._places:
            if value := place.get(key):
                sources = tuple([_source(entry, key, media_type) for entry in _entries(value, is_address=True)])
                if any(sources):
                    return sources
        return ()

    def is_set(self, key: str) -> bool:
        """Return True when a flag is set, as 1 or true."""
        return self.number(key) is not None or any(place.get(key) is True for place in self._places)


def positive(value: object) -> int | float | None:
    """Return a number above zero, parsed from text where needed; None for anything else."""
    if type(value) is int:  # Fast path for nearly all values.
        return value if 0 < value <= _NUMBER_MAX else None
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and 0 < value <= _NUMBER_MAX else None


def _parsed(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def _nest(value: object) -> Mapping[str, Any] | None:
    if isinstance(value, str):
        value = _unpacked(value)
    return value if isinstance(value, (dict, Mapping)) else None


def _entries(value: object, *, is_address: bool = False) -> list[Any]:
    if isinstance(value, str) and is_json_text(value):
        unpacked = _unpacked(value)
        value = unpacked if unpacked is not None or is_address else value
    if isinstance(value, list | tuple):
        return list(value)
    return [value] if isinstance(value, str | int | float | Mapping) else []


def _source(entry: object, key: str, media_type: MediaType) -> Source:
    if isinstance(entry, Mapping):
        return Source(
            _first_text(entry, _OBJECT_PATHS[media_type]),
            _first_text(entry, _OBJECT_URLS[media_type]),
            next((digits for name in _OBJECT_IDS[media_type] if (digits := clean_id(entry.get(name)))), ""),
        )
    text = given_text(entry)
    if is_json_text(text):
        return Source()
    return Source(url=text) if key.endswith(("url", "urls")) or "://" in text else Source(path=text)


def _first_text(entry: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := given_text(entry.get(name)))), "")


def _unpacked(text: str) -> Any:
    """Parse a list or object that is written as JSON text; None for other texts."""
    if not is_json_text(text):
        return None
    try:
        return parse_json(text.encode())
    except ValueError:
        return None
