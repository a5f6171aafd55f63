from __future__ import annotations

from django.db import migrations

# The counts on an asset follow its edges whatever removes them: a rebuild, a merge, the admin, a cascade. They count
# distinct assets, so a pair counts when its first edge comes and stops counting when its last one goes. Ends of an edge
# never change, so inserts and deletes are all there is. All assets concerned are locked first, in the order of their
# ids: two transactions that each take one of a pair's two edges then see each other, and none waits in a circle. Plans
# are made anew for each statement: one made while the table was empty would read all of it later.
FUNCTIONS = """
CREATE FUNCTION lineage_add_counts(pairs_children bigint[], pairs_parents bigint[], amount int) RETURNS void
LANGUAGE sql AS $$
  UPDATE assets_asset a
  SET parent_count = a.parent_count + changed.parents, child_count = a.child_count + changed.children
  FROM (
    SELECT id, sum(parents)::int AS parents, sum(children)::int AS children FROM (
      SELECT child_id AS id, amount AS parents, 0 AS children FROM unnest(pairs_children) AS c(child_id)
      UNION ALL
      SELECT parent_id, 0, amount FROM unnest(pairs_parents) AS p(parent_id)
    ) AS ends GROUP BY id
  ) AS changed WHERE a.id = changed.id
$$;

CREATE FUNCTION lineage_count_inserted() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM FROM assets_asset a WHERE a.id IN (SELECT child_id FROM inserted UNION SELECT parent_id FROM inserted)
    ORDER BY a.id FOR NO KEY UPDATE;
  PERFORM lineage_add_counts(array_agg(child_id), array_agg(parent_id), 1) FROM (
    SELECT n.child_id, n.parent_id FROM inserted n GROUP BY n.child_id, n.parent_id
    HAVING count(*) = (
      SELECT count(*) FROM lineage_lineageedge e WHERE e.child_id = n.child_id AND e.parent_id = n.parent_id)
  ) AS fresh HAVING count(*) > 0;
  RETURN NULL;
END $$;

CREATE FUNCTION lineage_count_deleted() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM FROM assets_asset a WHERE a.id IN (SELECT child_id FROM deleted UNION SELECT parent_id FROM deleted)
    ORDER BY a.id FOR NO KEY UPDATE;
  PERFORM lineage_add_counts(array_agg(child_id), array_agg(parent_id), -1) FROM (
    SELECT o.child_id, o.parent_id FROM deleted o GROUP BY o.child_id, o.parent_id
    HAVING NOT EXISTS (
      SELECT FROM lineage_lineageedge e WHERE e.child_id = o.child_id AND e.parent_id = o.parent_id)
  ) AS gone HAVING count(*) > 0;
  RETURN NULL;
END $$;

CREATE FUNCTION lineage_refuse_moving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ends of a lineage edge never change: delete it and make a new one';
END $$;

CREATE TRIGGER lineage_edge_count_inserted AFTER INSERT ON lineage_lineageedge
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION lineage_count_inserted();
CREATE TRIGGER lineage_edge_count_deleted AFTER DELETE ON lineage_lineageedge
  REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION lineage_count_deleted();
CREATE TRIGGER lineage_edge_ends_fixed BEFORE UPDATE OF child_id, parent_id ON lineage_lineageedge
  FOR EACH ROW WHEN (OLD.child_id <> NEW.child_id OR OLD.parent_id <> NEW.parent_id)
  EXECUTE FUNCTION lineage_refuse_moving();
"""

NO_FUNCTIONS = """
DROP TRIGGER lineage_edge_ends_fixed ON lineage_lineageedge;
DROP TRIGGER lineage_edge_count_deleted ON lineage_lineageedge;
DROP TRIGGER lineage_edge_count_inserted ON lineage_lineageedge;
DROP FUNCTION lineage_refuse_moving();
DROP FUNCTION lineage_count_deleted();
DROP FUNCTION lineage_count_inserted();
DROP FUNCTION lineage_add_counts(bigint[], bigint[], int);
"""


class Migration(migrations.Migration):
    dependencies = [("lineage", "0002_one_owner")]

    operations = [migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS)]
