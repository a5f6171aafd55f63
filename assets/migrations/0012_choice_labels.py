from django.db import migrations, models


# Labels of choices only; no SQL.
class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0011_plain_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="asset",
            name="origin",
            field=models.CharField(
                choices=[("generated", "Generated"), ("uploaded", "Uploaded")], default="generated", max_length=10
            ),
        ),
        migrations.AlterField(
            model_name="asset",
            name="status",
            field=models.CharField(
                choices=[
                    ("completed", "Ready"),
                    ("processing", "Processing"),
                    ("failed", "Failed"),
                    ("filtered", "Withheld by moderation"),
                    ("deleted", "Deleted at the provider"),
                    ("unknown", "Unknown"),
                ],
                default="unknown",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="reference",
            name="kind",
            field=models.CharField(
                choices=[("path", "Path"), ("stem", "File stem"), ("id", "ID"), ("url", "URL"), ("upload", "Upload")],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="tombstone",
            name="kind",
            field=models.CharField(
                choices=[("path", "Path"), ("stem", "File stem"), ("id", "ID"), ("url", "URL"), ("upload", "Upload")],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="syncrun",
            name="mode",
            field=models.CharField(
                choices=[("full", "Full"), ("incremental", "New items only")], default="full", max_length=12
            ),
        ),
    ]
