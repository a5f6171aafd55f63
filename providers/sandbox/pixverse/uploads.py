"""Uploads and frames of Pixverse's account API in the sandbox. Source: provider notes, Pixverse §2.5 and §2.6."""

from __future__ import annotations

import io
from zlib import crc32

import av
from PIL import Image, UnidentifiedImageError

from providers.sandbox.library.identifiers import mint_id
from providers.sandbox.library.live import LiveItem
from providers.sandbox.library.templates import Payload, upload_record
from providers.sandbox.media.media_cache import Shot
from providers.sandbox.media.pictures import Picture
from providers.sandbox.state.jobs import REFUSED_WORD
from providers.sandbox.state.state import Sandbox
from providers.sandbox.wire import Answer, Refused, Request, integer, success, text

MAX_SIDE = 4_000


def upload_token(sandbox: Sandbox, request: Request) -> Answer:
    """POST getUploadToken: temporary credentials for the store, without an expiry."""
    return success(dict(sandbox.store_keys))


def register_images(sandbox: Sandbox, request: Request) -> Answer:
    """POST media/batch_upload_media: a refused file has its `err_msg` filled inside a successful envelope."""
    images = request.json.get("images")
    if not isinstance(images, list) or not images:
        raise Refused(400011)
    return success({"result": [_register_image(sandbox, image) for image in images]})


def register_media(sandbox: Sandbox, request: Request) -> Answer:
    """POST media/upload: `type` 1 video, 2 audio."""
    kind = {1: "video", 2: "audio"}.get(integer(request.json, "type"))
    path, name = text(request.json, "path"), text(request.json, "name")
    content = sandbox.uploads.get(path)
    if kind is None or content is None:
        raise Refused(400017)
    if REFUSED_WORD in text(request.json, "file_name"):
        raise Refused(400040)
    try:
        with av.open(io.BytesIO(content), "r") as container:
            seconds = round((container.duration or 0) / 1_000_000)
            sizes = [(stream.width, stream.height) for stream in container.streams.video]
    except (av.FFmpegError, ValueError):
        raise Refused(400017) from None
    width, height = sizes[0] if sizes else (0, 0)
    item = _put(sandbox, kind, path, text(request.json, "file_name") or name, width, height, seconds)
    return success(
        {
            "id": item.item_id,
            "url": item.url,
            "path": path,
            "name": name,
            "size": len(content),
            "duration": seconds,
            "err_msg": "",
        }
    )


def frame_last(sandbox: Sandbox, request: Request) -> Answer:
    """POST video/frame/last."""
    record, shot = _clip(sandbox, request)
    return success({"last_frame": record.get("last_frame") or sandbox.cut_frame(shot, shot.seconds)})


def frame_at_time(sandbox: Sandbox, request: Request) -> Answer:
    """POST video/frame/at_time."""
    time_ms = integer(request.json, "time_ms", 0)
    url = sandbox.cut_frame(_clip(sandbox, request)[1], time_ms / 1000)
    return success({"frame_url": url, "frame_path": sandbox.media_path(url)})


def segment(sandbox: Sandbox, request: Request) -> Answer:
    """POST img/optimal/segment: one mask over a frame."""
    path = text(request.json, "customer_img_path")
    if not path:
        raise Refused(400011)
    number = crc32(path.encode())
    mask = sandbox.cut_frame(Shot((Picture(number, number),)), 0)
    masks = [{"mask_id": 1, "mask_name": "subject", "mask_path": sandbox.media_path(mask), "mask_url": mask}]
    frame = {"key_frame_path": path, "key_frame_url": sandbox.media_url(path), "cut_time_ms": 0}
    return success({"mask_info": masks, **frame})


def _register_image(sandbox: Sandbox, image: Payload) -> Payload:
    path, name = text(image, "path"), text(image, "name")
    content = sandbox.uploads.get(path)
    fields = {"path": path, "size": integer(image, "size", 0), "name": name, "category": 0}
    problem = "file not found" if content is None else ""
    width = height = 0
    if content is not None:
        try:
            with Image.open(io.BytesIO(content)) as opened:
                width, height = opened.size
        except (UnidentifiedImageError, OSError):
            problem = "incorrect image format"
    if max(width, height) > MAX_SIDE:
        raise Refused(400)
    if REFUSED_WORD in text(image, "file_name") + name:
        problem = "image moderation failed"
    if problem:
        return {"id": 0, "url": "", **fields, "err_msg": problem}
    item = _put(sandbox, "image", path, text(image, "file_name") or name, width, height, 0)
    sized = {"asset_id": item.item_id, "asset_type": 0, "width": width, "height": height}
    return {"id": item.item_id, "url": item.url, **fields, "err_msg": "", **sized}


def _put(sandbox: Sandbox, media_type: str, path: str, name: str, width: int, height: int, seconds: int) -> LiveItem:
    with sandbox.lock:
        at_ms = sandbox.next_ms()
        number = crc32(path.encode())
        url = sandbox.media_url(path)
        record = upload_record(
            item_id=mint_id(at_ms, number), media_type=media_type, path=path, url=url, width=width, height=height,
            name=name, duration=seconds, at_ms=at_ms,
        )  # fmt: skip
        shot = Shot((Picture(number, number),), "16:9" if width >= height else "9:16", float(seconds))
        item_id = mint_id(at_ms, number)
        item = LiveItem(f"upload_{media_type}", item_id, at_ms, path, url, lambda: dict(record), shot=shot)
        sandbox.library.put(item)
        return item


def _clip(sandbox: Sandbox, request: Request) -> tuple[Payload, Shot]:
    video_id, path = request.json.get("video_id"), text(request.json, "video_path")
    record: Payload | None = None
    if video_id:
        record = sandbox.library.find("video", str(video_id))
        # A path may be empty beside a filled URL.
        path = text(record, "video_path") or text(record, "url") if record else ""
    shot = sandbox.library.shot(sandbox.media_path(path)) if path else None
    if shot is None or not shot.pictures:
        raise Refused(500008)
    return record or {}, shot
