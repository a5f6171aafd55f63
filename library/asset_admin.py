"""Admin page of assets: list, search, title, delete, and rebuild lineage."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from assets.admin import DESCRIPTION_LENGTH, asset_link
from assets.models import Asset, Reference
from assets.own_title import InvalidTitle, require_title_version, set_own_title, tidy_title, version_of_title
from assets.word_search import has_words
from common.admin import ReadOnlyAdmin, ReadOnlyInline, pretty_json
from common.runs.jobs import enqueue
from common.runs.lifecycle import AlreadyRunning
from common.versions import EditConflict
from common.versions.forms import VersionedForm
from library import deletion
from library.deletion_preview import facts, preview_deletion, summary
from lineage.rebuild.batch import INLINE_MAX, rebuild
from lineage.rebuild.start import start
from providers.admin import ProviderFilter
from providers.models import ProviderAccount
from providers.registry import provider_ids

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Asset]
else:
    ModelForm = forms.ModelForm


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


EDITED = ("own_title", "version")


class AssetForm(ModelForm, VersionedForm):
    """The owner's own title of an asset."""

    own_title = forms.CharField(
        required=False,
        label="Own title",
        help_text="Shown and searched before the title of the provider. No import changes it.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    class Meta:
        model = Asset
        fields: ClassVar[list[str]] = ["own_title"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial = {**self.initial, "version": version_of_title(self.instance)}

    def clean(self) -> dict[str, Any]:
        """Refuse to save over a title that was saved meanwhile. The admin's transaction holds the row's lock."""
        try:
            require_title_version(self.instance, self.cleaned_data["version"])
        except EditConflict as conflict:
            self.show_conflict(conflict, conflict.current)
        return self.cleaned_data

    def clean_own_title(self) -> str:
        """Return the title as it is stored. Raises ValidationError for one that cannot be used."""
        try:
            return tidy_title(self.cleaned_data["own_title"])
        except InvalidTitle as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    """Assets of all owners."""

    reason = "Imports write an asset from the data of the provider. Only its own title is edited here."
    form = AssetForm

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
    search_help_text = (
        "The ID of an asset, an identifier at a provider (an ID, path or URL), or words of a title or the prompt."
    )
    # Placeholders come last; the order leans on the index `assets_asset_real_first`.
    ordering = ("is_stub", "-pk")
    inlines = (ReferenceInline,)
    actions = ("rebuild_lineage",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "picture",
                    "own_title",
                    "title",
                    "prompt",
                    "owner",
                    "provider_id",
                    "provider_asset_id",
                    "account",
                )
            },
        ),
        ("Properties", {"fields": ("media_type", "status", "origin", "is_stub", "operation_type", "model_name")}),
        ("Media", {"fields": ("remote_url", "thumbnail_url", "last_frame_url", "width", "height", "duration_seconds")}),
        ("Lineage", {"fields": ("parent_count", "child_count")}),
        ("Dates", {"fields": ("provider_created_at", "created_at", "updated_at", "not_listed_since", "deleted_at")}),
        ("Payload", {"classes": ("collapse",), "fields": ("payload",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Asset | None = None) -> Any:
        """Return the sections of the page, for those who may save it with the version of what they read."""
        (name, first), *others = self.fieldsets
        version = ("version",) if self.has_change_permission(request, obj) else ()
        return ((name, {"fields": (*first["fields"], *version)}), *others)

    def get_readonly_fields(self, request: HttpRequest, obj: Asset | None = None) -> list[Any]:
        """Return all fields but the owner's title."""
        return [name for _, section in self.fieldsets for name in section["fields"] if name not in EDITED]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return True for users who may change assets: they edit its own title."""
        return request.user.has_perm("assets.change_asset")

    def save_model(self, request: HttpRequest, obj: Asset, form: Any, change: bool) -> None:
        """Save the owner's title, and nothing else."""
        set_own_title(obj, form.cleaned_data["own_title"])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Asset]:
        """Return assets without payloads, which only an asset's own page shows, and one identifier of each."""
        names = Reference.objects.filter(asset=OuterRef("pk")).order_by("pk").values("value")[:1]
        return super().get_queryset(request).without_payload().annotate(identifier=Subquery(names))  # type: ignore[attr-defined,no-any-return]

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
        found: list[QuerySet[Any, Any]] = [
            identified.order_by().values("asset_id"),
            Asset.objects.filter(has_words(term)).order_by().values("pk"),
        ]
        if term.isascii() and term.isdigit() and len(term) < 19:
            found.append(Asset.objects.filter(pk=int(term)).order_by().values("pk"))
        return queryset.filter(pk__in=found[0].union(*found[1:])), False

    @admin.display(description="Picture")
    def picture(self, asset: Asset) -> SafeString | str:
        """Return the thumbnail."""
        return thumbnail(asset)

    @admin.display(description="Asset")
    def words(self, asset: Asset) -> str:
        """Return a short label; without any words, a placeholder has the end of its identifier, such as a file name."""
        if asset.is_stub and not asset.description:
            name = str(getattr(asset, "identifier", None) or "").rstrip("/")
            return f"Placeholder {name[-DESCRIPTION_LENGTH:].rpartition('/')[2] or asset.pk}"
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
