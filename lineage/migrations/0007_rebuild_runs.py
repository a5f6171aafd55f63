from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

# A person has one open run at most; of those that are open, the newest goes on.
CLOSE_OLDER = """
UPDATE lineage_rebuildrun r SET state = 'failed', error = 'A newer rebuild took its place.', finished_at = now()
WHERE state IN ('queued', 'running') AND EXISTS (
  SELECT FROM lineage_rebuildrun newer
  WHERE newer.owner_id = r.owner_id AND newer.state IN ('queued', 'running') AND newer.id > r.id)
"""


class Migration(migrations.Migration):
    dependencies = [("lineage", "0006_reach")]

    operations = [
        migrations.RunSQL(CLOSE_OLDER, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="rebuildrun",
            name="lineage_rebuild_state_known",
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="active_seconds",
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="cancel_requested_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="changed_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="execution",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="look",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="applied",
                to="lineage.rebuildrun",
            ),
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="mode",
            field=models.CharField(
                choices=[("rebuild", "Rebuild"), ("preview", "Preview")], default="rebuild", max_length=10
            ),
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="noted_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="progress_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="unchanged_edges",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="rebuildrun",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting for a worker"),
                    ("running", "Running"),
                    ("succeeded", "Done"),
                    ("failed", "Stopped"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="rebuildrun",
            index=models.Index(
                models.F("owner"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="lineage_rebuild_newest",
            ),
        ),
        migrations.AddConstraint(
            model_name="rebuildrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("queued", "running"))),
                fields=("owner",),
                name="lineage_rebuild_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="rebuildrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["queued", "running", "succeeded", "failed", "cancelled"])),
                name="lineage_rebuild_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rebuildrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("mode__in", ["rebuild", "preview"])), name="lineage_rebuild_mode_known"
            ),
        ),
        migrations.AddField(
            model_name="rebuildrun",
            name="is_of_library",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.ExpressionWrapper(
                    models.Q(("asset_ids__isnull", True)), output_field=models.BooleanField()
                ),
                output_field=models.BooleanField(),
            ),
        ),
    ]
