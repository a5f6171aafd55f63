"""Admin pages of edges, rebuild runs and their findings."""

from __future__ import annotations

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
from common.versions import EditConflict
from common.vocabulary import Evidence
from lineage.manual import edges
from lineage.manual.forms import EdgeFieldsForm, initial_of, values_of
from lineage.models import LineageEdge, RebuildFinding, RebuildRun
from lineage.rebuild.presenters import sentence
from providers.admin import ProviderFilter

if TYPE_CHECKING:
    EdgeForm = forms.ModelForm[LineageEdge]
else:
    EdgeForm = forms.ModelForm

MANUAL_FIELDS = tuple(EdgeFieldsForm.base_fields)


class ManualEdgeForm(EdgeForm, EdgeFieldsForm):
    """A manual edge, saved by the operations of its pages."""

    class Meta:
        model = LineageEdge
        fields: ClassVar[list[str]] = ["parent", "child"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial = {**self.initial, **initial_of(self.instance)}

    def clean(self) -> dict[str, Any]:
        """Save the edge, so that every refusal is an error of the form. The admin's transaction is around it."""
        values = self.cleaned_data
        if not self.errors:
            try:
                self._save(values)
            except edges.EdgeRefused as refusal:
                self.add_error(None, str(refusal))
            except EditConflict as conflict:
                self.show_conflict(conflict, values_of(LineageEdge.objects.get(pk=self.instance.pk)))
        return values

    def _save(self, values: dict[str, Any]) -> None:
        if self.instance.pk:
            edges.update(self.instance, self.edge_fields(), version=values["version"])
        elif values["parent"].owner_id != values["child"].owner_id:
            self.add_error("parent", "The parent and the child must belong to one owner.")
        else:
            self.instance = edges.add(values["parent"], values["child"], self.edge_fields(), now=timezone.now())

    def _post_clean(self) -> None:
        """Leave the saved row as it is: Django would write the entered values into it."""


@admin.register(LineageEdge)
class LineageEdgeAdmin(ReadOnlyAdmin):
    """Edges of all owners; manual ones are added, changed and deleted here."""

    reason = "A rebuild writes this link from the data of the provider. Only manual links are edited here."
    form = ManualEdgeForm
    autocomplete_fields = ("parent", "child")

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

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return True for users with the add permission: they add manual edges."""
        return request.user.has_perm("lineage.add_lineageedge")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return True for manual edges and users with the change permission."""
        is_manual = obj is not None and obj.evidence == Evidence.MANUAL
        return is_manual and request.user.has_perm("lineage.change_lineageedge")

    def reason_for(self, row: LineageEdge) -> str:
        """Return why an edge cannot be changed, "" for a manual one."""
        return "" if row.evidence == Evidence.MANUAL else self.reason

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields of a new edge, or all fields of a stored one, with those that a manual one can change."""
        if obj is None:
            return ("parent", "child", *MANUAL_FIELDS)
        if self.has_change_permission(request, obj):
            return ("owner", "parent", "child", *MANUAL_FIELDS, "evidence", "created_at")
        return self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the assets of a stored edge, and what only its writer sets."""
        return [name for name in self.get_fields(request, obj) if name not in MANUAL_FIELDS] if obj else ()

    def save_model(self, request: HttpRequest, obj: LineageEdge, form: Any, change: bool) -> None:
        """Do nothing: the form has saved the edge."""

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
