"""Assets in the admin: seen, searched and deleted there, and their lineage rebuilt."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.postgres.search import SearchQuery
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from assets import tombstones
from assets.admin import DESCRIPTION_LENGTH, asset_link
from assets.models import Asset, AssetMerge, Reference, Tombstone
from common.admin import ReadOnlyAdmin, ReadOnlyInline, pretty_json
from common.runs.jobs import enqueue
from common.runs.lifecycle import AlreadyRunning
from library import deletion
from library.deletion_preview import facts, preview_deletion, summary
from lineage.rebuild.batch import INLINE_MAX, rebuild
from lineage.rebuild.start import start
from providers.admin import ProviderFilter
from providers.models import ProviderAccount
from providers.registry import provider_ids


def thumbnail(asset: Asset) -> SafeString | str:
    """A small picture of an asset, where its provider has one."""
    if not asset.thumbnail_url:
        return ""
    return format_html('<img src="{}" alt="" width="64" loading="lazy">', asset.thumbnail_url)


class LineageFilter(admin.SimpleListFilter):
    """By whether an asset has relatives."""

    title = "lineage"
    parameter_name = "lineage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two sorts of assets."""
        return [("related", "Has lineage"), ("orphan", "Orphan")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only the chosen sort."""
        is_orphan = Q(parent_count=0, child_count=0)
        wanted = {"related": ~is_orphan, "orphan": is_orphan}.get(self.value() or "")
        return queryset.filter(wanted) if wanted is not None else queryset


class ReferenceInline(ReadOnlyInline):
    """The names of one asset."""

    model = Reference
    fields = ("provider_id", "kind", "value", "is_indirect", "created_at")
    ordering = ("is_indirect", "kind", "value", "pk")


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    """Assets of all owners."""

    list_display = (
        "picture",
        "words",
        "provider_id",
        "media_type",
        "status",
        "operation_type",
        "relatives",
        "owner",
        "provider_created_at",
    )
    list_display_links = ("picture", "words")
    list_filter = (
        ProviderFilter,
        "media_type",
        "status",
        "operation_type",
        "origin",
        "is_stub",
        LineageFilter,
    )
    list_select_related = ("owner",)
    search_fields = ("references__value__exact",)
    search_help_text = "A name it has at a provider (an id, path or URL), or words of its title and prompt."
    ordering = ("-pk",)
    inlines = (ReferenceInline,)
    actions = ("rebuild_lineage",)
    fieldsets = (
        (None, {"fields": ("picture", "title", "prompt", "owner", "provider_id", "provider_asset_id", "account")}),
        ("What it is", {"fields": ("media_type", "status", "origin", "is_stub", "operation_type", "model_name")}),
        ("Media", {"fields": ("remote_url", "thumbnail_url", "last_frame_url", "width", "height", "duration_seconds")}),
        ("Lineage", {"fields": ("parent_count", "child_count")}),
        ("Dates", {"fields": ("provider_created_at", "created_at", "updated_at", "not_listed_since", "deleted_at")}),
        ("Payload", {"classes": ("collapse",), "fields": ("payload",)}),
    )
    readonly_fields = ("picture", "payload", "parent_count", "child_count")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Asset]:
        """Without payloads, which only an asset's own page reads."""
        return super().get_queryset(request).without_payload()  # type: ignore[attr-defined,no-any-return]

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What the page that asks once more says: what hangs on the assets, and what becomes of them."""
        by_owner: dict[int, list[int]] = {}
        for asset in objs:
            by_owner.setdefault(asset.owner_id, []).append(asset.pk)
        told: list[Any] = [asset_link(asset) for asset in objs]
        for owner_id, asset_ids in by_owner.items():
            found = preview_deletion(owner_id, asset_ids)
            told.append([summary(found), *(f"{name}: {value}" for name, value in facts(found))])
        perms_needed = set() if self.has_delete_permission(request) else {str(Asset._meta.verbose_name)}
        return told, {str(Asset._meta.verbose_name_plural): len(objs)}, perms_needed, []

    def delete_model(self, request: HttpRequest, obj: Asset) -> None:
        """Delete it so that no import brings it back."""
        self._delete(request, obj.owner_id, [obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:
        """Delete them, owner by owner, so that no import brings them back."""
        by_owner: dict[int, list[int]] = {}
        for owner_id, asset_id in queryset.order_by("pk").values_list("owner_id", "pk"):
            by_owner.setdefault(owner_id, []).append(asset_id)
        for owner_id, asset_ids in by_owner.items():
            self._delete(request, owner_id, asset_ids)

    def _delete(self, request: HttpRequest, owner_id: int, asset_ids: list[int]) -> None:
        report = deletion.delete(owner_id, asset_ids, now=timezone.now())
        if report.stub_ids:
            count = len(report.stub_ids)
            words = "asset stays as a bare name" if count == 1 else "assets stay as bare names"
            message = f"{count} {words}, because others were made from it."
            self.message_user(request, message, messages.WARNING)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Asset], search_term: str
    ) -> tuple[QuerySet[Asset], bool]:
        """By an exact name or by words; each leans on an index of its own, which a substring would not."""
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        accounts = ProviderAccount.objects.values_list("provider_id", flat=True).distinct()
        named = Reference.objects.identified_by(term, provider_ids={*provider_ids(), *accounts})
        # The index of names begins with the owner, and PostgreSQL before 18 does not skip over what is not given.
        named = named.filter(owner__in=User.objects.values("pk"))
        words = Asset.objects.filter(search_vector=SearchQuery(term, config="simple", search_type="websearch"))
        found = named.order_by().values("asset_id").union(words.order_by().values("pk"))
        return queryset.filter(pk__in=found), False

    @admin.display(description="Picture")
    def picture(self, asset: Asset) -> SafeString | str:
        """Its thumbnail."""
        return thumbnail(asset)

    @admin.display(description="Asset")
    def words(self, asset: Asset) -> str:
        """What to call it, in few words."""
        return Truncator(str(asset)).chars(DESCRIPTION_LENGTH)

    @admin.display(description="Lineage", ordering="child_count")
    def relatives(self, asset: Asset) -> str:
        """How many parents and children it has."""
        return f"{asset.parent_count}\N{UPWARDS ARROW} {asset.child_count}\N{DOWNWARDS ARROW}"

    @admin.display(description="As the provider sent it")
    def payload(self, asset: Asset) -> SafeString:
        """The provider's payload."""
        return pretty_json(asset.media_metadata)

    def has_rebuild_permission(self, request: HttpRequest) -> bool:
        """Whoever may change assets: a rebuild makes and removes edges, and stubs with them."""
        return request.user.has_perm("assets.change_asset")

    @admin.action(description="Rebuild lineage", permissions=["rebuild"])
    def rebuild_lineage(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:
        """Make the lineage of the selected assets anew from their payloads, each as of its owner."""
        by_owner: dict[int, list[int]] = defaultdict(list)
        for owner_id, asset_id in queryset.order_by("owner_id", "pk").values_list("owner_id", "pk"):
            by_owner[owner_id].append(asset_id)
        for owner_id, asset_ids in by_owner.items():
            self.message_user(request, *_rebuild(owner_id, asset_ids))


@admin.register(Reference)
class ReferenceAdmin(ReadOnlyAdmin):
    """Names of all owners' assets."""

    list_display = ("value", "kind", "provider_id", "asset_words", "is_indirect", "owner", "created_at")
    list_filter = (ProviderFilter, "kind", "is_indirect")
    list_select_related = ("asset", "owner")
    search_fields = ("value__exact", "owner__username__exact")
    search_help_text = "A whole name (an id, path or URL), or an owner."
    ordering = ("-pk",)
    fields = ("owner", "asset", "provider_id", "kind", "value", "is_indirect", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reference]:
        """Without the payloads of the assets."""
        return super().get_queryset(request).defer("asset__media_metadata", "asset__search_vector")

    @admin.display(description="Asset", ordering="asset_id")
    def asset_words(self, reference: Reference) -> SafeString:
        """The asset it names."""
        return asset_link(reference.asset)


@admin.register(AssetMerge)
class AssetMergeAdmin(ReadOnlyAdmin):
    """Assets that turned out to be one."""

    list_display = ("pk", "survivor_words", "absorbed_id", "absorbed_provider_asset_id", "owner", "merged_at")
    list_select_related = ("survivor", "owner")
    search_fields = ("absorbed_provider_asset_id__exact", "owner__username__exact")
    search_help_text = "The other's id at its provider, or an owner."
    date_hierarchy = "merged_at"
    ordering = ("-merged_at", "-pk")
    fields = ("owner", "survivor", "absorbed_id", "absorbed_provider_asset_id", "merged_at", "payload")
    readonly_fields = ("payload",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AssetMerge]:
        """Without payloads, which only a merge's own page reads."""
        found = super().get_queryset(request)
        return found.defer("absorbed_payload", "survivor__media_metadata", "survivor__search_vector")

    @admin.display(description="Survivor", ordering="survivor_id")
    def survivor_words(self, merge: AssetMerge) -> SafeString:
        """The asset that stayed."""
        return asset_link(merge.survivor)

    @admin.display(description="What the other was")
    def payload(self, merge: AssetMerge) -> SafeString:
        """The absorbed asset's payload."""
        return pretty_json(merge.absorbed_payload)


@admin.register(Tombstone)
class TombstoneAdmin(ReadOnlyAdmin):
    """Names of what owners deleted here; whoever deletes one lets the asset, by all its names, be imported again."""

    list_display = ("value", "kind", "provider_id", "media_type", "provider_asset_id", "owner", "deleted_at")
    list_filter = (ProviderFilter, "kind", "media_type")
    list_select_related = ("owner",)
    search_fields = ("value__exact", "provider_asset_id__exact", "owner__username__exact")
    search_help_text = "A whole name (an id, path or URL), or an owner."
    date_hierarchy = "deleted_at"
    ordering = ("-deleted_at", "-pk")
    fields = ("owner", "provider_id", "kind", "value", "media_type", "provider_asset_id", "deleted_at")

    def delete_model(self, request: HttpRequest, obj: Tombstone) -> None:
        """Forget it and the asset's other names."""
        tombstones.allow_reimport([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tombstone]) -> None:
        """Forget them and the other names of their assets."""
        tombstones.allow_reimport(queryset.order_by("pk"))


def _rebuild(owner_id: int, asset_ids: list[int]) -> tuple[str, int]:
    """Rebuild here or, when they are many, by the worker; what to say of it, and at which level."""
    if len(asset_ids) > INLINE_MAX:
        try:
            with transaction.atomic():
                run = start(owner_id, asset_ids=asset_ids, clear_existing=True, now=timezone.now())
                enqueue(run)
        except AlreadyRunning as refusal:
            return f"{refusal} It is run {refusal.run.pk}.", messages.ERROR
        return f"The worker rebuilds the lineage of {len(asset_ids)} assets: run {run.pk}.", messages.INFO
    results = rebuild(owner_id, asset_ids=asset_ids, clear_existing=True, now=timezone.now())
    statuses = Counter(str(result.status) for result in results)
    told = ", ".join(f"{count} {status}" for status, count in statuses.items())
    new = sum(result.new_edges for result in results)
    removed = sum(result.removed_edges for result in results)
    is_clean = not any(result.reason for result in results)
    return (
        f"{len(results)} assets rebuilt: {new} edges new, {removed} removed ({told}).",
        messages.SUCCESS if is_clean else messages.WARNING,
    )
