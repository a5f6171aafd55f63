from __future__ import annotations

from django.db import migrations

# Keys to owned rows are pairs with the owner, so the database refuses a row that points at somebody else's.
PAIRS = """
ALTER TABLE assets_asset ADD CONSTRAINT assets_asset_account_same_owner
  FOREIGN KEY (account_id, owner_id) REFERENCES providers_provideraccount (id, owner_id)
  ON DELETE SET NULL (account_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE assets_reference ADD CONSTRAINT assets_reference_asset_same_owner
  FOREIGN KEY (asset_id, owner_id) REFERENCES assets_asset (id, owner_id)
  ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE assets_assetmerge ADD CONSTRAINT assets_merge_survivor_same_owner
  FOREIGN KEY (survivor_id, owner_id) REFERENCES assets_asset (id, owner_id)
  ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""

NO_PAIRS = """
ALTER TABLE assets_assetmerge DROP CONSTRAINT assets_merge_survivor_same_owner;
ALTER TABLE assets_reference DROP CONSTRAINT assets_reference_asset_same_owner;
ALTER TABLE assets_asset DROP CONSTRAINT assets_asset_account_same_owner;
"""

# Payloads go to the side table of long values, so that lists and counters touch narrow rows only.
NARROW = "ALTER TABLE assets_asset SET (toast_tuple_target = 512, fillfactor = 90)"
WIDE = "ALTER TABLE assets_asset RESET (toast_tuple_target, fillfactor)"


class Migration(migrations.Migration):
    dependencies = [("assets", "0001_library")]

    operations = [migrations.RunSQL(PAIRS, NO_PAIRS), migrations.RunSQL(NARROW, WIDE)]
