"""Lineage's answers to what the library asks of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models.expressions import RawSQL

# Functions of the migration named reach: each asset once, the root itself at depth 0.
_ABOVE = "SELECT asset_id FROM lineage_ancestors(%s) WHERE depth > 0"
_BELOW = "SELECT asset_id FROM lineage_descendants(%s) WHERE depth > 0"

_COUNT = """
SELECT count(DISTINCT r.asset_id) FROM unnest(%(these)s::bigint[]) AS root(id), LATERAL {function}(root.id) AS r
WHERE r.asset_id <> ALL(%(these)s)
"""


class LineageAncestry:
    """See `assets.ancestry.Ancestry`."""

    def ids(self, asset_id: int, *, is_up: bool) -> RawSQL:
        """A subquery of the ids of all its origins, or with `is_up` false of all that was made from it."""
        return RawSQL(_ABOVE if is_up else _BELOW, [asset_id])  # noqa: S611 - the text is fixed

    def count(self, asset_ids: Sequence[int], *, is_up: bool) -> int:
        """How many origins these have together, or descendants; they themselves are not counted."""
        count = _COUNT.format(function="lineage_ancestors" if is_up else "lineage_descendants")
        with connection.cursor() as cursor:
            cursor.execute(count, {"these": list(asset_ids)})
            return int(cursor.fetchone()[0])
