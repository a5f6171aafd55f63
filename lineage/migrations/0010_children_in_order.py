from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lineage", "0009_no_problems_on_runs")]

    operations = [
        migrations.AddIndex(
            model_name="lineageedge",
            index=models.Index(fields=["parent", "sequence_order", "child"], name="lineage_edge_uses"),
        ),
        migrations.RemoveIndex(model_name="lineageedge", name="lineage_edge_children"),
    ]
