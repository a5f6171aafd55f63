from __future__ import annotations

from django.db import migrations

# Edges whose parent is not older than its child, by the provider's date, then by id; an unknown date is the oldest.
# There are few, and every cycle has one, so that who looks for cycles need not walk far (lineage/cycle_search.py).
# A pair stays noted when dates change for the better; who reads looks at the dates again. Plans are made anew for
# each statement: one made while the table was empty would read all of it later.
NOTED = """
CREATE TABLE lineage_against_time (
  owner_id int NOT NULL,
  child_id bigint NOT NULL,
  parent_id bigint NOT NULL,
  PRIMARY KEY (owner_id, child_id, parent_id)
);

CREATE FUNCTION lineage_note_inserted() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  INSERT INTO lineage_against_time
    SELECT DISTINCT n.owner_id, n.child_id, n.parent_id FROM inserted n
    JOIN assets_asset c ON c.id = n.child_id JOIN assets_asset p ON p.id = n.parent_id
    WHERE
      (coalesce(p.provider_created_at, '-infinity'), p.id) >= (coalesce(c.provider_created_at, '-infinity'), c.id)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE FUNCTION lineage_forget_deleted() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  DELETE FROM lineage_against_time noted USING deleted o
    WHERE noted.owner_id = o.owner_id AND noted.child_id = o.child_id AND noted.parent_id = o.parent_id
      AND NOT EXISTS (
        SELECT FROM lineage_lineageedge e WHERE e.child_id = o.child_id AND e.parent_id = o.parent_id);
  RETURN NULL;
END $$;

CREATE FUNCTION lineage_note_dated() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  INSERT INTO lineage_against_time
    SELECT e.owner_id, e.child_id, e.parent_id FROM lineage_lineageedge e
    JOIN assets_asset p ON p.id = e.parent_id WHERE e.child_id = NEW.id AND
      (coalesce(p.provider_created_at, '-infinity'), p.id) >= (coalesce(NEW.provider_created_at, '-infinity'), NEW.id)
    UNION
    SELECT e.owner_id, e.child_id, e.parent_id FROM lineage_lineageedge e
    JOIN assets_asset c ON c.id = e.child_id WHERE e.parent_id = NEW.id AND
      (coalesce(NEW.provider_created_at, '-infinity'), NEW.id) >= (coalesce(c.provider_created_at, '-infinity'), c.id)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER lineage_edge_note_inserted AFTER INSERT ON lineage_lineageedge
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION lineage_note_inserted();
CREATE TRIGGER lineage_edge_forget_deleted AFTER DELETE ON lineage_lineageedge
  REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION lineage_forget_deleted();
CREATE TRIGGER lineage_note_dated AFTER UPDATE OF provider_created_at ON assets_asset
  FOR EACH ROW WHEN (OLD.provider_created_at IS DISTINCT FROM NEW.provider_created_at)
  EXECUTE FUNCTION lineage_note_dated();

INSERT INTO lineage_against_time
  SELECT DISTINCT e.owner_id, e.child_id, e.parent_id FROM lineage_lineageedge e
  JOIN assets_asset c ON c.id = e.child_id JOIN assets_asset p ON p.id = e.parent_id
  WHERE
      (coalesce(p.provider_created_at, '-infinity'), p.id) >= (coalesce(c.provider_created_at, '-infinity'), c.id);
"""

NOT_NOTED = """
DROP TRIGGER lineage_note_dated ON assets_asset;
DROP TRIGGER lineage_edge_forget_deleted ON lineage_lineageedge;
DROP TRIGGER lineage_edge_note_inserted ON lineage_lineageedge;
DROP FUNCTION lineage_note_dated();
DROP FUNCTION lineage_forget_deleted();
DROP FUNCTION lineage_note_inserted();
DROP TABLE lineage_against_time;
"""


class Migration(migrations.Migration):
    dependencies = [("lineage", "0011_quick_picture"), ("assets", "0009_plain_payloads")]

    operations = [migrations.RunSQL(NOTED, NOT_NOTED)]
