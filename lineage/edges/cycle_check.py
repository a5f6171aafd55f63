"""Find the edges to refuse and to delete so that no asset is its own ancestor, with a short walk.

An edge from child to parent leads back in time, except for a few edges against time, whose parent is not older than its
child. The database records those when they are written (see the migration named against_time). A cycle goes back in
time and forward again, so it lies within the time that edges against time span; overlapping spans form one time span.
New edges whose ends are not within one time span close no cycle. The others are followed only within their span.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from common.vocabulary import Evidence
from lineage.edges.feedback_edges import Pair, against_time_in, edges_in_cycles

AGAINST_TIME_MAX = 5_000
"""With more edges against time than this, as for a provider without dates, a walk over all edges is cheaper."""

UNKNOWN_DATE = datetime.min.replace(tzinfo=UTC)
"""The value of an unknown date: an asset without a date may be older than any other."""

MAX_DATE = datetime.max.replace(tzinfo=UTC)

_ENDS = "SELECT id, provider_created_at, parent_count, child_count FROM assets_asset WHERE id = ANY(%s)"

# The dates of child and parent of each recorded edge that still exists, if both can be part of a cycle.
_AGAINST_TIME = """
SELECT c.provider_created_at, p.provider_created_at
FROM lineage_against_time noted
JOIN assets_asset c ON c.id = noted.child_id JOIN assets_asset p ON p.id = noted.parent_id
WHERE noted.owner_id = %s AND (c.child_count > 0 OR c.id = ANY(%s)) AND (p.parent_count > 0 OR p.id = ANY(%s))
  AND EXISTS (SELECT FROM lineage_lineageedge e WHERE e.child_id = noted.child_id AND e.parent_id = noted.parent_id)
LIMIT %s
"""

# All edges of the starts and of their ancestors within their time span, each asset once for each span. UNION ends the
# walk even on a cycle that should not exist. LATERAL with OFFSET makes the planner use one index lookup for each asset,
# independent of the table's statistics.
_ABOVE = """
WITH RECURSIVE above(id, since, until) AS (
  SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
  UNION
  SELECT e.parent_id, since, until FROM above, LATERAL (
    SELECT edge.parent_id FROM lineage_lineageedge edge JOIN assets_asset a ON a.id = edge.parent_id
    WHERE edge.child_id = above.id AND coalesce(a.provider_created_at, %s) BETWEEN since AND until OFFSET 0
  ) AS e
)
SELECT DISTINCT e.id, above.id, e.parent_id, e.evidence FROM above, LATERAL (
  SELECT id, parent_id, evidence FROM lineage_lineageedge WHERE child_id = above.id OFFSET 0
) AS e
"""


@dataclass(frozen=True, slots=True)
class _End:
    """An asset at an end of an edge."""

    asset_id: int
    made_at: datetime
    has_parents: bool
    has_children: bool

    @property
    def age(self) -> tuple[datetime, int]:
        """Return the sort key: smaller for older assets, and unique."""
        return (self.made_at, self.asset_id)


@dataclass(frozen=True, slots=True)
class _TimeSpan:
    """A time span, both ends included."""

    since: datetime
    until: datetime

    def holds(self, end: _End) -> bool:
        return self.since <= end.made_at <= self.until


_Row = tuple[int, int, int, str]
"""A stored edge: id, child, parent, evidence."""


def break_cycles(
    owner_id: int, fresh: set[Pair], deleted: set[int], *, around: Iterable[int] = ()
) -> tuple[set[Pair], list[int]]:
    """Find the new edges to refuse and the stored edges to delete so that no cycle closes, in at most four statements.

    Args:
        owner_id: the owner of the edges.
        fresh: (child, parent) pairs about to be written that are not stored yet.
        deleted: ids of stored edges about to be deleted.
        around: assets whose stored edges count as new.

    Returns:
        Pairs of `fresh` to refuse, and ids of stored edges to delete. Of the edges of a cycle, those are deleted whose
        parent is not older than its child, unless they are manual or from a generation. New edges that would close a
        cycle of the remaining ones are refused.
    """
    above = [row for row in _above(owner_id, fresh, set(around)) if row[0] not in deleted]
    refused: set[Pair] = set()
    broken: set[int] = set()
    cycles = edges_in_cycles([*fresh, *((child, parent) for _, child, parent, _ in above)])
    if cycles:
        ends = _ends({asset for cycle in cycles for pair in cycle for asset in pair})
        against_time = {pair for cycle in cycles for pair in against_time_in(cycle, lambda asset: ends[asset].age)}
        from_provider = {(child, parent) for _, child, parent, evidence in above if evidence == Evidence.PROVIDER}
        refused = against_time & fresh
        broken = {edge for edge, child, parent, _ in above if (child, parent) in against_time & from_provider}
        # The remaining cycles are closed by manual and generation edges: those are kept, and new edges are refused.
        rest = [pair for pair in fresh if pair not in refused]
        rest += [(child, parent) for edge, child, parent, _ in above if edge not in broken]
        refused |= {pair for cycle in edges_in_cycles(rest) for pair in cycle if pair in fresh}
    return refused, sorted(broken)


def _above(owner_id: int, fresh: set[Pair], around: set[int]) -> list[_Row]:
    """Return the stored edges that could close a cycle with new ones."""
    ends = _ends({asset for pair in fresh for asset in pair} | around)
    passable = _passable(fresh, ends)
    steps = [(ends[child], ends[parent]) for child, parent in passable]
    steps += [(ends[asset], ends[asset]) for asset in around if ends[asset].has_parents and ends[asset].has_children]
    if not steps:
        return []
    starts = {
        (above.asset_id, span.since, span.until)
        for span in _time_spans(owner_id, fresh, ends)
        for below, above in steps
        if span.holds(below) and span.holds(above)
    }
    if not starts:
        return []
    ids, since, until = (list(column) for column in zip(*starts, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [ids, since, until, UNKNOWN_DATE])
        return list(cursor.fetchall())


def _passable(fresh: set[Pair], ends: Mapping[int, _End]) -> set[Pair]:
    """Return the new edges that a path can enter from below and leave above."""
    left = fresh
    while True:
        children, parents = {child for child, _ in left}, {parent for _, parent in left}
        passable = {
            (child, parent)
            for child, parent in left
            if (ends[child].has_children or child in parents) and (ends[parent].has_parents or parent in children)
        }
        if passable == left:
            return left
        left = passable


def _time_spans(owner_id: int, fresh: set[Pair], ends: Mapping[int, _End]) -> Sequence[_TimeSpan]:
    """Return the disjoint time spans of stored and new edges against time."""
    parents, children = [parent for _, parent in fresh], [child for child, _ in fresh]
    with connection.cursor() as cursor:
        cursor.execute(_AGAINST_TIME, [owner_id, parents, children, AGAINST_TIME_MAX + 1])
        spans = [(low or UNKNOWN_DATE, high or UNKNOWN_DATE) for low, high in cursor.fetchall()]
    if len(spans) > AGAINST_TIME_MAX:
        return [_TimeSpan(UNKNOWN_DATE, MAX_DATE)]
    against_time = against_time_in(fresh, lambda asset: ends[asset].age)
    spans += [(ends[child].made_at, ends[parent].made_at) for child, parent in against_time]
    merged: list[_TimeSpan] = []
    for since, until in sorted(spans):
        if merged and since <= merged[-1].until:
            merged[-1] = _TimeSpan(merged[-1].since, max(until, merged[-1].until))
        else:
            merged.append(_TimeSpan(since, until))
    return merged


def _ends(assets: set[int]) -> dict[int, _End]:
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [list(assets)])
        found = {
            asset_id: _End(asset_id, made_at or UNKNOWN_DATE, parents > 0, children > 0)
            for asset_id, made_at, parents, children in cursor.fetchall()
        }
    # A missing asset is refused by the database when the edge is written.
    return {asset: found.get(asset) or _End(asset, UNKNOWN_DATE, False, False) for asset in assets}
