from __future__ import annotations

from django.db import migrations

# Rows that point at one another have one owner. Each statement is checked as a whole: a foreign key on pairs (id, owner)
# would say the same, but on a table without statistics its plan for each row may read all of an owner's rows.
FUNCTIONS = """
CREATE FUNCTION stemma_refuse_other_owners() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  is_mixed boolean;
BEGIN
  FOR i IN 1 .. TG_NARGS - 1 LOOP
    EXECUTE format(
      'SELECT EXISTS (SELECT FROM written w JOIN %I target ON target.id = w.%I WHERE target.owner_id <> w.owner_id)',
      TG_ARGV[0], TG_ARGV[i]) INTO is_mixed;
    IF is_mixed THEN
      RAISE EXCEPTION 'a row of % points at a row of another owner', TG_TABLE_NAME
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

CREATE FUNCTION stemma_refuse_new_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a row of % keeps its owner', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
END $$;
"""

NO_FUNCTIONS = "DROP FUNCTION stemma_refuse_new_owner(); DROP FUNCTION stemma_refuse_other_owners();"

KEYS = """
ALTER TABLE assets_asset ADD CONSTRAINT assets_asset_account_same_owner
  FOREIGN KEY (account_id, owner_id) REFERENCES providers_provideraccount (id, owner_id)
  ON DELETE SET NULL (account_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE assets_reference ADD CONSTRAINT assets_reference_asset
  FOREIGN KEY (asset_id) REFERENCES assets_asset (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE assets_assetmerge ADD CONSTRAINT assets_merge_survivor
  FOREIGN KEY (survivor_id) REFERENCES assets_asset (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

CREATE TRIGGER assets_asset_keeps_owner BEFORE UPDATE OF owner_id ON assets_asset
  FOR EACH ROW WHEN (OLD.owner_id <> NEW.owner_id) EXECUTE FUNCTION stemma_refuse_new_owner();
CREATE TRIGGER assets_reference_same_owner AFTER INSERT ON assets_reference REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION stemma_refuse_other_owners('assets_asset', 'asset_id');
CREATE TRIGGER assets_reference_still_same_owner AFTER UPDATE ON assets_reference REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION stemma_refuse_other_owners('assets_asset', 'asset_id');
CREATE TRIGGER assets_merge_same_owner AFTER INSERT ON assets_assetmerge REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION stemma_refuse_other_owners('assets_asset', 'survivor_id');
"""

NO_KEYS = """
DROP TRIGGER assets_merge_same_owner ON assets_assetmerge;
DROP TRIGGER assets_reference_still_same_owner ON assets_reference;
DROP TRIGGER assets_reference_same_owner ON assets_reference;
DROP TRIGGER assets_asset_keeps_owner ON assets_asset;
ALTER TABLE assets_assetmerge DROP CONSTRAINT assets_merge_survivor;
ALTER TABLE assets_reference DROP CONSTRAINT assets_reference_asset;
ALTER TABLE assets_asset DROP CONSTRAINT assets_asset_account_same_owner;
"""

# Payloads go to the side table of long values, so that lists and counters touch narrow rows only.
NARROW = "ALTER TABLE assets_asset SET (toast_tuple_target = 512, fillfactor = 90)"
WIDE = "ALTER TABLE assets_asset RESET (toast_tuple_target, fillfactor)"


class Migration(migrations.Migration):
    dependencies = [("assets", "0001_library")]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(KEYS, NO_KEYS),
        migrations.RunSQL(NARROW, WIDE),
    ]
