"""Folders of Pixverse's account API in the sandbox: lists, changes, and the items in them.

Source: provider notes, Pixverse §2.3: paths and fields of requests, and the answer of the list. Other answers are not
known. Guesses: creating answers the folder, every other change null; a folder's items come as in the library's list;
deleting a folder keeps them; the `folder_id` of items is beside them or in each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from providers.sandbox.library.identifiers import mint_id, rfc3339
from providers.sandbox.library.plan import KINDS
from providers.sandbox.library.templates import Payload
from providers.sandbox.pixverse.lists import DEFAULT_LIMIT, MAX_LIMIT
from providers.sandbox.state.folders import Folder
from providers.sandbox.state.state import Sandbox
from providers.sandbox.wire import Answer, Refused, Request, integer, success, text

_TYPES = {0: "image", 1: "video", 2: "audio"}


def folder_list(sandbox: Sandbox, request: Request) -> Answer:
    """GET asset/folder/list, `sort_order` asc or desc."""
    with sandbox.lock:
        found = [_described(sandbox, folder) for folder in sandbox.folders.all()]
    found.sort(key=lambda folder: folder["created_at"], reverse=request.query.get("sort_order") != "asc")
    return success({"folders": found, "total": len(found)})


def create(sandbox: Sandbox, request: Request) -> Answer:
    """POST asset/folder/create."""
    name = _name(request)
    with sandbox.lock:
        at_ms = sandbox.next_ms()
        folder_id = mint_id(at_ms, Random(f"{name}:{len(sandbox.folders.all())}").getrandbits(11))
        return success(_described(sandbox, sandbox.folders.create(folder_id, name, rfc3339(at_ms))))


def rename(sandbox: Sandbox, request: Request) -> Answer:
    """POST asset/folder/rename."""
    with sandbox.lock:
        sandbox.folders.get(integer(request.json, "folder_id")).name = _name(request)
    return success(None)


def delete(sandbox: Sandbox, request: Request) -> Answer:
    """POST asset/folder/delete."""
    folder_ids = request.json.get("folder_ids")
    if not isinstance(folder_ids, list) or not folder_ids:
        raise Refused(400011)
    with sandbox.lock:
        sandbox.folders.delete([integer({"id": folder_id}, "id") for folder_id in folder_ids])
    return success(None)


def items(sandbox: Sandbox, request: Request) -> Answer:
    """POST asset/folder/item/list: `asset_type` -1 all, 0 images, 1 clips, 2 audio; `asset_source` as in the library.

    That the absence of either asks for all is a guess.
    """
    body = request.json
    offset, limit = integer(body, "offset", 0), integer(body, "limit", DEFAULT_LIMIT)
    if offset < 0 or not 1 <= limit <= MAX_LIMIT:
        raise Refused(400017)
    kinds = _kinds(integer(body, "asset_type", -1), integer(body, "asset_source", -1))
    with sandbox.lock:
        where = sandbox.folders.where(integer(body, "folder_id"))
        windows = [sandbox.library.window(kind, 0, offset + limit, where) for kind in kinds]
    rows = sorted((row for window in windows for row in window.rows), key=_newest_first)[offset : offset + limit]
    total = sum(window.total for window in windows)
    more = offset + len(rows) < total
    following = offset + len(rows) if more else 0
    return success({"data": rows, "total": total, "has_more": more, "next_offset": following})


def add_items(sandbox: Sandbox, request: Request) -> Answer:
    """POST asset/folder/item/add."""
    with sandbox.lock:
        for folder, item_id in _named_items(sandbox, request):
            folder.added.add(item_id)
            folder.removed.discard(item_id)
    return success(None)


def delete_items(sandbox: Sandbox, request: Request) -> Answer:
    """POST asset/folder/item/delete: takes items out of a folder; they remain in the library."""
    with sandbox.lock:
        for folder, item_id in _named_items(sandbox, request):
            folder.removed.add(item_id)
            folder.added.discard(item_id)
    return success(None)


def _described(sandbox: Sandbox, folder: Folder) -> Payload:
    where = sandbox.folders.where(folder.folder_id)
    count = sum(sandbox.library.window(kind, 0, 0, where).total for kind in KINDS)
    return {
        "folder_id": folder.folder_id,
        "name": folder.name,
        "asset_count": count,
        "created_at": folder.created_at,
    }


def _name(request: Request) -> str:
    name = text(request.json, "name").strip()
    if not name:
        raise Refused(400011)
    return name


def _kinds(asset_type: int, source: int) -> list[str]:
    if asset_type not in (-1, *_TYPES) or source not in (-1, 0, 1):
        raise Refused(400017)
    wanted = _TYPES.values() if asset_type == -1 else [_TYPES[asset_type]]
    prefixes = {1: ("",), 0: ("upload_",), -1: ("", "upload_")}[source]
    return [prefix + media_type for media_type in wanted for prefix in prefixes]


def _newest_first(row: Payload) -> int:
    return -int(row.get("asset_id") or 0)


def _named_items(sandbox: Sandbox, request: Request) -> Iterator[tuple[Folder, int]]:
    """Yield the folder and ID of each item, after all of them are checked."""
    named = request.json.get("items")
    if not isinstance(named, list) or not named:
        raise Refused(400011)
    checked = [(sandbox.folders.get(_folder_id(request, item)), _item_id(sandbox, item)) for item in named]
    yield from checked


def _folder_id(request: Request, item: Any) -> int:
    own = isinstance(item, dict) and "folder_id" in item
    return integer(item if own else request.json, "folder_id")


def _item_id(sandbox: Sandbox, item: Any) -> int:
    if not isinstance(item, dict):
        raise Refused(400017)
    item_id = integer(item, "asset_id")
    if sandbox.library.names_of(str(item_id)) is None:
        raise Refused(500008)
    return item_id
