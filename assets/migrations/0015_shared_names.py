from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# IDs of images and audio become names of their own kinds, since a provider counts each media type by itself.
KINDS = """
UPDATE assets_reference r SET kind = a.media_type || '_id' FROM assets_asset a
WHERE a.id = r.asset_id AND r.kind = 'id' AND a.media_type IN ('image', 'audio');
UPDATE assets_tombstone SET kind = media_type || '_id' WHERE kind = 'id' AND media_type IN ('image', 'audio');
"""
# Names that the earlier version cannot have go: those of no asset, and IDs that another media type has too.
ONE_KIND = """
DELETE FROM assets_reference WHERE asset_id IS NULL;
DELETE FROM assets_reference r USING assets_reference o
WHERE o.owner_id = r.owner_id AND o.provider_id = r.provider_id AND o.value = r.value
  AND (r.kind = 'image_id' AND o.kind = 'id' OR r.kind = 'audio_id' AND o.kind IN ('id', 'image_id'));
UPDATE assets_reference SET kind = 'id' WHERE kind IN ('image_id', 'audio_id');
UPDATE assets_tombstone SET kind = 'id' WHERE kind IN ('image_id', 'audio_id');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0014_music_and_speech"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="assetmerge",
            name="assets_merge_unique_absorbed",
        ),
        migrations.RemoveConstraint(
            model_name="reference",
            name="assets_reference_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="tombstone",
            name="assets_tombstone_kind_known",
        ),
        migrations.AddField(
            model_name="assetmerge",
            name="absorbed_names",
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="assetmerge",
            name="joined_by",
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="assetmerge",
            name="media_type",
            field=models.CharField(
                blank=True,
                choices=[("video", "Video"), ("image", "Image"), ("audio", "Audio"), ("model", "3D model")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="assetmerge",
            name="split_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="assetmerge",
            name="survivor_names",
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="reference",
            name="split_from_id",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="reference",
            name="asset",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="references",
                to="assets.asset",
            ),
        ),
        migrations.AlterField(
            model_name="reference",
            name="kind",
            field=models.CharField(
                choices=[
                    ("path", "Path"),
                    ("stem", "File stem"),
                    ("id", "ID"),
                    ("image_id", "Image ID"),
                    ("audio_id", "Audio ID"),
                    ("url", "URL"),
                    ("upload", "Upload"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="tombstone",
            name="kind",
            field=models.CharField(
                choices=[
                    ("path", "Path"),
                    ("stem", "File stem"),
                    ("id", "ID"),
                    ("image_id", "Image ID"),
                    ("audio_id", "Audio ID"),
                    ("url", "URL"),
                    ("upload", "Upload"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunSQL(KINDS, ONE_KIND),
        migrations.AddConstraint(
            model_name="assetmerge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("absorbed_provider_asset_id", ""), _negated=True),
                fields=("survivor", "absorbed_provider_asset_id"),
                name="assets_merge_unique_absorbed",
            ),
        ),
        migrations.AddConstraint(
            model_name="reference",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["path", "stem", "id", "image_id", "audio_id", "url", "upload"])),
                name="assets_reference_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="tombstone",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["path", "stem", "id", "image_id", "audio_id", "url", "upload"])),
                name="assets_tombstone_kind_known",
            ),
        ),
    ]
