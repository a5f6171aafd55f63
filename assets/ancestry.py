"""What the library asks of lineage, which it cannot import: lineage puts its answers here when its app is ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db.models.expressions import RawSQL


@dataclass(frozen=True, slots=True)
class Kin:
    """Everything above or below an asset: a subquery of ids, and whether there are so many that few are looked for."""

    ids: RawSQL
    is_large: bool


class Ancestry(Protocol):
    """Everything that assets were made from, and everything made from them."""

    def kin(self, asset_id: int, *, is_up: bool) -> Kin:
        """All its origins, or with `is_up` false all that was made from it."""

    def count(self, asset_ids: Sequence[int], *, is_up: bool) -> int:
        """How many origins these have together, or descendants; they themselves are not counted."""


_answering: list[Ancestry] = []


def register(ancestry: Ancestry) -> None:
    """Let lineage answer; the last one registered does."""
    _answering[:] = [ancestry]


def ancestry() -> Ancestry:
    """Who answers."""
    return _answering[0]
