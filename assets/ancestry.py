"""What the library asks of lineage, which it cannot import: lineage puts its answers here when its app is ready."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from django.db.models.expressions import RawSQL


class Ancestry(Protocol):
    """Everything that assets were made from, and everything made from them."""

    def ids(self, asset_id: int, *, is_up: bool) -> RawSQL:
        """A subquery of the ids of all its origins, or with `is_up` false of all that was made from it."""

    def count(self, asset_ids: Sequence[int], *, is_up: bool) -> int:
        """How many origins these have together, or descendants; they themselves are not counted."""


_answering: list[Ancestry] = []


def register(ancestry: Ancestry) -> None:
    """Let lineage answer; the last one registered does."""
    _answering[:] = [ancestry]


def ancestry() -> Ancestry:
    """Who answers."""
    return _answering[0]
