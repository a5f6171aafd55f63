from django.db import migrations, models


# New names for columns, which takes no time, and a column for what a rebuild after a page still has to do.
class Migration(migrations.Migration):
    dependencies = [("assets", "0010_name_keys")]

    operations = [
        migrations.RenameField("reference", "is_hearsay", "is_indirect"),
        migrations.RenameField("syncproblem", "shelf", "list_key"),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveConstraint("synclist", "assets_runlist_unique_shelf")]
        ),
        migrations.RenameField("synclist", "shelf", "list_key"),
        # PostgreSQL renames the column inside the constraint.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    "synclist",
                    models.UniqueConstraint(fields=("run", "list_key"), name="assets_runlist_unique_shelf"),
                )
            ]
        ),
        migrations.AddField("syncrun", "pending_lost_name_ids", models.JSONField(blank=True, default=list)),
    ]
