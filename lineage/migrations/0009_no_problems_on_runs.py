from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("lineage", "0008_rebuild_findings")]

    operations = [
        migrations.RemoveField(
            model_name="rebuildrun",
            name="problems",
        ),
    ]
