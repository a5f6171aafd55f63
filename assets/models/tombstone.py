"""References of deleted assets, which imports skip."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from common.owned import OwnedModel, OwnedQuerySet
from common.vocabulary import MediaType, NameKind


class Tombstone(OwnedModel):
    """One name of a deleted asset; imports skip items with this name.

    `provider_asset_id` groups the names of one asset.
    """

    provider_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=NameKind.choices)
    value = models.TextField()
    media_type = models.CharField(max_length=10, choices=MediaType.choices)
    provider_asset_id = models.CharField(max_length=200, blank=True)
    deleted_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Tombstone]] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "deleted identifier"
        verbose_name_plural = "deleted identifiers"
        constraints: ClassVar = [
            # Ids of one provider's videos and images may be equal.
            models.UniqueConstraint(
                fields=["owner", "provider_id", "kind", "value", "media_type"], name="assets_tombstone_unique_name"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=NameKind.values), name="assets_tombstone_kind_known"),
            models.CheckConstraint(
                condition=models.Q(media_type__in=MediaType.values), name="assets_tombstone_media_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"
