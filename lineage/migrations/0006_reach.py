from __future__ import annotations

from django.db import migrations

# Everything above or below one asset, the asset itself at depth 0, each once at its shortest distance: the recursion
# goes level by level, and UNION keeps a row only when none like it came before. All `hops` compare as equal, since to
# PostgreSQL a month is thirty days, so that rows are told apart by id alone; a walk that should go in circles ends.
# LATERAL with OFFSET keeps the planner to one look into the index for each asset, whatever it believes of the table.
# At most `at_most` rows, the nearest; null is all.
REACH = """
CREATE FUNCTION lineage_{name}(of_asset bigint, at_most bigint DEFAULT NULL)
RETURNS TABLE (asset_id bigint, depth int) LANGUAGE sql STABLE ROWS 1000 AS $$
  WITH RECURSIVE reached(id, hops) AS (
    SELECT of_asset, interval '0'
    UNION
    SELECT e.{to} AS id, r.hops + interval '-1 month 30 days' FROM reached r, LATERAL (
      SELECT {to} FROM lineage_lineageedge WHERE {of} = r.id OFFSET 0
    ) AS e
  )
  SELECT id, extract(day FROM hops)::int / 30 FROM reached LIMIT at_most
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("lineage", "0005_picture")]

    operations = [
        migrations.RunSQL(REACH.format(name=name, of=of, to=to), f"DROP FUNCTION lineage_{name}(bigint, bigint)")
        for name, of, to in (("ancestors", "child_id", "parent_id"), ("descendants", "parent_id", "child_id"))
    ]
