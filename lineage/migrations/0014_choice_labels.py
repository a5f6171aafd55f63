from django.db import migrations, models


# Labels of choices only; no SQL.
class Migration(migrations.Migration):
    dependencies = [
        ("lineage", "0013_one_run"),
    ]

    operations = [
        migrations.AlterField(
            model_name="lineageedge",
            name="evidence",
            field=models.CharField(
                choices=[
                    ("provider", "From provider data"),
                    ("generation", "Generated in Stemma"),
                    ("manual", "Added manually"),
                ],
                max_length=10,
            ),
        ),
    ]
