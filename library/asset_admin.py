"""Admin page of assets: list, search, delete, and rebuild lineage."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from assets.admin import DESCRIPTION_LENGTH, asset_link
from assets.models import Asset, Reference
from assets.word_search import has_words
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
    """Return a small thumbnail of an asset, "" when it has none."""
    if not asset.thumbnail_url:
        return ""
    return format_html('<img src="{}" alt="" width="64" loading="lazy">', asset.thumbnail_url)


class LineageFilter(admin.SimpleListFilter):
    """Filter by whether an asset has parents or children."""

    title = "lineage"
    parameter_name = "lineage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two choices."""
        return [("related", "Has lineage"), ("orphan", "No lineage")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the assets of the selected choice."""
        is_orphan = Q(parent_count=0, child_count=0)
        wanted = {"related": ~is_orphan, "orphan": is_orphan}.get(self.value() or "")
        return queryset.filter(wanted) if wanted is not None else queryset


class ReferenceInline(ReadOnlyInline):
    """Identifiers of one asset."""

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
    search_help_text = "An identifier at a provider (an ID, path or URL), or words of the title or prompt."
    ordering = ("-pk",)
    inlines = (ReferenceInline,)
    actions = ("rebuild_lineage",)
    fieldsets = (
        (None, {"fields": ("picture", "title", "prompt", "owner", "provider_id", "provider_asset_id", "account")}),
        ("Properties", {"fields": ("media_type", "status", "origin", "is_stub", "operation_type", "model_name")}),
        ("Media", {"fields": ("remote_url", "thumbnail_url", "last_frame_url", "width", "height", "duration_seconds")}),
        ("Lineage", {"fields": ("parent_count", "child_count")}),
        ("Dates", {"fields": ("provider_created_at", "created_at", "updated_at", "not_listed_since", "deleted_at")}),
        ("Payload", {"classes": ("collapse",), "fields": ("payload",)}),
    )
    readonly_fields = ("picture", "payload", "parent_count", "child_count")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Asset]:
        """Return assets without payloads, which only an asset's own page shows."""
        return super().get_queryset(request).without_payload()  # type: ignore[attr-defined,no-any-return]

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Return the consequences for the confirmation page."""
        by_owner: dict[int, list[int]] = {}
        for asset in objs:
            by_owner.setdefault(asset.owner_id, []).append(asset.pk)
        consequences: list[Any] = [asset_link(asset) for asset in objs]
        for owner_id, asset_ids in by_owner.items():
            found = preview_deletion(owner_id, asset_ids)
            consequences.append([summary(found), *(f"{name}: {value}" for name, value in facts(found))])
        perms_needed = set() if self.has_delete_permission(request) else {str(Asset._meta.verbose_name)}
        return consequences, {str(Asset._meta.verbose_name_plural): len(objs)}, perms_needed, []

    def delete_model(self, request: HttpRequest, obj: Asset) -> None:
        """Delete the asset and its future imports: see `deletion.delete`."""
        self._delete(request, obj.owner_id, [obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:
        """Delete the assets owner by owner: see `deletion.delete`."""
        by_owner: dict[int, list[int]] = {}
        for owner_id, asset_id in queryset.order_by("pk").values_list("owner_id", "pk"):
            by_owner.setdefault(owner_id, []).append(asset_id)
        for owner_id, asset_ids in by_owner.items():
            self._delete(request, owner_id, asset_ids)

    def _delete(self, request: HttpRequest, owner_id: int, asset_ids: list[int]) -> None:
        report = deletion.delete(owner_id, asset_ids, now=timezone.now())
        if report.stub_ids:
            count = len(report.stub_ids)
            words = "asset was kept as a placeholder" if count == 1 else "assets were kept as placeholders"
            message = f"{count} {words}, so that children keep their lineage."
            self.message_user(request, message, messages.WARNING)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Asset], search_term: str
    ) -> tuple[QuerySet[Asset], bool]:
        """Search by an exact identifier or by words, each by an index of its own; substrings would use none."""
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        accounts = ProviderAccount.objects.values_list("provider_id", flat=True).distinct()
        identified = Reference.objects.identified_by(term, provider_ids={*provider_ids(), *accounts})
        # The index of names begins with the owner, and PostgreSQL before 18 has no skip scan.
        identified = identified.filter(owner__in=User.objects.values("pk"))
        words = Asset.objects.filter(has_words(term))
        found = identified.order_by().values("asset_id").union(words.order_by().values("pk"))
        return queryset.filter(pk__in=found), False

    @admin.display(description="Picture")
    def picture(self, asset: Asset) -> SafeString | str:
        """Return the thumbnail."""
        return thumbnail(asset)

    @admin.display(description="Asset")
    def words(self, asset: Asset) -> str:
        """Return a short label."""
        return Truncator(str(asset)).chars(DESCRIPTION_LENGTH)

    @admin.display(description="Lineage", ordering="child_count")
    def relatives(self, asset: Asset) -> str:
        """Return the numbers of parents and children."""
        return f"{asset.parent_count}\N{UPWARDS ARROW} {asset.child_count}\N{DOWNWARDS ARROW}"

    @admin.display(description="Raw provider data")
    def payload(self, asset: Asset) -> SafeString:
        """Return the provider's payload as indented JSON."""
        return pretty_json(asset.media_metadata)

    def has_rebuild_permission(self, request: HttpRequest) -> bool:
        """Return True for users who may change assets: a rebuild adds and removes edges and stubs."""
        return request.user.has_perm("assets.change_asset")

    @admin.action(description="Rebuild lineage", permissions=["rebuild"])
    def rebuild_lineage(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:
        """Rebuild the lineage of the selected assets from their payloads, owner by owner."""
        by_owner: dict[int, list[int]] = defaultdict(list)
        for owner_id, asset_id in queryset.order_by("owner_id", "pk").values_list("owner_id", "pk"):
            by_owner[owner_id].append(asset_id)
        for owner_id, asset_ids in by_owner.items():
            self.message_user(request, *_rebuild(owner_id, asset_ids))


def _rebuild(owner_id: int, asset_ids: list[int]) -> tuple[str, int]:
    """Rebuild at once or, for many assets, in the worker; return the message and its level."""
    if len(asset_ids) > INLINE_MAX:
        try:
            with transaction.atomic():
                run = start(owner_id, asset_ids=asset_ids, clear_existing=True, now=timezone.now())
                enqueue(run)
        except AlreadyRunning as refusal:
            return f"{refusal} Run {refusal.run.pk}.", messages.ERROR
        return f"Rebuilding the lineage of {len(asset_ids)} assets in the background: run {run.pk}.", messages.INFO
    results = rebuild(owner_id, asset_ids=asset_ids, clear_existing=True, now=timezone.now())
    statuses = Counter(str(result.status) for result in results)
    counts = ", ".join(f"{count} {status}" for status, count in statuses.items())
    new = sum(result.new_edges for result in results)
    removed = sum(result.removed_edges for result in results)
    is_clean = not any(result.reason for result in results)
    return (
        f"{len(results)} assets rebuilt: {new} new links, {removed} removed ({counts}).",
        messages.SUCCESS if is_clean else messages.WARNING,
    )
