"""Admin pages of the library: references, merges and tombstones; assets have a module of their own."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from assets import tombstones
from assets.admin import asset_link
from assets.merges.split import CannotSplit, split
from assets.models import AssetMerge, Reference, Tombstone
from common.admin import ReadOnlyAdmin, pretty_json
from library import asset_admin  # noqa: F401  (importing registers its page)
from providers.admin import ProviderFilter


@admin.register(Reference)
class ReferenceAdmin(ReadOnlyAdmin):
    """Identifiers of all owners' assets."""

    reason = "Imports find these identifiers in the data of the provider."

    list_display = ("value", "kind", "provider_id", "asset_words", "is_indirect", "owner", "created_at")
    list_filter = (ProviderFilter, "kind", "is_indirect")
    list_select_related = ("asset", "owner")
    search_fields = ("value__exact", "owner__username__exact")
    search_help_text = "A complete identifier (an ID, path or URL), or an owner."
    ordering = ("-pk",)
    fields = ("owner", "asset", "provider_id", "kind", "value", "is_indirect", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reference]:
        """Return references without their assets' payloads."""
        return super().get_queryset(request).defer("asset__media_metadata", "asset__search_vector")

    @admin.display(description="Asset", ordering="asset_id")
    def asset_words(self, reference: Reference) -> SafeString:
        """Return a link to the asset."""
        return asset_link(reference.asset) if reference.asset else format_html("several assets")


@admin.register(AssetMerge)
class AssetMergeAdmin(ReadOnlyAdmin):
    """Merges of assets of all owners."""

    reason = "Imports merge assets that share an identifier. The list has an action that splits a merge again."

    list_display = (
        "pk", "survivor_words", "absorbed_id", "absorbed_provider_asset_id", "joined_by", "owner", "merged_at",
        "split_at",
    )  # fmt: skip
    list_select_related = ("survivor", "owner")
    search_fields = ("absorbed_provider_asset_id__exact", "owner__username__exact")
    search_help_text = "The absorbed asset's ID at its provider, or an owner."
    date_hierarchy = "merged_at"
    ordering = ("-merged_at", "-pk")
    fields = (
        "owner", "survivor", "absorbed_id", "absorbed_provider_asset_id", "media_type", "joined_by", "absorbed_names",
        "survivor_names", "merged_at", "split_at", "payload",
    )  # fmt: skip
    readonly_fields = ("payload",)
    actions = ("split_merges",)

    def has_split_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may change assets, which a split does."""
        return request.user.has_perm("assets.change_asset")

    @admin.action(description="Split selected merges", permissions=["split"])
    def split_merges(self, request: HttpRequest, queryset: QuerySet[AssetMerge]) -> None:
        """Give the merged assets back, as the page and the API do."""
        for merge in queryset.order_by("pk"):
            try:
                found = split(merge, now=timezone.now())
            except CannotSplit as error:
                self.message_user(request, f"Merge {merge.pk} was not split. {error}", messages.ERROR)
            else:
                self.message_user(request, f"Merge {merge.pk} was split: asset {found.asset_id} was given back.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AssetMerge]:
        """Return merges without payloads, which only a merge's own page shows."""
        found = super().get_queryset(request)
        return found.defer("absorbed_payload", "survivor__media_metadata", "survivor__search_vector")

    @admin.display(description="Survivor", ordering="survivor_id")
    def survivor_words(self, merge: AssetMerge) -> SafeString:
        """Return a link to the surviving asset."""
        return asset_link(merge.survivor)

    @admin.display(description="Absorbed data")
    def payload(self, merge: AssetMerge) -> SafeString:
        """Return the absorbed asset's payload as indented JSON."""
        return pretty_json(merge.absorbed_payload)


@admin.register(Tombstone)
class TombstoneAdmin(ReadOnlyAdmin):
    """Identifiers of deleted assets; deleting one lets imports restore its asset."""

    reason = "Deleting an asset makes these, so that imports skip it. Delete one to let its asset be imported again."

    list_display = ("value", "kind", "provider_id", "media_type", "provider_asset_id", "owner", "deleted_at")
    list_filter = (ProviderFilter, "kind", "media_type")
    list_select_related = ("owner",)
    search_fields = ("value__exact", "provider_asset_id__exact", "owner__username__exact")
    search_help_text = "A complete identifier (an ID, path or URL), or an owner."
    date_hierarchy = "deleted_at"
    ordering = ("-deleted_at", "-pk")
    fields = ("owner", "provider_id", "kind", "value", "media_type", "provider_asset_id", "deleted_at")

    def delete_model(self, request: HttpRequest, obj: Tombstone) -> None:
        """Delete it and the other tombstones of its asset."""
        tombstones.allow_reimport([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tombstone]) -> None:
        """Delete them and the other tombstones of their assets."""
        tombstones.allow_reimport(queryset.order_by("pk"))
