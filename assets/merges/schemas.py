"""Schemas of the API of merges."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema

from assets.models import AssetMerge


class NamePair(Schema):
    """An identifier: its kind and value."""

    kind: str
    value: str


class MergeListed(Schema):
    """A merge: which asset absorbed which, by which identifier, and when.

    `joined_by` is the identifier that showed them to be one asset; it and both lists of identifiers are empty for
    merges of earlier versions. `split_at` is when the two were split again.
    """

    id: int
    survivor_id: int
    absorbed_id: int | None
    absorbed_provider_asset_id: str
    media_type: str
    joined_by: NamePair | None
    absorbed_names: list[NamePair]
    survivor_names: list[NamePair]
    merged_at: datetime
    split_at: datetime | None

    @staticmethod
    def resolve_joined_by(merge: AssetMerge) -> Any:
        """Return the identifier as an object."""
        return _pairs([merge.joined_by])[0] if merge.joined_by else None

    @staticmethod
    def resolve_absorbed_names(merge: AssetMerge) -> Any:
        """Return the identifiers as objects."""
        return _pairs(merge.absorbed_names)

    @staticmethod
    def resolve_survivor_names(merge: AssetMerge) -> Any:
        """Return the identifiers as objects."""
        return _pairs(merge.survivor_names)


class MergeList(Schema):
    """One page of the merges, newest first."""

    items: list[MergeListed]
    total: int
    limit: int
    offset: int


class SplitAnswer(Schema):
    """The two assets after a split: `asset_id` was given back."""

    survivor_id: int
    asset_id: int


def _pairs(names: list[list[str]]) -> list[dict[str, str]]:
    return [{"kind": kind, "value": value} for kind, value in names]
