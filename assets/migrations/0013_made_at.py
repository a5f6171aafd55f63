from __future__ import annotations

from django.db import migrations, models

from assets.made_at import MadeAt

# A difference of two dates is immutable, where a date plus a day would depend on the session's time zone. The column
# rests on what this computes: the function is never replaced.
FUNCTION = """
CREATE FUNCTION stemma_made_at(provider_created_at timestamptz, created_at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN provider_created_at - created_at > interval '1 day' THEN created_at
  ELSE coalesce(provider_created_at, created_at) END
"""


class Migration(migrations.Migration):
    dependencies = [("assets", "0012_choice_labels")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION stemma_made_at"),
        migrations.RemoveIndex(model_name="asset", name="assets_asset_newest"),
        migrations.RemoveField(model_name="asset", name="made_at"),
        migrations.AddField(
            model_name="asset",
            name="made_at",
            field=models.GeneratedField(
                expression=MadeAt("provider_created_at", "created_at"),
                output_field=models.DateTimeField(),
                db_persist=True,
            ),
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(
                models.F("owner"),
                models.OrderBy(models.F("made_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="assets_asset_newest",
            ),
        ),
        # The planner has no statistics on a new column.
        migrations.RunSQL("ANALYZE assets_asset (made_at)", migrations.RunSQL.noop),
    ]
