from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEYS = """
CREATE TRIGGER lineage_finding_same_owner AFTER INSERT ON lineage_rebuildfinding REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION stemma_refuse_other_owners('lineage_rebuildrun', 'run_id');
"""

NO_KEYS = "DROP TRIGGER lineage_finding_same_owner ON lineage_rebuildfinding;"

# What runs had to tell so far was kept on the run itself.
MOVE = """
INSERT INTO lineage_rebuildfinding (owner_id, run_id, asset_id, status, reason, is_changed, is_chosen, added, removed,
  unchanged, edges)
SELECT r.owner_id, r.id, (p->>'asset_id')::bigint, p->>'status', p->>'reason', false, true, 0, 0, 0, '{}'
FROM lineage_rebuildrun r, jsonb_array_elements(r.problems) AS p;
UPDATE lineage_rebuildrun SET noted_count = jsonb_array_length(problems);
"""


class Migration(migrations.Migration):
    dependencies = [("lineage", "0007_rebuild_runs"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="RebuildFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asset_id", models.BigIntegerField()),
                ("status", models.CharField(max_length=20)),
                ("reason", models.TextField(blank=True)),
                ("is_changed", models.BooleanField(default=False)),
                ("is_chosen", models.BooleanField(default=True)),
                ("added", models.PositiveIntegerField(default=0)),
                ("removed", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("edges", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.AddField(
            model_name="rebuildfinding",
            name="owner",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rebuildfinding",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="findings",
                to="lineage.rebuildrun",
            ),
        ),
        migrations.AddIndex(
            model_name="rebuildfinding",
            index=models.Index(
                models.F("run"),
                models.OrderBy(models.F("is_changed"), descending=True),
                models.F("asset_id"),
                name="lineage_finding_listed",
            ),
        ),
        migrations.RunSQL(KEYS, NO_KEYS),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
    ]
