"""Lineage's answers to what the library asks of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models.expressions import RawSQL

from assets.ancestry import Kin

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


# From so many on, a page of the library is found sooner by walking the library than by looking at each of them.
LARGE_FROM = 5_000


def reached(asset_id: int, *, is_up: bool) -> RawSQL:
    """A subquery of the ids of everything above an asset, or below it."""
    return RawSQL(_REACHED.format(function=_function(is_up)), [asset_id])  # noqa: S611 - the text is fixed


class LineageAncestry:
    """See `assets.ancestry.Ancestry`."""

    def kin(self, asset_id: int, *, is_up: bool) -> Kin:
        """All its origins, or with `is_up` false all that was made from it."""
        with connection.cursor() as cursor:
            cursor.execute(_MANY.format(function=_function(is_up)), [asset_id, LARGE_FROM])
            is_large = cursor.fetchone()[0] == LARGE_FROM
        return Kin(reached(asset_id, is_up=is_up), is_large)

    def count(self, asset_ids: Sequence[int], *, is_up: bool) -> int:
        """How many origins these have together, or descendants; they themselves are not counted."""
        of, to = ("child_id", "parent_id") if is_up else ("parent_id", "child_id")
        with connection.cursor() as cursor:
            cursor.execute(_COUNT.format(of=of, to=to), {"these": list(asset_ids)})
            return int(cursor.fetchone()[0])


def _function(is_up: bool) -> str:
    return "lineage_ancestors" if is_up else "lineage_descendants"
