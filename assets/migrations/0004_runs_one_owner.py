from __future__ import annotations

from django.db import migrations

KEYS = """
ALTER TABLE assets_syncrun ADD CONSTRAINT assets_run_account_same_owner
  FOREIGN KEY (account_id, owner_id) REFERENCES providers_provideraccount (id, owner_id)
  ON DELETE SET NULL (account_id) DEFERRABLE INITIALLY DEFERRED;
CREATE TRIGGER assets_runlist_same_owner AFTER INSERT ON assets_synclist REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION stemma_refuse_other_owners('assets_syncrun', 'run_id');
CREATE TRIGGER assets_problem_same_owner AFTER INSERT ON assets_syncproblem REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION stemma_refuse_other_owners('assets_syncrun', 'run_id');
"""

NO_KEYS = """
DROP TRIGGER assets_problem_same_owner ON assets_syncproblem;
DROP TRIGGER assets_runlist_same_owner ON assets_synclist;
ALTER TABLE assets_syncrun DROP CONSTRAINT assets_run_account_same_owner;
"""


class Migration(migrations.Migration):
    dependencies = [("assets", "0003_sync_runs")]

    operations = [migrations.RunSQL(KEYS, NO_KEYS)]
