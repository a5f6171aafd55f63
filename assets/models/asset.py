"""Assets, the references that identify them, and the record of merges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.text import Truncator

from assets.made_at import MadeAt
from assets.name_key import IsKeyed, NameKey
from assets.search_vector import SearchedText
from common.owned import OwnedModel, OwnedQuerySet
from common.vocabulary import AssetStatus, MediaType, NameKind, OperationType, Origin
from providers.models import ProviderAccount

if TYPE_CHECKING:
    from providers.records import Name


WORDS_LENGTH = 60
OWN_TITLE_LENGTH = 300


class AssetQuerySet(OwnedQuerySet["Asset"]):
    """Filters of the library."""

    def listed(self) -> Self:
        """Leave out stubs, which are known only as parents of other assets."""
        return self.filter(is_stub=False)

    def newest_first(self) -> Self:
        """Order by the provider's date, newest first, by the index `assets_asset_newest`."""
        return self.order_by("-made_at", "-id")

    def oldest_first(self) -> Self:
        """Order by the provider's date, oldest first."""
        return self.order_by("made_at", "id")

    def without_payload(self) -> Self:
        """Defer the payload and the search vector, which lists do not show."""
        return self.defer("media_metadata", "search_vector")


class Asset(OwnedModel):
    """One piece of media the owner has or has used.

    `media_metadata` is the provider's whole payload; the extractor derives the other columns from it. `own_title` is
    the owner's: no import writes it. A stub is known only as a parent of other assets. `parent_count` and `child_count`
    count distinct assets; database triggers update them with the edges. `not_listed_since` is when a full import of its
    account first did not find it, None while it is listed or was never checked. `deleted_at` is set on the stub that
    replaces a deleted asset with children.
    """

    # The database keeps rows of two owners apart: see the migrations named one_owner.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    account = models.ForeignKey(
        ProviderAccount, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    provider_id = models.CharField(max_length=40)
    provider_asset_id = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=10, choices=MediaType.choices)
    status = models.CharField(max_length=12, choices=AssetStatus.choices, default=AssetStatus.UNKNOWN)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.GENERATED)
    is_stub = models.BooleanField(default=False)
    operation_type = models.CharField(max_length=20, choices=OperationType.choices, default=OperationType.UNKNOWN)
    own_title = models.CharField(max_length=OWN_TITLE_LENGTH, blank=True, default="", db_default="")
    title = models.TextField(blank=True)
    prompt = models.TextField(blank=True)
    model_name = models.CharField(max_length=120, blank=True)
    remote_url = models.TextField(blank=True)
    thumbnail_url = models.TextField(blank=True)
    last_frame_url = models.TextField(blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration_seconds = models.FloatField(null=True, blank=True)
    provider_created_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    not_listed_since = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    parent_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    child_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    media_metadata = models.JSONField(default=dict, blank=True)
    made_at = models.GeneratedField(
        expression=MadeAt("provider_created_at", "created_at"),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    search_vector = models.GeneratedField(
        expression=SearchedText("own_title", "title", "prompt"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = AssetQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index("owner", models.F("made_at").desc(), models.F("id").desc(), name="assets_asset_newest"),
            GinIndex(fields=["search_vector"], name="assets_asset_search"),
            models.Index("is_stub", models.F("id").desc(), name="assets_asset_real_first"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(media_type__in=MediaType.values), name="assets_asset_media_known"
            ),
            models.CheckConstraint(condition=models.Q(status__in=AssetStatus.values), name="assets_asset_status_known"),
            models.CheckConstraint(condition=models.Q(origin__in=Origin.values), name="assets_asset_origin_known"),
            models.CheckConstraint(
                condition=models.Q(operation_type__in=OperationType.values), name="assets_asset_operation_known"
            ),
            models.CheckConstraint(
                condition=models.Q(is_stub=True) | ~models.Q(provider_asset_id=""), name="assets_asset_complete_has_id"
            ),
            models.CheckConstraint(
                condition=models.Q(is_stub=True) | models.Q(deleted_at=None), name="assets_asset_deleted_is_stub"
            ),
        ]

    def __str__(self) -> str:
        words = Truncator(self.description).chars(WORDS_LENGTH)
        return words or f"{'Placeholder' if self.is_stub else self.provider_id} {self.provider_asset_id or self.pk}"

    @property
    def description(self) -> str:
        """The owner's title, else the provider's, else the prompt."""
        return self.own_title or self.title or self.prompt


class ReferenceQuerySet(OwnedQuerySet["Reference"]):
    """Lookups of names by the index `assets_reference_unique_name` on owners and keys."""

    def with_names(self, owner_id: int, provider_id: str, names: Iterable[Name]) -> Self:
        """Return the references with these names, of any asset; one query."""
        wanted = set(names)
        kinds, values = [str(name.kind) for name in wanted], [name.value for name in wanted]
        keys = "SELECT stemma_name_key(%s, kind, value) FROM unnest(%s::text[], %s::text[]) AS name(kind, value)"
        return self.filter(IsKeyed(keys, [provider_id, kinds, values]), owner_id=owner_id)

    def identified_by(self, value: str, *, provider_ids: Iterable[str]) -> Self:
        """Return the references with this value, of any kind, at these providers."""
        keys = (
            "SELECT stemma_name_key(provider, kind, %s) FROM unnest(%s::text[]) AS provider, unnest(%s::text[]) AS kind"
        )
        return self.filter(IsKeyed(keys, [value, list(provider_ids), NameKind.values]))


class Reference(OwnedModel):
    """One name of an asset at one provider.

    `is_indirect` marks a name that only a child's payload reports. It finds the asset, but is reassigned when an item
    is imported that has the name itself. `asset` is empty when several assets claim the name: it identifies none of
    them, and is kept so that it stays set aside. `split_from_id` is the asset from which the owner split this one.
    """

    # The owner of its asset, repeated for the unique index, which begins with the owner.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    asset = models.ForeignKey(
        Asset, null=True, blank=True, on_delete=models.CASCADE, related_name="references", db_constraint=False
    )
    provider_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=NameKind.choices)
    value = models.TextField()
    is_indirect = models.BooleanField(default=False)
    split_from_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = "identifier"
        verbose_name_plural = "identifiers"
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.F("owner"), NameKey("provider_id", "kind", "value"), name="assets_reference_unique_name"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=NameKind.values), name="assets_reference_kind_known"),
            models.CheckConstraint(condition=~models.Q(value=""), name="assets_reference_has_value"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


class AssetMerge(OwnedModel):
    """Record of an asset that was merged into another.

    `absorbed_id` is None when the absorbed id never had a row. `absorbed_payload` and `absorbed_provider_asset_id` are
    empty when the absorbed asset was a stub. `absorbed_names` and `survivor_names` are the names of both before the
    merge, as [kind, value] pairs, and `joined_by` is the one that showed them to be one asset; all three are empty for
    merges of earlier versions. `split_at` is when the owner split the two again.
    """

    survivor = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="merges", db_constraint=False)
    absorbed_id = models.BigIntegerField(null=True, blank=True)
    absorbed_provider_asset_id = models.CharField(max_length=200, blank=True)
    absorbed_payload = models.JSONField(default=dict, blank=True)
    media_type = models.CharField(max_length=10, choices=MediaType.choices, blank=True, default="", db_default="")
    absorbed_names = models.JSONField(default=list, blank=True, db_default=models.Value([], models.JSONField()))
    survivor_names = models.JSONField(default=list, blank=True, db_default=models.Value([], models.JSONField()))
    joined_by = models.JSONField(default=list, blank=True, db_default=models.Value([], models.JSONField()))
    merged_at = models.DateTimeField()
    split_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[AssetMerge]] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "merge"
        verbose_name_plural = "merges"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["survivor", "absorbed_provider_asset_id"],
                condition=~models.Q(absorbed_provider_asset_id=""),
                name="assets_merge_unique_absorbed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} → {self.survivor_id}"

    @property
    def is_of_placeholder(self) -> bool:
        """Return True when the merged asset was a placeholder, which has no ID and no data."""
        return not self.absorbed_provider_asset_id
