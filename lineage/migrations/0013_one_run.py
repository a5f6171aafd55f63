from django.db import migrations, models


# Columns that every kind of run has; renames and empty columns take no time.
class Migration(migrations.Migration):
    dependencies = [("lineage", "0012_against_time")]

    operations = [
        migrations.RenameField("rebuildrun", "look", "preview"),
        migrations.RenameField("rebuildrun", "error", "error_detail"),
        migrations.AlterField("rebuildrun", "error_detail", models.CharField(blank=True, max_length=500)),
        migrations.AddField("rebuildrun", "error_code", models.CharField(blank=True, max_length=40)),
        migrations.AddField("rebuildrun", "error_title", models.CharField(blank=True, max_length=200)),
        migrations.AddField("rebuildrun", "error_next_step", models.CharField(blank=True, max_length=300)),
        migrations.AddField("rebuildrun", "continue_at", models.DateTimeField(blank=True, null=True)),
    ]
