from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assets", "0017_listed_items")]

    operations = [
        migrations.AddField(
            model_name="asset",
            name="own_title",
            field=models.CharField(max_length=300, blank=True, default="", db_default=""),
        ),
        # The expression of a generated column cannot be changed.
        migrations.RemoveIndex(model_name="asset", name="assets_asset_search"),
        migrations.RemoveField(model_name="asset", name="search_vector"),
        migrations.AddField(
            model_name="asset",
            name="search_vector",
            field=models.GeneratedField(
                expression=SearchVector("own_title", "title", "prompt", config="simple"),
                output_field=SearchVectorField(),
                db_persist=True,
            ),
        ),
        migrations.AddIndex(model_name="asset", index=GinIndex(fields=["search_vector"], name="assets_asset_search")),
        # The planner has no statistics on a new column.
        migrations.RunSQL("ANALYZE assets_asset (search_vector)", migrations.RunSQL.noop),
    ]
