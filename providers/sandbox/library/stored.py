"""Library read from a folder of recorded responses, so that whole pages are served exactly as recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from providers.sandbox.library.identifiers import minted_at_ms
from providers.sandbox.library.library import Where, Window
from providers.sandbox.library.templates import Payload
from providers.sandbox.media.media_cache import Shot

_LIBRARY_FILES = {
    "video": ("web-library-video-page1.json", "web-library-video-page2.json"),
    "image": ("web-library-image-page1.json",),
    "upload_image": ("web-library-upload-images.json",),
    "upload_video": ("web-library-upload-videos.json",),
    "audio": ("web-library-audio.json",),
    "upload_audio": (),
}
_PERSONAL_FILES = {
    "video": ("web-video-list-page1.json", "web-video-list-page2.json", "web-video-list-odd.json"),
    "image": ("web-image-list-page1.json",),
}
_ID_KEYS = ("video_id", "image_id", "audio_id", "asset_id")


class StoredLibrary:
    """The recorded lists in `payload_dir`: the newer ones for the library endpoint, the older for `…/list/personal`.

    Rows are served as stored, with the recorded media URLs, including the odd rows of the older list:
    null, without ID, with an ID as text. It has no media files.
    """

    def __init__(self, payload_dir: Path) -> None:
        self.seed = 0
        self._by_kind = {kind: _rows(payload_dir, files) for kind, files in _LIBRARY_FILES.items()}
        self._personal = {kind: _rows(payload_dir, files) for kind, files in _PERSONAL_FILES.items()}
        expected = payload_dir / "lineage-expected.json"
        self._edges: Payload = orjson.loads(expected.read_bytes())["children"] if expected.exists() else {}

    def window(self, kind: str, offset: int, limit: int, where: Where, *, personal: bool = False) -> Window:
        """Return a window of one kind, in the recorded order."""
        rows = (self._personal if personal else self._by_kind)[kind]
        if where != Where():
            rows = [row for row in rows if row is not None and _fits(row, where)]
        return Window(rows[offset : offset + limit], len(rows))

    def find(self, media_type: str, item_id: str, *, uploaded: bool = False) -> Payload | None:
        """Return one item's payload by its ID, from either list."""
        kind = ("upload_" if uploaded else "") + media_type
        rows = self._by_kind[kind] + self._personal.get(kind, [])
        return next((row for row in rows if row is not None and _id(row) == item_id), None)

    def remove(self, item_id: str) -> bool:
        """Delete an item from its lists; return False when it does not exist."""
        before = sum(map(len, [*self._by_kind.values(), *self._personal.values()]))
        for by_kind in (self._by_kind, self._personal):
            for kind, rows in by_kind.items():
                by_kind[kind] = [row for row in rows if row is None or _id(row) != item_id]
        return before != sum(map(len, [*self._by_kind.values(), *self._personal.values()]))

    def totals(self) -> dict[str, int]:
        """Return the number of items of each kind in the newer lists."""
        return {kind: len(rows) for kind, rows in self._by_kind.items()}

    def describe(self, offset: int, limit: int | None) -> list[dict[str, Any]]:
        """Return the items of the newer lists with the edges that the notes expect."""
        listed = [self._truth(kind, row) for kind, rows in self._by_kind.items() for row in rows]
        return listed[offset : None if limit is None else offset + limit]

    def shot(self, path: str) -> Shot | None:
        """Return None: the files of recorded items are not available."""
        return None

    def names_of(self, path_or_id: str) -> dict[str, Any] | None:
        """Return the media type and names of an item, by its storage path or ID."""
        for kind, rows in self._by_kind.items():
            for row in rows:
                names = _names(row)
                if path_or_id in (names.get("id"), names.get("path")):
                    return {"media_type": kind.removeprefix("upload_"), "names": names}
        return None

    def newest_ms(self) -> int:
        """Return the creation time of the newest item, from its ID."""
        ids = [int(_id(row)) for rows in self._by_kind.values() for row in rows]
        return max(map(minted_at_ms, ids), default=0)

    def _truth(self, kind: str, row: Payload) -> dict[str, Any]:
        edges = self._edges.get(_id(row), {})
        return {
            "id": _id(row),
            "media_type": kind.removeprefix("upload_"),
            "asset_source": row["asset_source"],
            "create_mode": row.get("create_mode"),
            "case": "recorded",
            "status": next((row[key] for key in row if key.endswith("_status")), 1),
            "created_at": row["created_at"],
            "names": _names(row),
            "operation_type": edges.get("operation_type", "unknown"),
            "certain": edges.get("certain", True),
            "parents": edges.get("parents", []),
        }


def _rows(payload_dir: Path, files: tuple[str, ...]) -> list[Any]:
    return [row for file in files for row in orjson.loads((payload_dir / file).read_bytes())["Resp"]["data"]]


def _id(row: Payload) -> str:
    return next((str(row[key]) for key in _ID_KEYS if row.get(key)), "")


def _names(row: Payload) -> dict[str, str]:
    path = next((row[key] for key in ("video_path", "image_path", "audio_path", "path") if row.get(key)), "")
    url = next((row[key] for key in ("image_url", "audio_url", "url") if row.get(key)), "")
    names = {"id": _id(row), "path": path, "url": url}
    return {key: value for key, value in names.items() if value}


def _fits(row: Payload, where: Where) -> bool:
    at_ms = minted_at_ms(int(_id(row) or 0))
    status = next((row[key] for key in row if key.endswith("_status")), 1)
    if where.off_peak or not where.has(int(_id(row) or 0)):
        return False
    late_enough = where.start_ms is None or at_ms >= where.start_ms
    early_enough = where.end_ms is None or at_ms <= where.end_ms
    return late_enough and early_enough and (not where.statuses or status in where.statuses)
