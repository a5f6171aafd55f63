"""Ancestors and descendants of assets as subqueries and counts, for filters of the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models.expressions import RawSQL

# Functions of the migration named reach: each asset once, the root itself at depth 0.
_REACHED = "SELECT asset_id FROM {function}(%s) WHERE depth > 0"
_MANY = "SELECT count(*) FROM {function}(%s, %s)"

# One walk from all of them at once, each asset once: families overlap. LATERAL as in those functions.
_COUNT = """
WITH RECURSIVE reached(id) AS (
  SELECT unnest(%(these)s::bigint[])
  UNION
  SELECT e.{to} FROM reached r, LATERAL (SELECT {to} FROM lineage_lineageedge WHERE {of} = r.id OFFSET 0) AS e
)
SELECT count(*) - (SELECT count(DISTINCT id) FROM unnest(%(these)s::bigint[]) AS id) FROM reached
"""

LARGE_FROM = 5_000
"""From this size on, walking the library finds a page of relatives sooner than selecting each of them by id."""


@dataclass(frozen=True, slots=True)
class Closure:
    """The ancestors or descendants of an asset: a subquery of their ids, and whether they are LARGE_FROM or more."""

    ids: RawSQL
    is_large: bool


def closure_of(asset_id: int, *, is_up: bool) -> Closure:
    """Build the subquery of an asset's ancestors, or with `is_up` false of its descendants; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_MANY.format(function=_function(is_up)), [asset_id, LARGE_FROM])
        is_large = cursor.fetchone()[0] == LARGE_FROM
    return Closure(closure_ids(asset_id, is_up=is_up), is_large)


def closure_ids(asset_id: int, *, is_up: bool) -> RawSQL:
    """Build a subquery of the ids of an asset's ancestors, or with `is_up` false of its descendants."""
    return RawSQL(_REACHED.format(function=_function(is_up)), [asset_id])  # noqa: S611 - the text is fixed


def count_closure_union(asset_ids: Sequence[int], *, is_up: bool) -> int:
    """Count the ancestors or descendants of several assets together, each once, these assets left out."""
    of, to = ("child_id", "parent_id") if is_up else ("parent_id", "child_id")
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(of=of, to=to), {"these": list(asset_ids)})
        return int(cursor.fetchone()[0])


def _function(is_up: bool) -> str:
    return "lineage_ancestors" if is_up else "lineage_descendants"
