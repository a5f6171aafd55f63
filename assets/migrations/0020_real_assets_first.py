from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assets", "0019_search_words")]

    operations = [
        migrations.AddIndex(
            model_name="asset",
            index=models.Index("is_stub", models.F("id").desc(), name="assets_asset_real_first"),
        ),
    ]
