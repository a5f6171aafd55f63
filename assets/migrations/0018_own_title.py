from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assets", "0017_listed_items")]

    operations = [
        migrations.AddField(
            model_name="asset",
            name="own_title",
            field=models.CharField(max_length=300, blank=True, default="", db_default=""),
        ),
    ]
