from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0007_seen_one_owner"),
    ]

    operations = [
        migrations.AddField(
            model_name="asset",
            name="deleted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="asset",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_stub", True), ("deleted_at", None), _connector="OR"),
                name="assets_asset_deleted_is_stub",
            ),
        ),
    ]
