"""Empty records of the provider, and the fields that depend on the status. Source: provider notes, Pixverse §5.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from providers.sandbox.library.identifiers import rfc3339, unix_seconds
from providers.sandbox.library.inputs import PLACEHOLDER_IMAGE, PLACEHOLDER_VIDEO

Payload = dict[str, Any]

ACCOUNT_ID = 399_000_000_000_001
NICK_NAME = "Sandbox user"
EMAIL = "sandbox.user@example.com"
AVATAR_PATH = "asset/media/user/default_avatar.jpeg"
_SHORT_SIDES = {"360p": 360, "480p": 480, "540p": 576, "720p": 720, "1080p": 1080, "1440p": 1440, "2160p": 2160}


def dimensions(quality: str, aspect: str) -> tuple[int, int]:
    """Return width and height of an output, e.g. (1024, 576) for ("540p", "16:9")."""
    across, down = (int(part) for part in aspect.split(":"))
    short = _SHORT_SIDES.get(quality, 720)
    if across >= down:
        return round(short * across / down), short
    return short, round(short * down / across)


def video_template() -> Payload:
    """Return an empty video record with every known key, in the provider's order."""
    return {
        "video_id": 0, "video_status": 5, "account_id": 0, "nick_name": "", "email": "", "avatar": "", "created_at": "",
        "create_mode": "", "creation_type": 2, "platform": "web", "prompt": "", "negative_prompt": "", "model": "",
        "model_name": "", "quality": "", "motion_mode": "normal", "camera_movement": "default", "style": "",
        "aspect_ratio": "", "seed": 0, "duration": 0, "video_duration": 0, "multi_shot": 0, "audio": 0, "off_peak": 0,
        "preview_mode": 0, "first_frame": "", "last_frame": "", "url": "", "video_path": "", "webp_url": "",
        "img_id": 0, "img_url": "", "output_width": 0, "output_height": 0, "original_video_id": 0, "extended": 0,
        "upscaled": 0, "is_remix": 0, "lip_sync": {}, "sound_effect_switch": 0,
        "asset_id": 0, "asset_source": 1, "asset_type": 1,
        "asset_name": "", "asset_img_url": "", "auto_character_prompt": 0, "relation_type": 0, "motion_brush": "",
        "mask_info": None, "lora_weight": 0, "optional_image_num": 0, "template_id": 0, "template_name": "",
        "template_thumbnail_url": "", "template_thumbnail_video_url": "", "template_i18n_json": "", "workflow_tag": "",
        "remove_watermark": 1, "likes": 0, "is_collected": 0, "is_dislike": 0, "is_hidden": 0, "block_remake": 0,
        "media_locked": 0, "feedback_id": 0, "queue_data": {"queue_time": 0, "queue_count": 0}, "customer_img_path": "",
        "customer_img_url": "", "customer_paths": None,
    }  # fmt: skip


def image_template() -> Payload:
    """Return an empty record of a generated image with every known key, in the provider's order."""
    return {
        "asset_id": 0, "image_id": 0, "asset_source": 1, "asset_type": 0, "image_status": 5,
        "create_mode": "create_image", "creation_type": 21, "platform": "web", "prompt": "", "negative_prompt": "",
        "model": "", "quality": "1080p", "aspect_ratio": "", "seed": 0, "image_path": "", "image_url": "",
        "output_width": 0, "output_height": 0, "customer_img_paths": [], "customer_img_urls": [], "template_id": 0,
        "off_peak": 0, "is_collected": 0, "is_hidden": 0, "media_locked": 0,
        "queue_data": {"queue_time": 0, "queue_count": 0}, "created_at": "", "account_id": 0, "nick_name": "",
        "email": "", "avatar": "",
    }  # fmt: skip


def audio_template() -> Payload:
    """Return an empty record of generated audio with every known key, in the provider's order."""
    return {
        "audio_id": 0, "asset_id": 0, "asset_source": 1, "asset_type": 2, "audio_status": 5, "create_mode": "",
        "prompt": "", "model": "", "provider": "", "voice_id": "", "voice_name": "", "language_code": "", "duration": 0,
        "audio_path": "", "audio_url": "", "created_at": "",
    }  # fmt: skip


def person(url: Callable[[str], str]) -> Payload:
    """Return the fields with the account of a record; `url` converts a path into a media URL."""
    return {"account_id": ACCOUNT_ID, "nick_name": NICK_NAME, "email": EMAIL, "avatar": url(AVATAR_PATH)}


def set_status(
    record: Payload, status: int, *, path: str, stem: str, frame_urls: list[str], url: Callable[[str], str]
) -> None:
    """Set the fields that depend on a clip's status: files, sizes, queue. Source: provider notes, Pixverse §4.1.

    Args:
        record: the clip's record; its quality, aspect ratio and duration are set already.
        status: the status number.
        path: the storage path of the file, now or later.
        stem: the file name without its extension, which the animated thumbnail shares.
        frame_urls: first and last frame.
        url: converts a path into a media URL.
    """
    record["video_status"] = status
    webp = url(f"pixverse/webp/media/web/{stem}.webp")
    if status in (1, 10):
        files = {"url": url(path), "video_path": path, "webp_url": webp, "img_url": webp}
        record.update(files, video_duration=record["duration"])
    if status == 1:
        width, height = dimensions(record["quality"], record["aspect_ratio"] or "16:9")
        record.update(first_frame=frame_urls[0], last_frame=frame_urls[1], output_width=width, output_height=height)
    elif status == 10:
        started = record["created_at"]
        record["queue_data"].update(processing_start_time=unix_seconds(started) + 5, estimated_gen_time=60)
    elif status == 7:
        withheld = {"first_frame": url(PLACEHOLDER_IMAGE), "url": url(PLACEHOLDER_VIDEO)}
        record.update(withheld, webp_url=webp, img_url=webp, video_duration=record["duration"])
    elif status == 5:
        record["queue_data"].update(queue_time=45, queue_count=7)


def upload_record(
    *, item_id: int, media_type: str, path: str, url: str, width: int, height: int, name: str, duration: int, at_ms: int
) -> Payload:
    """Return an uploaded item's payload. The notes show image and video uploads; the shape of audio is a guess."""
    return {
        "asset_id": item_id,
        "folder_id": 0,
        "asset_source": 0,
        "asset_type": {"image": 0, "video": 1, "audio": 2}[media_type],
        "path": path,
        "url": url,
        "width": width,
        "height": height,
        "name": name,
        "duration": 0 if media_type == "image" else duration,
        "platform": "web",
        "account_id": ACCOUNT_ID,
        "nick_name": NICK_NAME,
        "email": EMAIL,
        "created_at": rfc3339(at_ms),
    }
