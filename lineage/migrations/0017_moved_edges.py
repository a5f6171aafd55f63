from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lineage", "0016_parent_frame"),
    ]

    operations = [
        migrations.AddField(
            model_name="lineageedge",
            name="moved_from_id",
            field=models.BigIntegerField(blank=True, null=True),
        ),
    ]
