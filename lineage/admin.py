"""Admin pages of edges, rebuild runs and their findings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from assets.admin import asset_link
from common.admin import ReadOnlyAdmin, pretty_json
from common.runs.admin import ERROR_FIELDS, STATE_FIELDS, TIME_FIELDS, RunAdmin
from common.vocabulary import Evidence
from lineage.manual import edges
from lineage.models import LineageEdge, RebuildFinding, RebuildRun
from lineage.rebuild.presenters import sentence
from providers.admin import ProviderFilter

if TYPE_CHECKING:
    EdgeForm = forms.ModelForm[LineageEdge]
else:
    EdgeForm = forms.ModelForm


class ManualEdgeForm(EdgeForm):
    """The note of a manual edge."""

    note = forms.CharField(required=False, max_length=edges.NOTE_LENGTH_MAX, widget=forms.Textarea)

    class Meta:
        model = LineageEdge
        fields: ClassVar[list[str]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["note"] = edges.note_of(self.instance)


@admin.register(LineageEdge)
class LineageEdgeAdmin(ReadOnlyAdmin):
    """Edges of all owners: read-only, but for the note and the deletion of manual edges."""

    reason = "A rebuild writes this link from the data of the provider. Only manual links are edited here."
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
    search_help_text = "ID of a parent or child, or an owner."
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
        "parent_frame",
        "use",
        "created_at",
    )
    readonly_fields = ("use",)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Return manual edges as deletable and all others as protected, which disables the confirmation."""
        manual = [str(edge) for edge in objs if edge.evidence == Evidence.MANUAL]
        others = [f"{edge}: not a manual link" for edge in objs if edge.evidence != Evidence.MANUAL]
        return manual, {str(LineageEdge._meta.verbose_name_plural): len(manual)}, set(), others

    def delete_model(self, request: HttpRequest, obj: LineageEdge) -> None:
        """Remove a manual edge through `edges.remove`."""
        edges.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[LineageEdge]) -> None:
        """Remove manual edges through `edges.remove`."""
        for edge in queryset.order_by("pk"):
            edges.remove(edge)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return True for manual edges and users with the change permission."""
        is_manual = obj is not None and obj.evidence == Evidence.MANUAL
        return is_manual and request.user.has_perm("lineage.change_lineageedge")

    def reason_for(self, row: LineageEdge) -> str:
        """Return why an edge cannot be changed, "" for a manual one."""
        return "" if row.evidence == Evidence.MANUAL else self.reason

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form with the note, the only field of a manual edge that can be changed."""
        if self.has_change_permission(request, obj):
            kwargs |= {"form": ManualEdgeForm, "fields": ["note"]}
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return all fields, and the note where it can be changed."""
        return (*self.fields, "note") if self.has_change_permission(request, obj) else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return all fields but the note."""
        return self.fields

    def save_model(self, request: HttpRequest, obj: LineageEdge, form: Any, change: bool) -> None:
        """Save the note through `edges.update`."""
        edges.update(obj, replace(edges.fields_of(obj), note=form.cleaned_data["note"]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[LineageEdge]:
        """Return edges without the payloads of their assets."""
        found = super().get_queryset(request)
        large = ("media_metadata", "search_vector")
        return found.defer(*(f"{end}__{field}" for end in ("parent", "child") for field in large))

    @admin.display(description="Parent", ordering="parent_id")
    def parent_words(self, edge: LineageEdge) -> SafeString:
        """Link to the asset that was used."""
        return asset_link(edge.parent)

    @admin.display(description="Child", ordering="child_id")
    def child_words(self, edge: LineageEdge) -> SafeString:
        """Link to the asset that was made."""
        return asset_link(edge.child)

    @admin.display(description="Provider data on this use")
    def use(self, edge: LineageEdge) -> SafeString:
        """Return the edge's transformation as formatted JSON."""
        return pretty_json(edge.transformation)


@admin.register(RebuildRun)
class RebuildRunAdmin(RunAdmin):
    """Rebuilds and previews of all owners."""

    reason = "The worker writes a rebuild. The list has actions that cancel and resume."

    list_display = ("pk", "owner", "mode", "provider_id", "state", "how_far", "created_at", "finished_at")
    list_filter = ("mode", "state", ProviderFilter)
    list_select_related = ("owner",)
    search_fields = ("=id", "owner__username__exact")
    search_help_text = "ID of a run, or an owner."
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    # As for the rebuild itself.
    action_permission = "assets.change_asset"
    fieldsets = (
        (None, {"fields": ("owner", "mode", "provider_id", "is_of_library", "clear_existing", "preview")}),
        ("Progress", {"fields": (*STATE_FIELDS, "changed_count", "noted_count")}),
        ("Error", {"fields": ERROR_FIELDS}),
        ("Times", {"fields": TIME_FIELDS}),
    )
    readonly_fields = ("how_far", "is_of_library")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RebuildRun]:
        """Return runs without their lists of ids, which may be long."""
        return super().get_queryset(request).defer("asset_ids")

    @admin.display(description="Progress")
    def how_far(self, run: RebuildRun) -> str:
        """Return the progress in one sentence."""
        return sentence(run, now=timezone.now())


@admin.register(RebuildFinding)
class RebuildFindingAdmin(ReadOnlyAdmin):
    """Results of single assets in runs of all owners."""

    reason = "A rebuild writes its results."

    list_display = ("pk", "run", "asset_id", "status", "added", "removed", "unchanged", "reason", "owner")
    list_filter = ("is_changed", "status")
    list_select_related = ("run", "owner")
    search_fields = ("=run__id", "=asset_id", "owner__username__exact")
    search_help_text = "ID of a run or of an asset, or an owner."
    ordering = ("-pk",)
    fields = (
        "owner",
        "run",
        "asset_id",
        "status",
        "reason",
        "added",
        "removed",
        "unchanged",
        "is_chosen",
        "edges_in_words",
    )
    readonly_fields = ("edges_in_words",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RebuildFinding]:
        """Return findings without their edges and the runs' lists of ids, which only a finding's own page reads."""
        return super().get_queryset(request).defer("edges", "run__asset_ids")

    @admin.display(description="Edges")
    def edges_in_words(self, finding: RebuildFinding) -> SafeString:
        """Return the edges of a preview as formatted JSON."""
        return pretty_json(finding.edges)
