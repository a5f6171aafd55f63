"""Which edges must not come, and which must go, so that nothing is its own ancestor: found without walking far.

Going up from child to parent leads back in time, but for a few edges whose parent is not older than its child. Those
the database notes as they come (see the migration named against_time). A cycle must climb again what it goes back, so
it lies within the time that such edges span: where their spans touch, in one stretch of time. New edges whose ends do
not lie in one stretch close no cycle, and the others are followed no further than their stretch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from common.vocabulary import Evidence
from lineage.edges.feedback_edges import Pair, backward, loops

NOTED_MAX = 5_000
"""With more edges against time than this, as when a provider tells no dates, a walk over everything is the cheaper."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Stands for an unknown date: what nobody dated may be older than anything."""

EVER = datetime.max.replace(tzinfo=UTC)

_ENDS = "SELECT id, provider_created_at, parent_count, child_count FROM assets_asset WHERE id = ANY(%s)"

# Of each noted edge that still stands, when its child and its parent were made, if both can be part of a cycle.
_NOTED = """
SELECT c.provider_created_at, p.provider_created_at
FROM lineage_against_time noted
JOIN assets_asset c ON c.id = noted.child_id JOIN assets_asset p ON p.id = noted.parent_id
WHERE noted.owner_id = %s AND (c.child_count > 0 OR c.id = ANY(%s)) AND (p.parent_count > 0 OR p.id = ANY(%s))
  AND EXISTS (SELECT FROM lineage_lineageedge e WHERE e.child_id = noted.child_id AND e.parent_id = noted.parent_id)
LIMIT %s
"""

# Everything at or above the starts that was made in their stretch, each asset once for each stretch; UNION ends the
# walk even on a cycle that should not exist. LATERAL with OFFSET keeps the planner to one look into the index for each
# asset, whatever it believes of the table.
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
    """An asset that an edge begins or ends at."""

    asset_id: int
    made_at: datetime
    has_parents: bool
    has_children: bool

    @property
    def age(self) -> tuple[datetime, int]:
        """The older, the smaller; no two are equal."""
        return (self.made_at, self.asset_id)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of time, both ends included."""

    since: datetime
    until: datetime

    def holds(self, end: _End) -> bool:
        return self.since <= end.made_at <= self.until


_Row = tuple[int, int, int, str]
"""A stored edge: id, child, parent, evidence."""


def open_cycles(
    owner_id: int, fresh: set[Pair], going: set[int], *, around: Iterable[int] = ()
) -> tuple[set[Pair], list[int]]:
    """What must not come and what must go so that no cycle closes, in at most four statements.

    Args:
        owner_id: whose edges these are.
        fresh: (child, parent) pairs about to be written that are not there yet.
        going: ids of stored edges about to be deleted.
        around: assets whose stored edges are new, too.

    Returns:
        Pairs of `fresh`, and ids of stored edges. Of the edges of a cycle, those go whose parent is not older than its
        child, unless a person drew them or Stemma made them; what would close a cycle of these must not come.
    """
    above = [row for row in _above(owner_id, fresh, set(around)) if row[0] not in going]
    refused: set[Pair] = set()
    broken: set[int] = set()
    knots = loops([*fresh, *((child, parent) for _, child, parent, _ in above)])
    if knots:
        ends = _ends({asset for knot in knots for pair in knot for asset in pair})
        against_time = {pair for knot in knots for pair in backward(knot, lambda asset: ends[asset].age)}
        said = {(child, parent) for _, child, parent, evidence in above if evidence == Evidence.PROVIDER}
        refused = against_time & fresh
        broken = {edge for edge, child, parent, _ in above if (child, parent) in against_time & said}
        # What is left is closed by edges that people drew or made themselves: those stay, and nothing joins them.
        rest = [pair for pair in fresh if pair not in refused]
        rest += [(child, parent) for edge, child, parent, _ in above if edge not in broken]
        refused |= {pair for knot in loops(rest) for pair in knot if pair in fresh}
    return refused, sorted(broken)


def _above(owner_id: int, fresh: set[Pair], around: set[int]) -> list[_Row]:
    """The stored edges that could close a cycle with what is new."""
    ends = _ends({asset for pair in fresh for asset in pair} | around)
    passable = _passable(fresh, ends)
    steps = [(ends[child], ends[parent]) for child, parent in passable]
    steps += [(ends[asset], ends[asset]) for asset in around if ends[asset].has_parents and ends[asset].has_children]
    if not steps:
        return []
    starts = {
        (above.asset_id, stretch.since, stretch.until)
        for stretch in _stretches(owner_id, fresh, ends)
        for below, above in steps
        if stretch.holds(below) and stretch.holds(above)
    }
    if not starts:
        return []
    ids, since, until = (list(column) for column in zip(*starts, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [ids, since, until, LONG_AGO])
        return list(cursor.fetchall())


def _passable(fresh: set[Pair], ends: Mapping[int, _End]) -> set[Pair]:
    """The new edges that a way can come to from below and leave again above."""
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


def _stretches(owner_id: int, fresh: set[Pair], ends: Mapping[int, _End]) -> Sequence[_Stretch]:
    """The stretches of time that edges against time span, stored and new ones, none touching another."""
    parents, children = [parent for _, parent in fresh], [child for child, _ in fresh]
    with connection.cursor() as cursor:
        cursor.execute(_NOTED, [owner_id, parents, children, NOTED_MAX + 1])
        spans = [(low or LONG_AGO, high or LONG_AGO) for low, high in cursor.fetchall()]
    if len(spans) > NOTED_MAX:
        return [_Stretch(LONG_AGO, EVER)]
    against_time = backward(fresh, lambda asset: ends[asset].age)
    spans += [(ends[child].made_at, ends[parent].made_at) for child, parent in against_time]
    stretches: list[_Stretch] = []
    for since, until in sorted(spans):
        if stretches and since <= stretches[-1].until:
            stretches[-1] = _Stretch(stretches[-1].since, max(until, stretches[-1].until))
        else:
            stretches.append(_Stretch(since, until))
    return stretches


def _ends(assets: set[int]) -> dict[int, _End]:
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [list(assets)])
        found = {
            asset_id: _End(asset_id, made_at or LONG_AGO, parents > 0, children > 0)
            for asset_id, made_at, parents, children in cursor.fetchall()
        }
    # What is not there is refused by the database when it is written.
    return {asset: found.get(asset) or _End(asset, LONG_AGO, False, False) for asset in assets}
