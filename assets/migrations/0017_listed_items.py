"""Keep the items that the provider lists, so that an account's counts are those of items and not of readings."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEYS = """
ALTER TABLE assets_listeditem ADD CONSTRAINT assets_listed_account_same_owner
  FOREIGN KEY (account_id, owner_id) REFERENCES providers_provideraccount (id, owner_id)
  ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""

NO_KEYS = "ALTER TABLE assets_listeditem DROP CONSTRAINT assets_listed_account_same_owner;"

# The imported assets of accounts that were read before; what else their lists hold is counted by the next run.
FILL = """
INSERT INTO assets_listeditem (owner_id, account_id, media_type, provider_asset_id, asset_id, is_unreadable, is_deleted)
SELECT a.owner_id, a.account_id, a.media_type, a.provider_asset_id, min(a.id), false, false
FROM assets_asset a JOIN providers_provideraccount p ON p.id = a.account_id
WHERE NOT a.is_stub AND a.not_listed_since IS NULL
  AND EXISTS (SELECT FROM assets_syncrun r WHERE r.account_id = a.account_id)
GROUP BY a.owner_id, a.account_id, a.media_type, a.provider_asset_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0016_lineage_built"),
        ("providers", "0001_accounts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("syncrun", "unlisted_count", models.PositiveIntegerField(default=0)),
        migrations.CreateModel(
            name="ListedItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "media_type",
                    models.CharField(
                        choices=[("video", "Video"), ("image", "Image"), ("audio", "Audio"), ("model", "3D model")],
                        max_length=10,
                    ),
                ),
                ("provider_asset_id", models.CharField(max_length=200)),
                ("asset_id", models.BigIntegerField(blank=True, null=True)),
                ("is_unreadable", models.BooleanField(default=False)),
                ("is_deleted", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="providers.provideraccount",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="assets.syncrun",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "media_type", "provider_asset_id"), name="assets_listed_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("media_type__in", ["video", "image", "audio", "model"])),
                        name="assets_listed_media_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEYS, NO_KEYS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
