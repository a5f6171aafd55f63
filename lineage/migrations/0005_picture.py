from __future__ import annotations

from importlib import import_module

from django.db import migrations

# Breadth first, each way for itself, one level a turn; `seen` is everything reached that way, so a cycle that should not
# exist ends the walk all the same, and a diamond costs nothing. Of each asset at most `fan_out` relatives are taken, by
# sequence_order, then id. The nearest of both ways are kept. Then come the sides that were opened by hand, each with its
# own limit, until none is left whose asset is shown: what they bring stands one hop beside the asset they belong to.
PICTURE = """
CREATE FUNCTION lineage_relatives(of_asset bigint, upward boolean, most int)
RETURNS TABLE (asset_id bigint, rank int) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF upward THEN
    RETURN QUERY SELECT e.parent_id, min(e.sequence_order)::int AS best FROM lineage_lineageedge e
      WHERE e.child_id = of_asset GROUP BY e.parent_id ORDER BY best, e.parent_id LIMIT most;
  ELSE
    RETURN QUERY SELECT e.child_id, min(e.sequence_order)::int AS best FROM lineage_lineageedge e
      WHERE e.parent_id = of_asset GROUP BY e.child_id ORDER BY best, e.child_id LIMIT most;
  END IF;
END $$;

CREATE FUNCTION lineage_reach(root bigint, upward boolean, steps int, most int, fan_out int, closed bigint[])
RETURNS TABLE (asset_id bigint, depth int, rank int) LANGUAGE plpgsql STABLE AS $$
DECLARE
  seen bigint[] := ARRAY[root];
  frontier bigint[] := ARRAY[root];
  ranks int[];
  level int := 0;
BEGIN
  WHILE level < steps AND cardinality(frontier) > 0 AND cardinality(seen) < most LOOP
    level := level + 1;
    SELECT array_agg(found.id), array_agg(found.best) INTO frontier, ranks FROM (
      SELECT r.asset_id AS id, min(r.rank) AS best
      FROM unnest(frontier) AS f(id), LATERAL lineage_relatives(f.id, upward, fan_out) AS r
      WHERE NOT f.id = ANY(closed) AND NOT EXISTS (SELECT FROM unnest(seen) AS s(id) WHERE s.id = r.asset_id)
      GROUP BY r.asset_id ORDER BY best, id LIMIT most - cardinality(seen)) AS found;
    frontier := coalesce(frontier, '{}');
    seen := seen || frontier;
    RETURN QUERY SELECT f.id, CASE WHEN upward THEN -level ELSE level END, f.best
      FROM unnest(frontier, ranks) AS f(id, best);
  END LOOP;
END $$;

CREATE FUNCTION lineage_picture(root bigint, up int, down int, most int, fan_out int,
  opened bigint[], opened_up boolean[], opened_most int[], closed_parents bigint[], closed_children bigint[])
RETURNS TABLE (asset_id bigint, depth int) LANGUAGE plpgsql STABLE AS $$
DECLARE
  shown bigint[];
  depths int[];
  fresh bigint[];
  waiting boolean[] := array_fill(true, ARRAY[cardinality(opened)]);
  has_grown boolean := cardinality(opened) > 0;
  place int;
BEGIN
  SELECT array_agg(nearest.id ORDER BY abs(nearest.hops), nearest.best, nearest.id),
    array_agg(nearest.hops ORDER BY abs(nearest.hops), nearest.best, nearest.id) INTO shown, depths FROM (
    SELECT reached.asset_id AS id, (array_agg(reached.depth ORDER BY abs(reached.depth)))[1] AS hops,
      min(reached.rank) AS best FROM (
      SELECT root AS asset_id, 0 AS depth, -1 AS rank
      UNION ALL
      SELECT * FROM lineage_reach(root, true, up, most, fan_out, closed_parents)
      UNION ALL
      SELECT * FROM lineage_reach(root, false, down, most, fan_out, closed_children)
    ) AS reached GROUP BY reached.asset_id ORDER BY abs((array_agg(reached.depth ORDER BY abs(reached.depth)))[1]),
      best, id LIMIT most
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
"""

NO_PICTURE = """
DROP FUNCTION lineage_picture(bigint, int, int, int, int, bigint[], boolean[], int[], bigint[], bigint[]);
DROP FUNCTION lineage_reach(bigint, boolean, int, int, int, bigint[]);
DROP FUNCTION lineage_relatives(bigint, boolean, int);
"""

earlier = import_module("lineage.migrations.0004_walk")


class Migration(migrations.Migration):
    dependencies = [("lineage", "0004_walk")]

    operations = [migrations.RunSQL(PICTURE, NO_PICTURE), migrations.RunSQL(earlier.NO_WALK, earlier.WALK)]
