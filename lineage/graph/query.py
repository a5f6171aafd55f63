"""Queries for the neighborhood of one asset: depth, caps, opened and closed sides, filters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

DEPTH_DEFAULT = 1
NODES_DEFAULT = 50
DEPTH_MAX = 50
NODES_MAX = 2_000
FAN_OUT_MAX = 2_000
HEAVY_NODES = 500
OPENED_MAX = 200
_SIDE_PATTERN = r"[1-9][0-9]{0,17}[pc][0-9]{0,4}"
# Of a list of sides, in the description of the API.
SIDES_PATTERN = rf"^({_SIDE_PATTERN}(\.{_SIDE_PATTERN}){{0,{OPENED_MAX - 1}}})?$"
"""A limit far above real use; more opened or closed sides would not fit into a URL."""

_SIDE = re.compile(r"([1-9][0-9]{0,17})([pc])([0-9]{0,4})")


class InvalidQuery(ValueError):
    """A bound is out of range, or a text is not a list of sides."""


class Direction(StrEnum):
    """Direction of the walk from an asset."""

    BOTH = "both"
    PARENTS = "parents"
    CHILDREN = "children"


@dataclass(frozen=True, slots=True, order=True)
class Side:
    """The parents or the children of one asset."""

    asset_id: int
    is_up: bool

    def __str__(self) -> str:
        return f"{self.asset_id}{'p' if self.is_up else 'c'}"


@dataclass(frozen=True, slots=True)
class AssetFilter:
    """Filters of assets; a field at its default matches every asset. Days are inclusive, of the current time zone."""

    provider_id: str = ""
    operation_type: str = ""
    media_type: str = ""
    made_after: date | None = None
    made_before: date | None = None

    @property
    def is_empty(self) -> bool:
        """Return whether every asset matches."""
        return self == AssetFilter()


@dataclass(frozen=True, slots=True)
class NeighborhoodQuery:
    """The part of the lineage around an asset to read.

    `up` and `down` are hops, 0–50; `max_nodes` counts the root, 1–2,000; `fan_out` is the number of relatives of one
    asset on one side that are shown at first, None for as many as fit. `opened` holds multiples of `fan_out` by side,
    at any depth; the sides in `closed` are not walked.
    """

    up: int = DEPTH_DEFAULT
    down: int = DEPTH_DEFAULT
    max_nodes: int = NODES_DEFAULT
    fan_out: int | None = None
    opened: Mapping[Side, int] = field(default_factory=dict)
    closed: frozenset[Side] = frozenset()
    asset_filter: AssetFilter = AssetFilter()

    def __post_init__(self) -> None:
        if not (0 <= self.up <= DEPTH_MAX and 0 <= self.down <= DEPTH_MAX):
            raise InvalidQuery(f"Levels must be 0–{DEPTH_MAX}.")
        if not 1 <= self.max_nodes <= NODES_MAX:
            raise InvalidQuery(f"The maximum of assets must be 1–{NODES_MAX:,}.")
        if self.fan_out is not None and not 1 <= self.fan_out <= FAN_OUT_MAX:
            raise InvalidQuery(f"The maximum of parents or children of one asset must be 1–{FAN_OUT_MAX:,}.")

    @property
    def is_heavy(self) -> bool:
        """Return whether reading and showing it can take seconds."""
        return self.max_nodes > HEAVY_NODES

    def open(self, side: Side) -> NeighborhoodQuery:
        """Return the query with `fan_out` more relatives of a side."""
        opened = {**self.opened, side: self.opened.get(side, 0) + 1}
        return replace(self, opened=opened, closed=self.closed - {side})

    def close(self, side: Side) -> NeighborhoodQuery:
        """Return the query without walking this side."""
        opened = {other: times for other, times in self.opened.items() if other != side}
        return replace(self, opened=opened, closed=self.closed | {side})


def hops(direction: Direction, depth: int) -> tuple[int, int]:
    """Return the hops up and down for one depth in the given direction."""
    return (0 if direction is Direction.CHILDREN else depth, 0 if direction is Direction.PARENTS else depth)


def read_opened(text: str) -> dict[Side, int]:
    """Read opened sides from a URL: `12p.33c2` is the parents of 12 once and the children of 33 twice.

    Raises:
        InvalidQuery: the text is not of this form, or has too many sides.
    """
    return {side: max(1, times) for side, times in _sides(text)}


def read_closed(text: str) -> frozenset[Side]:
    """Read closed sides from a URL: `5c.7p`. Errors as `read_opened`."""
    return frozenset(side for side, _ in _sides(text))


def write_opened(opened: Mapping[Side, int]) -> str:
    """Write opened sides for `read_opened`."""
    return ".".join(f"{side}{times if times > 1 else ''}" for side, times in opened.items())


def write_closed(closed: Iterable[Side]) -> str:
    """Write closed sides for `read_closed`, always the same text for the same sides."""
    return ".".join(str(side) for side in sorted(closed))


def _sides(text: str) -> list[tuple[Side, int]]:
    parts = [part for part in text.split(".") if part]
    if len(parts) > OPENED_MAX:
        raise InvalidQuery(f"At most {OPENED_MAX} sides can be opened or closed.")
    sides = []
    for part in parts:
        match = _SIDE.fullmatch(part)
        if match is None:
            raise InvalidQuery(f"“{part[:40]}” is not a side of an asset, such as 12p or 33c.")
        sides.append((Side(int(match[1]), match[2] == "p"), int(match[3] or 1)))
    return sides
