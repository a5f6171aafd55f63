"""Items of the provider's lists, as runs have read them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from assets.models.sync_run import SyncRun
from common.owned import OwnedModel, OwnedQuerySet
from common.vocabulary import MediaType
from providers.models import ProviderAccount


class ListedItem(OwnedModel):
    """One item that the provider lists for an account, whether it is in the library or not.

    Scans and imports write them, and a full one deletes those that it did not read. `run` is the last one that has read
    the item. `asset_id` is a plain number, since the asset may be merged or deleted by now; None when the item had no
    asset. `is_deleted` is true when the run skipped the item since its asset was deleted here. An unreadable item
    without an ID has a digest of its data in `provider_asset_id`.
    """

    # Rows are written by the hundred thousand, so there is no index for single ones. Owners are checked by the
    # database, as everywhere.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        ProviderAccount, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    run = models.ForeignKey(
        SyncRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False
    )
    media_type = models.CharField(max_length=10, choices=MediaType.choices)
    provider_asset_id = models.CharField(max_length=200)
    asset_id = models.BigIntegerField(null=True, blank=True)
    is_unreadable = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[ListedItem]] = OwnedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "media_type", "provider_asset_id"], name="assets_listed_unique"),
            models.CheckConstraint(
                condition=models.Q(media_type__in=MediaType.values), name="assets_listed_media_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.media_type} {self.provider_asset_id}"
