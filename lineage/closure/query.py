"""Origins and impact: everything an asset was made from, and everything made from it, as flat lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Any

from django.db import connection

from common.cursors import read_cursor, read_datetime, read_number, write_cursor
from lineage.graph.query import AssetFilter
from lineage.graph.rows import ASSET_COLUMNS, GraphAsset, read_asset

COUNTED_MAX = 10_000
CLOSURE_PAGE_MAX = 500

# The functions of the migration named reach give each asset once, at its shortest distance, the root itself at 0.
_COUNT = """
SELECT a.media_type, count(*) FROM {function}(%(root)s, %(most)s) AS r JOIN assets_asset a ON a.id = r.asset_id
WHERE r.depth > 0 GROUP BY a.media_type ORDER BY a.media_type
"""

_MATCHING = """
WITH matching AS MATERIALIZED (
  SELECT r.depth, r.asset_id {key} FROM {function}(%(root)s) AS r {join} WHERE r.depth > 0 {wanted}
)
"""

# One row at least, so that the total is told even when the page is empty. The page is cut before its assets are read.
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
    """In what order to list."""

    NEAREST = "nearest"
    FARTHEST = "farthest"
    NEWEST = "newest"
    OLDEST = "oldest"
    MEDIA_TYPE = "media_type"
    PROVIDER = "provider"
    OPERATION = "operation"


@dataclass(frozen=True, slots=True)
class ClosureCount:
    """How many assets there are above or below one.

    `is_more` says that there are more than `total` and that counting stopped there; `by_media` is then empty, else it
    gives the share of each media type that occurs.
    """

    total: int
    is_more: bool
    by_media: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClosureItem:
    """An asset above or below the root, `depth` hops away by the shortest way, with its own totals."""

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
    """How many assets an asset was made from in all, or how many were made from it, in one statement.

    Args:
        root_id: the asset; the caller has checked who owns it.
        is_up: count what it was made from, else what was made from it.
        most: where to stop counting.
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
    cursor: str = "",
    size: int = 50,
) -> ClosurePage:
    """A page of everything an asset was made from, or of everything made from it, in one statement.

    Args:
        root_id: the asset, which is not listed itself; the caller has checked who owns it.
        is_up: what it was made from, else what was made from it.
        sort: in what order; equal ones by distance, then by id.
        asset_filter: which to list. Nothing else is counted, and how an asset is reached does not depend on it.
        cursor: "" for the first page, or an earlier page's `next_cursor`.
        size: assets, 1–500.

    Raises:
        InvalidCursor: the cursor is none of ours, or of another order.
    """
    order = _ORDERS[sort]
    key = _after(cursor, sort) if cursor else {}
    page = _PAGE.format(columns=ASSET_COLUMNS, beyond=order.beyond if key else "", order=order.sql)
    with connection.cursor() as database:
        asked = {"root": root_id, "limit": size + 1, **key, **_asked(asset_filter)}
        database.execute(_matching(is_up, order, asset_filter) + page, asked)
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
) -> Iterator[ClosureItem]:
    """All of `list_closure`, in one statement that is read bit by bit: for files, however long."""
    order = _ORDERS[sort]
    statement = _matching(is_up, order, asset_filter) + _ALL.format(columns=ASSET_COLUMNS, order=order.sql)
    with connection.chunked_cursor() as database:
        database.execute(statement, {"root": root_id, **_asked(asset_filter)})
        for row in database:
            yield _item(row)


def _function(is_up: bool) -> str:
    return "lineage_ancestors" if is_up else "lineage_descendants"


def _matching(is_up: bool, order: _Order, asset_filter: AssetFilter) -> str:
    conditions = [_WANTED[item.name] for item in fields(AssetFilter) if getattr(asset_filter, item.name)]
    return _MATCHING.format(
        key=f", a.{order.column}" if order.column else "",
        function=_function(is_up),
        join="JOIN assets_asset a ON a.id = r.asset_id" if order.column or conditions else "",
        wanted="".join(f" AND {condition}" for condition in conditions),
    )


def _asked(asset_filter: AssetFilter) -> dict[str, Any]:
    return {
        "wanted_provider_id": asset_filter.provider_id,
        "wanted_operation_type": asset_filter.operation_type,
        "wanted_media_type": asset_filter.media_type,
        "wanted_made_after": asset_filter.made_after and datetime.combine(asset_filter.made_after, time.min, UTC),
        "wanted_made_before": asset_filter.made_before and datetime.combine(asset_filter.made_before, time.max, UTC),
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
    """What to sort by: distance, then id, after an asset's own column where there is one."""

    column: str = ""
    read: Callable[[Any], Any] = str
    is_descending: bool = False

    @property
    def keys(self) -> Mapping[str, Callable[[Any], Any]]:
        """The columns of `matching` that make the key, with what reads each from a cursor."""
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

# What an asset must be for each field of AssetFilter that asks for something.
_WANTED = {
    "provider_id": "a.provider_id = %(wanted_provider_id)s",
    "operation_type": "a.operation_type = %(wanted_operation_type)s",
    "media_type": "a.media_type = %(wanted_media_type)s",
    "made_after": "a.provider_created_at >= %(wanted_made_after)s",
    "made_before": "a.provider_created_at <= %(wanted_made_before)s",
}
