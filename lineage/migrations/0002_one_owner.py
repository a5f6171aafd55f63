from __future__ import annotations

from django.db import migrations

# Both ends of an edge are its owner's assets; each statement is checked as a whole, as in the assets app.
KEYS = """
ALTER TABLE lineage_lineageedge ADD CONSTRAINT lineage_edge_child
  FOREIGN KEY (child_id) REFERENCES assets_asset (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE lineage_lineageedge ADD CONSTRAINT lineage_edge_parent
  FOREIGN KEY (parent_id) REFERENCES assets_asset (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

CREATE TRIGGER lineage_edge_keeps_owner BEFORE UPDATE OF owner_id ON lineage_lineageedge
  FOR EACH ROW WHEN (OLD.owner_id <> NEW.owner_id) EXECUTE FUNCTION stemma_refuse_new_owner();
CREATE TRIGGER lineage_edge_same_owner AFTER INSERT ON lineage_lineageedge REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION stemma_refuse_other_owners('assets_asset', 'child_id', 'parent_id');
"""

NO_KEYS = """
DROP TRIGGER lineage_edge_same_owner ON lineage_lineageedge;
DROP TRIGGER lineage_edge_keeps_owner ON lineage_lineageedge;
ALTER TABLE lineage_lineageedge DROP CONSTRAINT lineage_edge_parent;
ALTER TABLE lineage_lineageedge DROP CONSTRAINT lineage_edge_child;
"""


class Migration(migrations.Migration):
    dependencies = [("lineage", "0001_edges"), ("assets", "0002_one_owner")]

    operations = [migrations.RunSQL(KEYS, NO_KEYS)]
