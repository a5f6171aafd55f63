"""Record on an import that a rebuild has built the lineage which it did not build itself."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0015_shared_names"),
    ]

    operations = [
        migrations.AddField("syncrun", "lineage_built_at", models.DateTimeField(blank=True, null=True)),
    ]
