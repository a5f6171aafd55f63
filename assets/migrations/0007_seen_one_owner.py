from __future__ import annotations

from django.db import migrations

KEYS = """
CREATE TRIGGER assets_seen_same_owner AFTER INSERT ON assets_syncseen REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION stemma_refuse_other_owners('assets_syncrun', 'run_id');
CREATE TRIGGER assets_seen_asset_same_owner AFTER INSERT ON assets_syncseen REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION stemma_refuse_other_owners('assets_asset', 'asset_id');
"""

NO_KEYS = """
DROP TRIGGER assets_seen_asset_same_owner ON assets_syncseen;
DROP TRIGGER assets_seen_same_owner ON assets_syncseen;
"""


class Migration(migrations.Migration):
    dependencies = [("assets", "0006_vanished")]

    operations = [migrations.RunSQL(KEYS, NO_KEYS)]
