"""Lineage's answers to what the library asks of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models.expressions import RawSQL

# UNION ends the walk even on a cycle that should not exist. LATERAL with OFFSET keeps the planner to one look into the
# index for each asset, whatever it believes of the table.
_ABOVE = """
WITH RECURSIVE reached(id) AS (
  SELECT unnest(%s::bigint[])
  UNION
  SELECT e.parent_id FROM reached, LATERAL (
    SELECT parent_id FROM lineage_lineageedge WHERE child_id = reached.id OFFSET 0
  ) AS e
)
"""
_BELOW = """
WITH RECURSIVE reached(id) AS (
  SELECT unnest(%s::bigint[])
  UNION
  SELECT e.child_id FROM reached, LATERAL (
    SELECT child_id FROM lineage_lineageedge WHERE parent_id = reached.id OFFSET 0
  ) AS e
)
"""
_IDS = "SELECT id FROM reached WHERE id <> ALL(%s)"
_COUNT = "SELECT count(*) FROM reached WHERE id <> ALL(%s)"


class LineageAncestry:
    """See `assets.ancestry.Ancestry`."""

    def ids(self, asset_id: int, *, is_up: bool) -> RawSQL:
        """A subquery of the ids of all its origins, or with `is_up` false of all that was made from it."""
        walk = _ABOVE if is_up else _BELOW
        return RawSQL(walk + _IDS, [[asset_id], [asset_id]])  # noqa: S611 - the text is fixed

    def count(self, asset_ids: Sequence[int], *, is_up: bool) -> int:
        """How many origins these have together, or descendants; they themselves are not counted."""
        these = list(asset_ids)
        with connection.cursor() as cursor:
            cursor.execute((_ABOVE if is_up else _BELOW) + _COUNT, [these, these])
            return int(cursor.fetchone()[0])
