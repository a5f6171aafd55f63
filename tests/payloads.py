"""Pixverse payloads that tests put together."""

from __future__ import annotations

from typing import Any

MP4 = "pixverse/mp4/media/web/ori/clip{}_seed{}.mp4"


def video(number: int, *, path: str | None = None, **fields: Any) -> dict[str, Any]:
    path = path or MP4.format(number, number)
    return {
        "video_id": 4_000_000_000_000 + number,
        "video_status": 1,
        "asset_type": 1,
        "create_mode": "image_text",
        "prompt": f"clip {number}",
        "created_at": f"2026-07-{number:02}T10:00:00Z",
        "video_path": path,
        "url": f"https://media.pixverse.ai/{path.replace('/', '%2F')}",
        **fields,
    }


def image(number: int, **fields: Any) -> dict[str, Any]:
    path = f"pixverse/i2i/ori/picture{number}.png"
    return {
        "image_id": 5_000_000_000_000 + number,
        "asset_id": 5_000_000_000_000 + number,
        "asset_source": 1,
        "asset_type": 0,
        "image_status": 1,
        "create_mode": "create_image",
        "prompt": f"picture {number}",
        "created_at": f"2026-06-{number:02}T10:00:00Z",
        "image_path": path,
        "image_url": f"https://media.pixverse.ai/{path.replace('/', '%2F')}",
        **fields,
    }


def extend(number: int, *, of_id: int | None = None, of_path: str | None = None) -> dict[str, Any]:
    source = {"customer_video_path": of_path} if of_path else {}
    return video(
        number,
        create_mode="extend",
        extended=1,
        original_video_id=4_000_000_000_000 + of_id if of_id else 0,
        customer_paths=source,
    )


def picture_path(number: int) -> str:
    return f"pixverse/i2i/ori/picture{number}.png"
