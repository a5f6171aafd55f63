"""Items created while the sandbox runs: submitted jobs and uploads, on top of the library's lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from providers.sandbox.library.identifiers import rfc3339
from providers.sandbox.library.library import Library, Where, Window
from providers.sandbox.library.templates import Payload
from providers.sandbox.media.media_cache import Shot


@dataclass(slots=True)
class LiveItem:
    """Submitted or uploaded item; `record` and `status` are called on each access, since a job progresses."""

    kind: str
    item_id: int
    at_ms: int
    path: str
    url: str
    record: Callable[[], Payload]
    status: Callable[[], int] = lambda: 1
    is_fetchable: Callable[[], bool] = lambda: True
    shot: Shot | None = None
    mode: str | None = None
    operation: str = "upload"
    parents: list[dict[str, Any]] = field(default_factory=list)

    def names(self) -> dict[str, str]:
        """Return ID, path and URL, as far as the item has them."""
        names = {"id": str(self.item_id)}
        return {**names, "path": self.path, "url": self.url} if self.status() in (1, 10) else names

    def truth(self) -> dict[str, Any]:
        """Return the item with its true parents, in the form of `GeneratedLibrary.describe`."""
        return {
            "id": str(self.item_id),
            "media_type": self.kind.removeprefix("upload_"),
            "asset_source": 0 if self.kind.startswith("upload_") else 1,
            "create_mode": self.mode,
            "case": "submitted" if self.mode else "upload",
            "status": self.status(),
            "created_at": rfc3339(self.at_ms),
            "names": self.names(),
            "operation_type": self.operation,
            "certain": True,
            "parents": self.parents,
        }


class LiveLists:
    """Library with live items on top; it has the same interface."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.seed = library.seed
        self._items: dict[str, LiveItem] = {}

    def put(self, item: LiveItem) -> None:
        """Add a new item as the newest of its kind."""
        self._items[str(item.item_id)] = item

    def window(self, kind: str, offset: int, limit: int, where: Where, *, personal: bool = False) -> Window:
        """Return a window over the live items, newest first, followed by the library's."""
        live = [item for item in reversed(self._items.values()) if item.kind == kind and _fits(item, where)]
        rows = [item.record() for item in live[offset : offset + limit]]
        if personal and kind == "video":
            rows = [{**row, "asset_id": 0} for row in rows]
        below = self.library.window(kind, max(offset - len(live), 0), limit - len(rows), where, personal=personal)
        return Window(rows + below.rows, len(live) + below.total)

    def find(self, media_type: str, item_id: str, *, uploaded: bool = False) -> Payload | None:
        """Return one item's payload by its ID."""
        item = self._items.get(item_id)
        if item is None:
            return self.library.find(media_type, item_id, uploaded=uploaded)
        return item.record() if item.kind == ("upload_" if uploaded else "") + media_type else None

    def remove(self, item_id: str) -> bool:
        """Delete an item; return False when it does not exist."""
        return self._items.pop(item_id, None) is not None or self.library.remove(item_id)

    def totals(self) -> dict[str, int]:
        """Return the number of items of each kind."""
        totals = dict(self.library.totals())
        for item in self._items.values():
            totals[item.kind] = totals.get(item.kind, 0) + 1
        return totals

    def describe(self, offset: int, limit: int | None) -> list[dict[str, Any]]:
        """Return items with their true parents, oldest first."""
        below = sum(self.library.totals().values())
        listed = self.library.describe(offset, limit)
        live = [item.truth() for item in self._items.values()]
        start = max(offset - below, 0)
        return listed + live[start : None if limit is None else start + limit - len(listed)]

    def shot(self, path: str) -> Shot | None:
        """Return the content of the file at a media path; None when there is no file."""
        item = self._by_path(path)
        if item is None:
            return self.library.shot(path)
        return item.shot if item.is_fetchable() else None

    def names_of(self, path_or_id: str) -> dict[str, Any] | None:
        """Return the media type and names of an item, by its storage path or ID."""
        item = self._items.get(path_or_id) or self._by_path(path_or_id)
        if item is None:
            return self.library.names_of(path_or_id)
        return {"media_type": item.kind.removeprefix("upload_"), "names": item.names()}

    def newest_ms(self) -> int:
        """Return the creation time of the newest item."""
        return max([self.library.newest_ms(), *(item.at_ms for item in self._items.values())])

    def _by_path(self, path: str) -> LiveItem | None:
        return next((item for item in self._items.values() if path and item.path == path), None)


def _fits(item: LiveItem, where: Where) -> bool:
    if where.start_ms is not None and item.at_ms < where.start_ms:
        return False
    if where.end_ms is not None and item.at_ms > where.end_ms:
        return False
    return not where.off_peak and where.has(item.item_id) and (not where.statuses or item.status() in where.statuses)
