from __future__ import annotations

from importlib import import_module

from django.db import migrations

# Relatives come once each, by their first sequence_order, then by id. A child's edges stand in lineage_edge_uses in
# just this order, so that of ten thousand children the first few are read; what an edge of a lower order has brought
# already is left out by looking for that edge. Parents are few and read from the unique index.
PARENTS = """
  SELECT e.parent_id AS id, min(e.sequence_order)::int AS best FROM lineage_lineageedge e
  WHERE e.child_id = {of} GROUP BY e.parent_id ORDER BY best, e.parent_id LIMIT {most}
"""
CHILDREN = """
  SELECT e.child_id AS id, e.sequence_order::int AS best FROM lineage_lineageedge e
  WHERE e.parent_id = {of} AND (e.sequence_order = 0 OR NOT EXISTS (
    SELECT FROM lineage_lineageedge earlier WHERE earlier.child_id = e.child_id AND earlier.parent_id = e.parent_id
      AND earlier.sequence_order < e.sequence_order))
  GROUP BY e.sequence_order, e.child_id ORDER BY e.sequence_order, e.child_id LIMIT {most}
"""

# Breadth first, one level a turn; `seen` is everything reached, so a cycle that should not exist ends the walk all the
# same, and a diamond costs nothing. Plans are kept for the session, so they must not be those of an empty table.
WALK = """
CREATE FUNCTION lineage_walk_{name}(root bigint, steps int, most int, fan_out int, closed bigint[])
RETURNS TABLE (asset_id bigint, depth int, rank int) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
  seen bigint[] := ARRAY[root];
  frontier bigint[] := ARRAY[root];
  ranks int[];
  level int := 0;
BEGIN
  WHILE level < steps AND cardinality(frontier) > 0 AND cardinality(seen) < most LOOP
    level := level + 1;
    SELECT array_agg(found.id), array_agg(found.best) INTO frontier, ranks FROM (
      SELECT r.id, min(r.best) AS best FROM unnest(frontier) AS f(id), LATERAL ({relatives}) AS r
      WHERE f.id <> ALL(closed) AND NOT EXISTS (SELECT FROM unnest(seen) AS s(id) WHERE s.id = r.id)
      GROUP BY r.id ORDER BY best, r.id LIMIT most - cardinality(seen)) AS found;
    frontier := coalesce(frontier, '{{}}');
    seen := seen || frontier;
    RETURN QUERY SELECT f.id, {sign}level, f.best FROM unnest(frontier, ranks) AS f(id, best);
  END LOOP;
END $$;
"""

RELATIVES = """
CREATE OR REPLACE FUNCTION lineage_relatives(of_asset bigint, upward boolean, most int)
RETURNS TABLE (asset_id bigint, rank int) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
  IF upward THEN RETURN QUERY {parents}; ELSE RETURN QUERY {children}; END IF;
END $$;
"""

# The nearest of both ways are kept. Then come the sides that were opened by hand, each with its own limit, until none
# is left whose asset is shown: what they bring stands one hop beside the asset they belong to.
PICTURE = """
CREATE OR REPLACE FUNCTION lineage_picture(root bigint, up int, down int, most int, fan_out int,
  opened bigint[], opened_up boolean[], opened_most int[], closed_parents bigint[], closed_children bigint[])
RETURNS TABLE (asset_id bigint, depth int) LANGUAGE plpgsql STABLE ROWS 50 AS $$
DECLARE
  shown bigint[];
  depths int[];
  fresh bigint[];
  waiting boolean[] := array_fill(true, ARRAY[cardinality(opened)]);
  has_grown boolean := cardinality(opened) > 0;
  place int;
BEGIN
  SELECT array_agg(nearest.id), array_agg(nearest.hops) INTO shown, depths FROM (
    SELECT once.id, once.hops FROM (
      SELECT DISTINCT ON (reached.id) reached.id, reached.hops, reached.best FROM (
        SELECT root, 0, -1
        UNION ALL
        SELECT * FROM lineage_walk_up(root, up, most, fan_out, closed_parents)
        UNION ALL
        SELECT * FROM lineage_walk_down(root, down, most, fan_out, closed_children)
      ) AS reached(id, hops, best) ORDER BY reached.id, abs(reached.hops), reached.hops
    ) AS once ORDER BY abs(once.hops), once.best, once.id LIMIT most
  ) AS nearest;
  WHILE has_grown LOOP
    has_grown := false;
    FOR i IN 1..cardinality(opened) LOOP
      place := array_position(shown, opened[i]);
      CONTINUE WHEN NOT waiting[i] OR place IS NULL;
      waiting[i] := false;
      SELECT array_agg(r.asset_id) INTO fresh FROM (
        SELECT * FROM lineage_relatives(opened[i], opened_up[i], opened_most[i]) AS l
        WHERE NOT EXISTS (SELECT FROM unnest(shown) AS s(id) WHERE s.id = l.asset_id)
        ORDER BY l.rank, l.asset_id LIMIT most - cardinality(shown)) AS r;
      CONTINUE WHEN fresh IS NULL;
      depths := depths || array_fill(depths[place] + CASE WHEN opened_up[i] THEN -1 ELSE 1 END,
        ARRAY[cardinality(fresh)]);
      shown := shown || fresh;
      has_grown := true;
    END LOOP;
  END LOOP;
  RETURN QUERY SELECT * FROM unnest(shown, depths);
END $$;

DROP FUNCTION lineage_reach(bigint, boolean, int, int, int, bigint[]);
"""

# Undone, everything is as the earlier picture left it; its functions are made anew, since their settings differ too.
NO_QUICK_PICTURE = """
ALTER FUNCTION lineage_ancestors(bigint, bigint) RESET enable_seqscan;
ALTER FUNCTION lineage_descendants(bigint, bigint) RESET enable_seqscan;
DROP FUNCTION lineage_picture(bigint, int, int, int, int, bigint[], boolean[], int[], bigint[], bigint[]);
DROP FUNCTION lineage_relatives(bigint, boolean, int);
DROP FUNCTION lineage_walk_up(bigint, int, int, int, bigint[]);
DROP FUNCTION lineage_walk_down(bigint, int, int, int, bigint[]);
"""

earlier = import_module("lineage.migrations.0005_picture")


def _walk(name: str, relatives: str, sign: str) -> str:
    return WALK.format(name=name, relatives=relatives.format(of="f.id", most="fan_out"), sign=sign)


STATEMENTS = [
    _walk("up", PARENTS, "-"),
    _walk("down", CHILDREN, ""),
    RELATIVES.format(
        parents=PARENTS.format(of="of_asset", most="most"), children=CHILDREN.format(of="of_asset", most="most")
    ),
    PICTURE,
    # Kept plans again.
    "ALTER FUNCTION lineage_ancestors(bigint, bigint) SET enable_seqscan = off;",
    "ALTER FUNCTION lineage_descendants(bigint, bigint) SET enable_seqscan = off;",
]


class Migration(migrations.Migration):
    dependencies = [("lineage", "0010_children_in_order")]

    operations = [migrations.RunSQL("".join(STATEMENTS), NO_QUICK_PICTURE + earlier.PICTURE)]
