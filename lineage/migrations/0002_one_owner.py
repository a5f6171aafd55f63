from __future__ import annotations

from django.db import migrations

# Both ends of an edge are pairs with the owner: the database refuses an edge between two owners' assets.
PAIRS = """
ALTER TABLE lineage_lineageedge ADD CONSTRAINT lineage_edge_child_same_owner
  FOREIGN KEY (child_id, owner_id) REFERENCES assets_asset (id, owner_id)
  ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE lineage_lineageedge ADD CONSTRAINT lineage_edge_parent_same_owner
  FOREIGN KEY (parent_id, owner_id) REFERENCES assets_asset (id, owner_id)
  ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""

NO_PAIRS = """
ALTER TABLE lineage_lineageedge DROP CONSTRAINT lineage_edge_parent_same_owner;
ALTER TABLE lineage_lineageedge DROP CONSTRAINT lineage_edge_child_same_owner;
"""


class Migration(migrations.Migration):
    dependencies = [("lineage", "0001_edges"), ("assets", "0002_one_owner")]

    operations = [migrations.RunSQL(PAIRS, NO_PAIRS)]
