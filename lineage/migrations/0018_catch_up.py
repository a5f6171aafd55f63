"""A rebuild of a library reads again what an import changes behind its cursor, and says when an import is not over."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lineage", "0017_moved_edges")]

    operations = [
        migrations.AddField("rebuildrun", "caught_up_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("rebuildrun", "caught_up_id", models.BigIntegerField(default=0)),
        migrations.AddField("rebuildrun", "was_import_running", models.BooleanField(default=False)),
    ]
