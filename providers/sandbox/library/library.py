"""Library generated from a seed: its lists, single items, true parents and files."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any, Protocol

from providers.sandbox.library import recipes
from providers.sandbox.library.identifiers import Role, rfc3339
from providers.sandbox.library.plan import KINDS, SAME_PICTURES, Planner, Spec
from providers.sandbox.library.records import RecordWriter
from providers.sandbox.library.scenes import SCENES
from providers.sandbox.library.templates import Payload
from providers.sandbox.media.media_cache import Shot
from providers.sandbox.media.pictures import Picture

FOLDER_IDS = 415_000_000_000_101
PLACEHOLDER_PATHS = {
    "pixverse-preview/mp4/media/default.mp4",
    "pixverse/mp4/media/default.mp4",
    "pixverse/jpg/media/default.jpg",
    "pixverse/jpg/media/default.jpeg",
}


@dataclass(frozen=True, slots=True)
class Where:
    """Filter of a list; times are Unix milliseconds, both ends included.

    `added` and `removed` are the IDs of items that users put into the folder or took out of it.
    """

    start_ms: int | None = None
    end_ms: int | None = None
    statuses: frozenset[int] = frozenset()
    off_peak: bool = False
    folder_id: int = 0
    added: frozenset[int] = frozenset()
    removed: frozenset[int] = frozenset()

    def has(self, item_id: int, *, from_the_start: bool = False) -> bool:
        """Return True for an item of the folder, and for every item without one."""
        return not self.folder_id or ((from_the_start or item_id in self.added) and item_id not in self.removed)


@dataclass(frozen=True, slots=True)
class Window:
    """Part of a list, newest first, and the length of the whole list."""

    rows: list[Payload]
    total: int


class Library(Protocol):
    """Interface of a library for the endpoints. A kind is one of `plan.KINDS`."""

    seed: int

    def window(self, kind: str, offset: int, limit: int, where: Where, *, personal: bool = False) -> Window:
        """Return a window of one kind; `personal` selects the rows of the older list endpoint."""

    def find(self, media_type: str, item_id: str, *, uploaded: bool = False) -> Payload | None:
        """Return one item's payload by its ID."""

    def remove(self, item_id: str) -> bool:
        """Delete an item; return False when it does not exist."""

    def totals(self) -> dict[str, int]:
        """Return the number of items of each kind."""

    def describe(self, offset: int, limit: int | None) -> list[dict[str, Any]]:
        """Return items with their true parents, oldest first."""

    def shot(self, path: str) -> Shot | None:
        """Return the content of the file at a media path; None when there is no file."""

    def names_of(self, path_or_id: str) -> dict[str, Any] | None:
        """Return the media type and names of an item, by its storage path or ID."""

    def newest_ms(self) -> int:
        """Return the creation time of the newest item."""


class GeneratedLibrary:
    """Library of `size` items in all lists together, the same for the same seed, in memory without their media.

    Payloads are generated on access. `media_base_url` is the beginning of media URLs.
    """

    def __init__(self, size: int, seed: int, media_base_url: str) -> None:
        if not 0 <= size <= 1_000_000:
            raise ValueError(f"A sandbox library holds 0 to 1,000,000 items, not {size}.")
        self.seed = seed
        self._planner = Planner(size, seed)
        self._specs = self._planner.specs
        self._writer = RecordWriter(self._planner.names, self._specs, media_base_url)
        self._by_kind: dict[str, list[Spec]] = {kind: [] for kind in KINDS}
        self._add_to_lists(self._specs)

    @property
    def specs(self) -> list[Spec]:
        """All items, oldest first, including those deleted at the provider."""
        return self._specs

    def window(self, kind: str, offset: int, limit: int, where: Where, *, personal: bool = False) -> Window:
        """Return a window of one kind, newest first. As in the older list, `personal` clips have `asset_id` 0."""
        specs = self._narrowed(self._by_kind[kind], where)
        end = max(len(specs) - offset, 0)
        rows = [self._writer.record(spec) for spec in reversed(specs[max(end - limit, 0) : end])]
        if personal and kind == "video":
            for row in rows:
                row["asset_id"] = 0
        return Window(rows, len(specs))

    def find(self, media_type: str, item_id: str, *, uploaded: bool = False) -> Payload | None:
        """Return one item's payload by its ID; None when it is not in the library."""
        spec = self._by_id(item_id)
        if spec is None or spec.gone or spec.kind != ("upload_" if uploaded else "") + media_type:
            return None
        return self._writer.record(spec)

    def remove(self, item_id: str) -> bool:
        """Delete an item from its list, with its file; its children still name it."""
        spec = self._by_id(item_id)
        if spec is None or spec.gone:
            return False
        spec.gone = True
        specs = self._by_kind[spec.kind]
        del specs[bisect_left(specs, spec.item_id, key=lambda other: other.item_id)]
        return True

    def add(self, count: int) -> list[int]:
        """Add `count` newest clips and return their IDs, oldest first."""
        before = len(self._specs)
        added = self._planner.more(count)
        self._add_to_lists(self._specs[before:])
        return [spec.item_id for spec in added]

    def totals(self) -> dict[str, int]:
        """Return the number of items of each kind."""
        return {kind: len(specs) for kind, specs in self._by_kind.items()}

    def folders(self) -> dict[int, str]:
        """Return the names of folders by ID: one per scene, with generated clips and images."""
        scenes = {spec.look % len(SCENES) for kind in ("video", "image") for spec in self._by_kind[kind]}
        return {FOLDER_IDS + number: scene.name for number, scene in enumerate(SCENES) if number in scenes}

    def describe(self, offset: int, limit: int | None) -> list[dict[str, Any]]:
        """Return items with their true parents, oldest first."""
        listed = [spec for spec in self._specs if not spec.gone]
        return [self._truth(spec) for spec in listed[offset : None if limit is None else offset + limit]]

    def shot(self, path: str) -> Shot | None:
        """Return the content of the file at a media path; None for unknown, unfinished, withheld and deleted items."""
        if path in PLACEHOLDER_PATHS or path.startswith("asset/"):
            return Shot((), seconds=2)
        located = self._planner.names.locate(path)
        if located is None or located[0] >= len(self._specs):
            return None
        spec, role = self._specs[located[0]], located[1]
        if not spec.is_ready:
            return None
        # Animated thumbnails are often missing. Source: provider notes, Pixverse §4.5.
        if path.endswith(".webp") and spec.kind == "video":
            return self._shot(spec) if spec.index % 3 else None
        if role is Role.MEDIA:
            return self._shot(spec) if path == self._writer.path(spec) else None
        return self._frame(spec, role)

    def names_of(self, path_or_id: str) -> dict[str, Any] | None:
        """Return the media type and names of an item, by its storage path or ID; deleted items still have names."""
        spec = self._by_id(path_or_id)
        if spec is None:
            located = self._planner.names.locate(path_or_id)
            if located is None or located[0] >= len(self._specs) or located[1] is not Role.MEDIA:
                return None
            spec = self._specs[located[0]]
        return {"media_type": spec.media_type, "names": self._names(spec)}

    def newest_ms(self) -> int:
        """Return the creation time of the newest item in Unix milliseconds; 0 for an empty library."""
        return self._specs[-1].at_ms if self._specs else 0

    def _add_to_lists(self, specs: list[Spec]) -> None:
        for spec in specs:
            if not spec.gone:
                self._by_kind[spec.kind].append(spec)

    def _narrowed(self, specs: list[Spec], where: Where) -> list[Spec]:
        start, end = 0, len(specs)
        if where.start_ms is not None:
            start = bisect_left(specs, where.start_ms, key=lambda spec: spec.at_ms)
        if where.end_ms is not None:
            end = bisect_right(specs, where.end_ms, key=lambda spec: spec.at_ms)
        if (start, end) != (0, len(specs)):
            specs = specs[start:end]
        if where.off_peak:
            return []
        if where.statuses:
            specs = [spec for spec in specs if spec.status in where.statuses]
        if where.folder_id:
            scene = where.folder_id - FOLDER_IDS
            specs = [
                spec
                for spec in specs
                if where.has(
                    spec.item_id, from_the_start=spec.look % len(SCENES) == scene and spec.kind in ("video", "image")
                )
            ]
        return specs

    def _by_id(self, item_id: str) -> Spec | None:
        if not item_id.isdigit():
            return None
        place = bisect_left(self._specs, int(item_id), key=lambda spec: spec.item_id)
        if place < len(self._specs) and self._specs[place].item_id == int(item_id):
            return self._specs[place]
        return None

    def _names(self, spec: Spec) -> dict[str, str]:
        path = self._writer.path(spec)
        names = {"id": str(spec.item_id), "path": path, "url": self._writer.url(path)}
        return {key: value for key, value in names.items() if value}

    def _truth(self, spec: Spec) -> dict[str, Any]:
        return {
            "id": str(spec.item_id),
            "media_type": spec.media_type,
            "asset_source": 0 if spec.kind.startswith("upload_") else 1,
            "create_mode": spec.recipe.mode,
            "case": spec.recipe.name,
            "status": spec.status,
            "created_at": rfc3339(spec.at_ms),
            "names": self._names(spec),
            "operation_type": spec.recipe.operation,
            "certain": spec.recipe.certain,
            "parents": [
                self._true_parent(spec, order, parent)
                for order, parent in enumerate(spec.parents[: spec.recipe.true_inputs])
            ],
        }

    def _true_parent(self, spec: Spec, order: int, parent: int | str) -> dict[str, Any]:
        if isinstance(parent, str):
            source = self._writer.source(parent)
            media_type = "image"
            names = {key: value for key, value in (("path", source.path), ("url", source.url)) if value}
        else:
            media_type, names = self._specs[parent].media_type, self._names(self._specs[parent])
        return {
            "relation_type": recipes.relation(spec.recipe, order),
            "operation_type": spec.recipe.operation,
            "sequence_order": order,
            "media_type": media_type,
            "names": names,
        }

    def _picture(self, parent: int | str) -> Picture:
        if isinstance(parent, str):
            located = self._planner.names.locate(parent)
            number = self._planner.names.number(parent, 24)
            return Picture(number, number) if located is None else self._picture(located[0])
        spec = self._specs[parent]
        return Picture(spec.look, spec.variant, spec.start)

    def _shot(self, spec: Spec) -> Shot:
        pictures: tuple[Picture, ...] = (self._picture(spec.index),)
        if spec.recipe.operation == "video_transition":
            pictures = tuple(self._picture(parent) for parent in spec.parents)
        elif spec.recipe.operation in SAME_PICTURES and spec.parents and isinstance(spec.parents[0], int):
            pictures = self._shot(self._specs[spec.parents[0]]).pictures
        return Shot(pictures, spec.aspect, seconds=float(spec.duration))

    def _frame(self, spec: Spec, role: Role) -> Shot:
        at = {Role.FIRST_FRAME: 0.0, Role.LAST_FRAME: float(spec.duration), Role.CUT_FRAME: 2.0}.get(role, 1.5)
        shot = self._shot(spec)
        return Shot(shot.pictures, shot.aspect, shot.seconds, at)
