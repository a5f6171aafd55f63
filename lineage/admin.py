"""Lineage in the admin: edges and rebuilds are seen there, and the lineage of selected assets rebuilt."""

from __future__ import annotations

from collections import Counter, defaultdict

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from assets.admin import AssetAdmin, ProviderFilter, ReadOnlyAdmin, asset_link, pretty
from assets.models import Asset
from lineage.models import LineageEdge, RebuildRun
from lineage.rebuild import INLINE_MAX, rebuild
from lineage.rebuild_runs import start_run
from lineage.tasks import run_rebuild


@admin.register(LineageEdge)
class LineageEdgeAdmin(ReadOnlyAdmin):
    """Edges of all owners; they are made by rebuilds, generations and the owner's own hand."""

    list_display = (
        "pk",
        "parent_words",
        "child_words",
        "relation_type",
        "operation_type",
        "sequence_order",
        "evidence",
        "owner",
    )
    list_filter = ("relation_type", "operation_type", "evidence")
    list_select_related = ("parent", "child", "owner")
    search_fields = ("=parent__id", "=child__id", "owner__username__exact")
    search_help_text = "The id of a parent or child here, or an owner."
    ordering = ("-pk",)
    fields = (
        "owner",
        "parent",
        "child",
        "relation_type",
        "operation_type",
        "sequence_order",
        "evidence",
        "parent_start_time",
        "parent_end_time",
        "use",
        "created_at",
    )
    readonly_fields = ("use",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LineageEdge]:
        """Without the payloads of the assets."""
        found = super().get_queryset(request)
        dear = ("media_metadata", "search_vector")
        return found.defer(*(f"{end}__{field}" for end in ("parent", "child") for field in dear))

    @admin.display(description="Parent", ordering="parent_id")
    def parent_words(self, edge: LineageEdge) -> SafeString:
        """The asset that was used."""
        return asset_link(edge.parent)

    @admin.display(description="Child", ordering="child_id")
    def child_words(self, edge: LineageEdge) -> SafeString:
        """The asset that was made."""
        return asset_link(edge.child)

    @admin.display(description="What the provider said of this use")
    def use(self, edge: LineageEdge) -> SafeString:
        """The edge's transformation."""
        return pretty(edge.transformation)


@admin.register(RebuildRun)
class RebuildRunAdmin(ReadOnlyAdmin):
    """Rebuilds that the worker does or has done."""

    list_display = (
        "pk",
        "owner",
        "provider_id",
        "state",
        "done_count",
        "total_count",
        "new_edges",
        "removed_edges",
        "created_at",
        "finished_at",
    )
    list_filter = (ProviderFilter, "state")
    list_select_related = ("owner",)
    search_fields = ("=id", "owner__username__exact")
    search_help_text = "The id of a run, or an owner."
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    fields = (
        "owner",
        "provider_id",
        "clear_existing",
        "state",
        "done_count",
        "total_count",
        "new_edges",
        "removed_edges",
        "found_problems",
        "error",
        "created_at",
        "finished_at",
    )
    readonly_fields = ("found_problems",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RebuildRun]:
        """Without the lists of ids and problems, which may be long."""
        return super().get_queryset(request).defer("asset_ids", "problems")

    @admin.display(description="Problems")
    def found_problems(self, run: RebuildRun) -> SafeString:
        """The first problems it met."""
        return pretty(run.problems)


# The library's own admin knows nothing of lineage, so its action is added from here.
admin.site.unregister(Asset)


@admin.register(Asset)
class LineageAssetAdmin(AssetAdmin):
    """Assets, with the rebuild of their lineage."""

    actions = ("rebuild_lineage",)

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


def _rebuild(owner_id: int, asset_ids: list[int]) -> tuple[str, int]:
    """Rebuild here or, when they are many, by the worker; what to say of it, and at which level."""
    if len(asset_ids) > INLINE_MAX:
        with transaction.atomic():
            run = start_run(owner_id, provider_id="", asset_ids=asset_ids, clear_existing=True, now=timezone.now())
            run_rebuild.defer(run_id=run.pk)
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
