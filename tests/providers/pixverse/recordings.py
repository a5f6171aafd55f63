"""Access to the recorded responses beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parent / "payloads"
LIST_FILES = (
    "web-video-list-page1.json",
    "web-video-list-page2.json",
    "web-video-list-odd.json",
    "web-image-list-page1.json",
    "web-library-video-page1.json",
    "web-library-video-page2.json",
    "web-library-image-page1.json",
    "web-library-upload-images.json",
    "web-library-upload-videos.json",
    "web-library-audio.json",
    "web-album-video-list.json",
)


def answer(name: str) -> Any:
    """Return one recorded body, parsed."""
    return json.loads((PAYLOADS / name).read_text())


def records(name: str) -> list[Any]:
    """Return the items of one recorded list."""
    items: list[Any] = answer(name)["Resp"]["data"]
    return items


def items() -> list[Any]:
    """Return all items recorded singly."""
    return [json.loads(path.read_text()) for path in sorted(PAYLOADS.glob("recorded-item-*.json"))]


def everything() -> list[Any]:
    """Return all items of all recorded lists, and those recorded singly."""
    return [item for name in LIST_FILES for item in records(name)] + items()


def by_id(provider_asset_id: str) -> dict[str, Any]:
    """Return the recorded item with an ID."""
    keys = ("video_id", "image_id", "audio_id", "asset_id")
    return next(item for item in everything() if item and provider_asset_id in {str(item.get(key)) for key in keys})
