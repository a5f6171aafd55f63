"""List and count all ancestors (origins) or all descendants (impact) of an asset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from common.calendar.days import end_of_day, start_of_day
from common.cursors import read_cursor, read_datetime, read_number, write_cursor
from lineage.graph.query import AssetFilter
from lineage.graph.rows import ASSET_COLUMNS, GraphAsset, read_asset

COUNTED_MAX = 10_000

# The functions of the migration named reach give each asset once, at its shortest distance, the root itself at 0.
_COUNT = """
SELECT a.media_type, count(*) FROM {function}(%(root)s, %(most)s) AS r JOIN assets_asset a ON a.id = r.asset_id
WHERE r.depth > 0 GROUP BY a.media_type ORDER BY a.media_type
"""

_MATCHING = """
WITH matching AS MATERIALIZED (
  SELECT r.depth, r.asset_id {key} FROM {function}(%(root)s) AS r {join} WHERE r.depth > 0 {conditions}
)
"""

# Always returns a row, so that the total is known even when the page is empty. The page is cut before assets are read.
_PAGE = """
SELECT total.count, page.* FROM (SELECT count(*) FROM matching) AS total LEFT JOIN (
  SELECT {columns}, a.parent_count, a.child_count, m.* FROM (
    SELECT * FROM matching m {beyond} ORDER BY {order} LIMIT %(limit)s
  ) AS m JOIN assets_asset a ON a.id = m.asset_id ORDER BY {order}
) AS page ON true
"""

_ALL = """
SELECT {columns}, a.parent_count, a.child_count, m.* FROM matching m JOIN assets_asset a ON a.id = m.asset_id
ORDER BY {order}
"""


class ClosureSort(StrEnum):
    """Order of a list."""

    NEAREST = "nearest"
    FARTHEST = "farthest"
    NEWEST = "newest"
    OLDEST = "oldest"
    MEDIA_TYPE = "media_type"
    PROVIDER = "provider"
    OPERATION = "operation"


@dataclass(frozen=True, slots=True)
class ClosureCount:
    """Number of ancestors or descendants of an asset.

    `is_more` is true when there are more than `total`, where counting stopped. `by_media` is then empty, else it holds
    the number of each media type that occurs.
    """

    total: int
    is_more: bool
    by_media: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClosureItem:
    """An asset above or below the root, `depth` hops away by the shortest path, with its own totals."""

    asset: GraphAsset
    depth: int
    parent_count: int
    child_count: int


@dataclass(frozen=True, slots=True)
class ClosurePage:
    """A page of the list; `total` counts all that match, `next_cursor` is None on the last page."""

    items: tuple[ClosureItem, ...]
    total: int
    next_cursor: str | None


def count_closure(root_id: int, *, is_up: bool, most: int = COUNTED_MAX) -> ClosureCount:
    """Count the ancestors or the descendants of an asset, in one statement.

    Args:
        root_id: the asset; the caller has checked who owns it.
        is_up: count ancestors, else descendants.
        most: the number at which counting stops.
    """
    with connection.cursor() as cursor:
        # The root itself, and one more than is counted.
        cursor.execute(_COUNT.format(function=_function(is_up)), {"root": root_id, "most": most + 2})
        by_media = dict(cursor.fetchall())
    total = sum(by_media.values())
    return ClosureCount(most, True) if total > most else ClosureCount(total, False, by_media)


def list_closure(
    root_id: int,
    *,
    is_up: bool,
    sort: ClosureSort = ClosureSort.NEAREST,
    asset_filter: AssetFilter = AssetFilter(),  # noqa: B008 - it never changes
    only_originals: bool = False,
    cursor: str = "",
    size: int = 50,
) -> ClosurePage:
    """List a page of the ancestors or of the descendants of an asset, in one statement.

    Args:
        root_id: the asset, which is not listed itself; the caller has checked who owns it.
        is_up: list ancestors, else descendants.
        sort: the order; equal assets by distance, then by id.
        asset_filter: the assets to list and count; paths may lead through assets that do not match.
        only_originals: list and count only assets without parents.
        cursor: "" for the first page, or an earlier page's `next_cursor`.
        size: assets, 1–500.

    Raises:
        InvalidCursor: the cursor was not written by this function, or is of another order.
    """
    order = _ORDERS[sort]
    key = _after(cursor, sort) if cursor else {}
    page = _PAGE.format(columns=ASSET_COLUMNS, beyond=order.beyond if key else "", order=order.sql)
    with connection.cursor() as database:
        asked = {"root": root_id, "limit": size + 1, **key, **_asked(asset_filter)}
        database.execute(_matching(is_up, order, asset_filter, only_originals) + page, asked)
        rows = database.fetchall()
    found = [row[1:] for row in rows if row[1] is not None]
    shown = found[:size]
    return ClosurePage(
        items=tuple(_item(row) for row in shown),
        total=rows[0][0],
        next_cursor=_cursor(sort, shown[-1]) if len(found) > size else None,
    )


def iterate_closure(
    root_id: int,
    *,
    is_up: bool,
    sort: ClosureSort = ClosureSort.NEAREST,
    asset_filter: AssetFilter = AssetFilter(),  # noqa: B008 - it never changes
    only_originals: bool = False,
) -> Iterator[ClosureItem]:
    """Yield the whole list of `list_closure` from a server-side cursor, for files of any length."""
    order = _ORDERS[sort]
    statement = _matching(is_up, order, asset_filter, only_originals) + _ALL.format(
        columns=ASSET_COLUMNS, order=order.sql
    )
    with connection.chunked_cursor() as database:
        database.execute(statement, {"root": root_id, **_asked(asset_filter)})
        for row in database:
            yield _item(row)


def _function(is_up: bool) -> str:
    return "lineage_ancestors" if is_up else "lineage_descendants"


def _matching(is_up: bool, order: _Order, asset_filter: AssetFilter, only_originals: bool) -> str:
    clauses = [_CONDITIONS[item.name] for item in fields(AssetFilter) if getattr(asset_filter, item.name)]
    if only_originals:
        clauses.append(_IS_ORIGINAL)
    return _MATCHING.format(
        key=f", a.{order.column}" if order.column else "",
        function=_function(is_up),
        join="JOIN assets_asset a ON a.id = r.asset_id" if order.column or clauses else "",
        conditions="".join(f" AND {condition}" for condition in clauses),
    )


def _asked(asset_filter: AssetFilter) -> dict[str, Any]:
    return {
        "filter_provider_id": asset_filter.provider_id,
        "filter_operation_type": asset_filter.operation_type,
        "filter_media_type": asset_filter.media_type,
        "filter_made_after": asset_filter.made_after and start_of_day(asset_filter.made_after),
        "filter_made_before": asset_filter.made_before and end_of_day(asset_filter.made_before),
    }


def _item(row: tuple[Any, ...]) -> ClosureItem:
    asset, (parent_count, child_count, depth, *_) = read_asset(row)
    return ClosureItem(asset, depth, parent_count, child_count)


def _cursor(sort: ClosureSort, row: tuple[Any, ...]) -> str:
    _, (_, _, depth, asset_id, *own) = read_asset(row)
    return write_cursor(
        [sort, *(value.isoformat() if isinstance(value, datetime) else value for value in own), depth, asset_id]
    )


def _after(cursor: str, sort: ClosureSort) -> dict[str, Any]:
    keys = _ORDERS[sort].keys
    _, *values = read_cursor(cursor, [{sort: sort}.__getitem__, *keys.values()])
    return {f"after_{key}": value for key, value in zip(keys, values, strict=True)}


def _slug(part: Any) -> str:
    if not re.fullmatch(r"[a-z0-9_-]{1,40}", part):
        raise ValueError(part)
    return str(part)


@dataclass(frozen=True, slots=True)
class _Order:
    """Sort key: a column of the asset if there is one, then distance, then id."""

    column: str = ""
    read: Callable[[Any], Any] = str
    is_descending: bool = False

    @property
    def keys(self) -> Mapping[str, Callable[[Any], Any]]:
        """Return the columns of `matching` in the key, each with the function that reads it from a cursor."""
        own = {self.column: self.read} if self.column else {}
        return {**own, "depth": read_number, "asset_id": read_number}

    @property
    def sql(self) -> str:
        return ", ".join(f"m.{key}{' DESC' if self.is_descending else ''}" for key in self.keys)

    @property
    def beyond(self) -> str:
        columns = ", ".join(f"m.{key}" for key in self.keys)
        values = ", ".join(f"%(after_{key})s" for key in self.keys)
        return f"WHERE ({columns}) {'<' if self.is_descending else '>'} ({values})"


_ORDERS = {
    ClosureSort.NEAREST: _Order(),
    ClosureSort.FARTHEST: _Order(is_descending=True),
    ClosureSort.NEWEST: _Order("made_at", read_datetime, is_descending=True),
    ClosureSort.OLDEST: _Order("made_at", read_datetime),
    ClosureSort.MEDIA_TYPE: _Order("media_type", _slug),
    ClosureSort.PROVIDER: _Order("provider_id", _slug),
    ClosureSort.OPERATION: _Order("operation_type", _slug),
}

_IS_ORIGINAL = "a.parent_count = 0"

# The condition of each field of AssetFilter.
_CONDITIONS = {
    "provider_id": "a.provider_id = %(filter_provider_id)s",
    "operation_type": "a.operation_type = %(filter_operation_type)s",
    "media_type": "a.media_type = %(filter_media_type)s",
    "made_after": "a.provider_created_at >= %(filter_made_after)s",
    "made_before": "a.provider_created_at < %(filter_made_before)s",
}
