"""Lists, single items, downloads and deletions of Pixverse's account API in the sandbox.

Source: provider notes, Pixverse §2.3, §2.4 and §2.8.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from providers.sandbox.library.library import Where, Window
from providers.sandbox.state.state import Sandbox
from providers.sandbox.wire import Answer, Refused, Request, integer, success, text

DEFAULT_LIMIT, MAX_LIMIT = 20, 200


def library_list(sandbox: Sandbox, request: Request) -> Answer:
    """POST asset/library/list."""
    tab, source = text(request.json, "tab"), integer(request.json, "asset_source", 1)
    if tab not in ("video", "image", "audio") or source not in (0, 1):
        raise Refused(400017)
    kind = tab if source else f"upload_{tab}"
    offset, limit, window = _window(sandbox, request, kind)
    return success({"data": window.rows, **_paging(kind, offset, limit, window)})


def videos_personal(sandbox: Sandbox, request: Request) -> Answer:
    """POST video/list/personal: rows only, without a total."""
    return success({"data": _window(sandbox, request, "video", personal=True)[2].rows})


def images_personal(sandbox: Sandbox, request: Request) -> Answer:
    """POST image/list/personal: the rows, a total, and the next offset alone."""
    offset, limit, window = _window(sandbox, request, "image", personal=True)
    paging = _paging("image", offset, limit, window)
    del paging["has_more"]
    return success({"data": window.rows, **paging})


def album_videos(sandbox: Sandbox, request: Request) -> Answer:
    """POST album/video/list: in the sandbox an album has the same clips as the whole list."""
    integer(request.json, "album_id")
    return videos_personal(sandbox, request)


def video_detail(sandbox: Sandbox, request: Request) -> Answer:
    """POST video/list/detail."""
    return success(_found(sandbox, "video", request.json.get("video_id")))


def image_detail(sandbox: Sandbox, request: Request) -> Answer:
    """POST image/detail."""
    return success(_found(sandbox, "image", request.json.get("image_id")))


def audio_detail(sandbox: Sandbox, request: Request) -> Answer:
    """GET audio/detail: one level down, with `path` and `url` for the list's `audio_path` and `audio_url`."""
    uploaded = request.query.get("asset_source") == "0"
    record = _found(sandbox, "audio", request.query.get("asset_id" if uploaded else "audio_id"), uploaded=uploaded)
    if not uploaded:
        record = {**record, "path": record.get("audio_path", ""), "url": record.get("audio_url", ""), "platform": "web"}
    return success({"audio": record})


def video_download(sandbox: Sandbox, request: Request) -> Answer:
    """POST video/download: see `_download`."""
    return _download(sandbox, "video", request.json.get("video_id"), "url")


def image_download(sandbox: Sandbox, request: Request) -> Answer:
    """POST image/download: see `_download`."""
    return _download(sandbox, "image", request.json.get("image_id"), "image_url")


def delete_videos(sandbox: Sandbox, request: Request) -> Answer:
    """POST video/delete."""
    return _delete(sandbox, request.json.get("video_ids"))


def delete_images(sandbox: Sandbox, request: Request) -> Answer:
    """POST image/delete."""
    return _delete(sandbox, request.json.get("image_ids"))


def delete_assets(sandbox: Sandbox, request: Request) -> Answer:
    """POST asset/library/delete."""
    items = request.json.get("items")
    ids = [item.get("asset_id") for item in items if isinstance(item, dict)] if isinstance(items, list) else None
    return _delete(sandbox, ids)


def _window(sandbox: Sandbox, request: Request, kind: str, *, personal: bool = False) -> tuple[int, int, Window]:
    offset, limit = integer(request.json, "offset", 0), integer(request.json, "limit", DEFAULT_LIMIT)
    if offset < 0 or not 1 <= limit <= MAX_LIMIT:
        raise Refused(400017)
    with sandbox.lock:
        return (
            offset,
            limit,
            sandbox.library.window(kind, offset, limit, _where(sandbox, request.json), personal=personal),
        )


def _where(sandbox: Sandbox, body: Any) -> Where:
    filters = body.get("filter") or {}
    if not isinstance(filters, dict):
        raise Refused(400017)
    start, end = filters.get("start_time"), filters.get("end_time")
    folder_id = integer(body, "folder_id", 0)
    return replace(
        sandbox.folders.where(folder_id) if folder_id else Where(),
        start_ms=int(start) * 1000 if start else None,
        end_ms=int(end) * 1000 + 999 if end else None,
        statuses=frozenset(filters.get("video_status") or ()),
        off_peak=filters.get("off_peak") == 1,
    )


def _paging(kind: str, offset: int, limit: int, window: Window) -> dict[str, Any]:
    """Return the fields beside the rows, which differ by list.

    Source: provider notes, Pixverse, recorded-list-envelopes.json. That images have `has_more`, too, was seen later:
    the official client stops after one page without it.
    """
    reached = offset + len(window.rows)
    more = reached < window.total
    following = reached if more else 0
    if kind in ("audio", "upload_audio"):
        return {"has_more": more, "next_offset": following}
    paging = {"total": window.total, "has_more": more, "next_offset": following}
    if kind == "video":
        paging.update(web_has_more=more, web_next_offset=reached)
    return paging


def _found(sandbox: Sandbox, media_type: str, item_id: Any, *, uploaded: bool = False) -> dict[str, Any]:
    if item_id in (None, "", 0):
        raise Refused(400011)
    if not str(item_id).isdigit():
        raise Refused(500313)
    with sandbox.lock:
        record = sandbox.library.find(media_type, str(item_id), uploaded=uploaded)
    if record is None:
        raise Refused(500008)
    return record


def _download(sandbox: Sandbox, media_type: str, item_id: Any, url_key: str) -> Answer:
    """Return the URL of a finished item's file. Path and field are known; the shape of the answer is a guess."""
    record = _found(sandbox, media_type, item_id)
    if record[f"{media_type}_status"] != 1 or not record[url_key]:
        raise Refused(500008)
    return success({f"{media_type}_id": record[f"{media_type}_id"], "url": record[url_key]})


def _delete(sandbox: Sandbox, ids: Any) -> Answer:
    if not isinstance(ids, list) or not ids:
        raise Refused(400011)
    if not all(str(item_id).isdigit() for item_id in ids):
        raise Refused(500313)
    with sandbox.lock:
        removed = [sandbox.library.remove(str(item_id)) for item_id in ids]
    if not any(removed):
        raise Refused(500064)
    return success(None)
