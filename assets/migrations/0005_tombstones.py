import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0004_runs_one_owner"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="synclist",
            name="deleted",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider_id", models.CharField(max_length=40)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("path", "Path"),
                            ("stem", "File stem"),
                            ("id", "Id"),
                            ("url", "URL"),
                            ("upload", "Upload"),
                        ],
                        max_length=10,
                    ),
                ),
                ("value", models.TextField()),
                (
                    "media_type",
                    models.CharField(
                        choices=[("video", "Video"), ("image", "Image"), ("audio", "Audio"), ("model", "3D model")],
                        max_length=10,
                    ),
                ),
                ("provider_asset_id", models.CharField(blank=True, max_length=200)),
                ("deleted_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "provider_id", "kind", "value", "media_type"),
                        name="assets_tombstone_unique_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["path", "stem", "id", "url", "upload"])),
                        name="assets_tombstone_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("media_type__in", ["video", "image", "audio", "model"])),
                        name="assets_tombstone_media_known",
                    ),
                ],
            },
        ),
    ]
