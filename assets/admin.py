"""The library in the admin: seen, searched and deleted there; scans and imports are started there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.postgres.search import SearchQuery
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from assets import removal, runs
from assets.consequences import facts, fate, foresee
from assets.models import (
    Asset,
    AssetMerge,
    Reference,
    RunKind,
    RunMode,
    SyncList,
    SyncProblem,
    SyncRun,
    SyncSeen,
    Tombstone,
)
from assets.progress import summarize
from assets.tasks import enqueue
from providers.admin import ProviderAccountAdmin
from providers.errors import UnsupportedOperation
from providers.models import ProviderAccount
from providers.registry import adapter_class, provider_ids

DESCRIPTION_LENGTH = 45

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyInline = admin.TabularInline[Any, Any]
else:
    AnyModelAdmin = admin.ModelAdmin
    AnyInline = admin.TabularInline


def pretty(payload: Any) -> SafeString:
    """A payload as people read JSON."""
    return format_html("<pre>{}</pre>", json.dumps(payload, indent=2, ensure_ascii=False))


def asset_link(asset: Asset) -> SafeString:
    """A link to an asset's page in the admin, in few words."""
    words = Truncator(str(asset)).chars(DESCRIPTION_LENGTH)
    return format_html('<a href="{}">{}</a>', reverse("admin:assets_asset_change", args=[asset.pk]), words)


def thumbnail(asset: Asset) -> SafeString | str:
    """A small picture of an asset, where its provider has one."""
    if not asset.thumbnail_url:
        return ""
    return format_html('<img src="{}" alt="" width="64" loading="lazy">', asset.thumbnail_url)


class ReadOnlyAdmin(AnyModelAdmin):
    """Rows that come from a provider or a verb: nobody types them in or changes them here."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody; whoever may change them elsewhere may see them."""
        return False


class ProviderFilter(admin.SimpleListFilter):
    """By provider, out of the registry: the distinct values of a big table are dear."""

    title = "provider"
    parameter_name = "provider_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The providers there are."""
        return [(provider_id, adapter_class(provider_id).display_name) for provider_id in provider_ids()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only the chosen one's rows."""
        return queryset.filter(provider_id=self.value()) if self.value() else queryset


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


class ReferenceInline(AnyInline):
    """The names of one asset."""

    model = Reference
    fields = ("provider_id", "kind", "value", "is_hearsay", "created_at")
    ordering = ("is_hearsay", "kind", "value", "pk")
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


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
            found = foresee(owner_id, asset_ids)
            told.append([fate(found), *(f"{name}: {value}" for name, value in facts(found))])
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
        report = removal.delete(owner_id, asset_ids, now=timezone.now())
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
        named = Reference.objects.called(term, provider_ids={*provider_ids(), *accounts})
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
        return pretty(asset.media_metadata)


@admin.register(Reference)
class ReferenceAdmin(ReadOnlyAdmin):
    """Names of all owners' assets."""

    list_display = ("value", "kind", "provider_id", "asset_words", "is_hearsay", "owner", "created_at")
    list_filter = (ProviderFilter, "kind", "is_hearsay")
    list_select_related = ("asset", "owner")
    search_fields = ("value__exact", "owner__username__exact")
    search_help_text = "A whole name (an id, path or URL), or an owner."
    ordering = ("-pk",)
    fields = ("owner", "asset", "provider_id", "kind", "value", "is_hearsay", "created_at")

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
        return pretty(merge.absorbed_payload)


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
        removal.forgive([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tombstone]) -> None:
        """Forget them and the other names of their assets."""
        removal.forgive(queryset.order_by("pk"))


@admin.register(SyncSeen)
class SyncSeenAdmin(ReadOnlyAdmin):
    """What open full imports have met so far."""

    list_display = ("pk", "run", "asset_id", "owner")
    list_select_related = ("run", "owner")
    search_fields = ("=run__id", "=asset_id")
    search_help_text = "The id of a run or of an asset."
    ordering = ("-pk",)
    fields = ("owner", "run", "asset_id")
    readonly_fields = ("asset_id",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: the run would take what is missing here for vanished."""
        return False


class SyncListInline(AnyInline):
    """The lists of one run."""

    model = SyncList
    fields = (
        "shelf",
        "phase",
        "total",
        "pages",
        "seen",
        "created",
        "existing",
        "completed",
        "merged",
        "invalid",
        "deleted",
        "is_complete",
        "position",
    )
    ordering = ("pk",)
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    """Whole-library runs of all owners."""

    list_display = (
        "pk",
        "account_label",
        "provider_id",
        "owner",
        "kind",
        "mode",
        "state",
        "how_far",
        "error_title",
        "created_at",
        "finished_at",
    )
    list_display_links = ("pk", "account_label")
    list_filter = ("state", "kind", "mode", ProviderFilter, "create_lineage")
    list_select_related = ("owner",)
    search_fields = ("=id", "account_label", "owner__username__exact")
    search_help_text = "The id of a run, words of its account's name, or an owner."
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    actions = ("cancel_runs", "resume_runs")
    inlines = (SyncListInline,)
    fieldsets = (
        (None, {"fields": ("owner", "account", "account_label", "provider_id", "kind", "mode", "create_lineage")}),
        ("How it goes", {"fields": ("state", "how_far", "execution", "failure_count", "active_seconds")}),
        ("What stopped it", {"fields": ("error_code", "error_title", "error_detail", "error_next_step")}),
        (
            "Times",
            {
                "fields": (
                    "created_at",
                    "started_at",
                    "progress_at",
                    "continue_at",
                    "cancel_requested_at",
                    "finished_at",
                )
            },
        ),
    )
    readonly_fields = ("how_far",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        """With its lists, which say how far it has come."""
        return super().get_queryset(request).prefetch_related("lists")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Whoever may change accounts: a run reads one, as the account's own actions do."""
        return request.user.has_perm("providers.change_provideraccount")

    @admin.display(description="How far")
    def how_far(self, run: SyncRun) -> str:
        """The run in one line of words."""
        return summarize(run, now=timezone.now()).sentence

    @admin.action(description="Cancel", permissions=["steer"])
    def cancel_runs(self, request: HttpRequest, queryset: QuerySet[SyncRun]) -> None:
        """Stop each selected run after the page it is at."""
        for run in queryset.order_by("pk"):
            runs.cancel(run, now=timezone.now())
            self.message_user(request, f"Run {run.pk}: {run.get_state_display().lower()}.", messages.SUCCESS)

    @admin.action(description="Resume", permissions=["steer"])
    def resume_runs(self, request: HttpRequest, queryset: QuerySet[SyncRun]) -> None:
        """Go on with each selected run from where it stopped."""
        for run in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    enqueue(runs.resume(run, now=timezone.now()))
            except (runs.NotResumable, runs.AlreadyRunning) as error:
                self.message_user(request, f"Run {run.pk}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"Run {run.pk} goes on.", messages.SUCCESS)


@admin.register(SyncProblem)
class SyncProblemAdmin(ReadOnlyAdmin):
    """Items of all owners' runs that could not be taken in."""

    list_display = ("pk", "run", "shelf", "provider_asset_id", "reason", "is_resolved", "owner")
    list_filter = ("is_resolved", "shelf")
    list_select_related = ("run", "owner")
    search_fields = ("=run__id", "provider_asset_id__exact", "owner__username__exact")
    search_help_text = "The id of a run, the item's id at its provider, or an owner."
    ordering = ("-pk",)
    fields = ("owner", "run", "shelf", "provider_asset_id", "reason", "is_resolved", "what_came")
    readonly_fields = ("what_came",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncProblem]:
        """Without payloads, which only a problem's own page reads."""
        return super().get_queryset(request).defer("payload")

    @admin.display(description="As the provider sent it")
    def what_came(self, problem: SyncProblem) -> SafeString:
        """The payload that could not be read."""
        return pretty(problem.payload)


# The providers' own admin knows nothing of the library, so its actions are added from here.
admin.site.unregister(ProviderAccount)


@admin.register(ProviderAccount)
class LibraryAccountAdmin(ProviderAccountAdmin):
    """Accounts, with what can be done about their libraries."""

    # mypy: the base's tuple is of one.
    actions = (*ProviderAccountAdmin.actions, "scan_library", "import_missing")  # type: ignore[assignment]

    @admin.action(description="Scan library", permissions=["change"])
    def scan_library(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Have the worker say what each selected account holds and what of it is here."""
        self._start(request, queryset, RunKind.SCAN)

    @admin.action(description="Import missing", permissions=["change"])
    def import_missing(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Have the worker bring what is missing into the library of each account's owner; makes no lineage."""
        self._start(request, queryset, RunKind.IMPORT)

    def _start(self, request: HttpRequest, queryset: QuerySet[ProviderAccount], kind: RunKind) -> None:
        for account in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    run = runs.start(account, kind=kind, mode=RunMode.FULL, now=timezone.now())
                    enqueue(run)
            except runs.AlreadyRunning as refusal:
                self.message_user(request, f"{account}: {refusal} It is run {refusal.run.pk}.", messages.ERROR)
            except UnsupportedOperation as error:
                self.message_user(request, f"{account}: {error.message}", messages.ERROR)
            else:
                self.message_user(request, f"{account}: {run.get_kind_display().lower()} started, run {run.pk}.")
