from __future__ import annotations

from django.db import migrations

# Breadth first, each way for itself, one level a turn. `seen` is everything reached that way, so a cycle that should not
# exist ends the walk all the same, and a diamond costs nothing. Each level is cut at what is still wanted: nodes
# beyond the cap are never even sorted past it. Parents come at negative depth. The final order is nearest first, then
# sequence_order, then id.
WALK = """
CREATE FUNCTION lineage_walk_one_way(root bigint, upward boolean, max_depth int, max_nodes int)
RETURNS TABLE (asset_id bigint, depth int, rank int) LANGUAGE plpgsql STABLE AS $$
DECLARE
  seen bigint[] := ARRAY[root];
  frontier bigint[] := ARRAY[root];
  ranks int[];
  level int := 0;
BEGIN
  WHILE level < max_depth AND cardinality(frontier) > 0 AND cardinality(seen) < max_nodes LOOP
    level := level + 1;
    IF upward THEN
      SELECT array_agg(id), array_agg(best) INTO frontier, ranks FROM (
        SELECT e.parent_id AS id, min(e.sequence_order)::int AS best FROM lineage_lineageedge e
        WHERE e.child_id = ANY(frontier) AND NOT EXISTS (SELECT FROM unnest(seen) AS s(id) WHERE s.id = e.parent_id)
        GROUP BY e.parent_id ORDER BY best, id LIMIT max_nodes - cardinality(seen)) AS found;
    ELSE
      SELECT array_agg(id), array_agg(best) INTO frontier, ranks FROM (
        SELECT e.child_id AS id, min(e.sequence_order)::int AS best FROM lineage_lineageedge e
        WHERE e.parent_id = ANY(frontier) AND NOT EXISTS (SELECT FROM unnest(seen) AS s(id) WHERE s.id = e.child_id)
        GROUP BY e.child_id ORDER BY best, id LIMIT max_nodes - cardinality(seen)) AS found;
    END IF;
    frontier := coalesce(frontier, '{}');
    seen := seen || frontier;
    RETURN QUERY SELECT f.id, CASE WHEN upward THEN -level ELSE level END, f.best
      FROM unnest(frontier, ranks) AS f(id, best);
  END LOOP;
END $$;

CREATE FUNCTION lineage_walk(root bigint, up boolean, down boolean, max_depth int, max_nodes int)
RETURNS TABLE (asset_id bigint, depth int) LANGUAGE sql STABLE AS $$
  SELECT reached.asset_id, (array_agg(reached.depth ORDER BY abs(reached.depth)))[1] FROM (
    SELECT root AS asset_id, 0 AS depth, 0 AS rank
    UNION ALL
    SELECT w.asset_id, w.depth, w.rank FROM lineage_walk_one_way(root, true, max_depth, max_nodes) w WHERE up
    UNION ALL
    SELECT w.asset_id, w.depth, w.rank FROM lineage_walk_one_way(root, false, max_depth, max_nodes) w WHERE down
  ) AS reached
  GROUP BY reached.asset_id
  ORDER BY min(abs(reached.depth)), min(reached.rank), reached.asset_id LIMIT max_nodes
$$;
"""

NO_WALK = """
DROP FUNCTION lineage_walk(bigint, boolean, boolean, int, int);
DROP FUNCTION lineage_walk_one_way(bigint, boolean, int, int);
"""


class Migration(migrations.Migration):
    dependencies = [("lineage", "0003_counts")]

    operations = [migrations.RunSQL(WALK, NO_WALK)]
