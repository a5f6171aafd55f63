"""Runs in the admin, and accounts with the actions that start them."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from assets.models import Asset, RunKind, RunMode, SyncList, SyncProblem, SyncRun, SyncSeen
from assets.sync_runs import lifecycle
from assets.sync_runs.progress import summarize
from assets.sync_runs.tasks import enqueue
from common.admin import ReadOnlyAdmin, ReadOnlyInline, pretty_json
from providers.admin import ProviderAccountAdmin, ProviderFilter
from providers.errors import UnsupportedOperation
from providers.models import ProviderAccount

DESCRIPTION_LENGTH = 45


def asset_link(asset: Asset) -> SafeString:
    """A link to an asset's page in the admin, in few words."""
    words = Truncator(str(asset)).chars(DESCRIPTION_LENGTH)
    return format_html('<a href="{}">{}</a>', reverse("admin:assets_asset_change", args=[asset.pk]), words)


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


class SyncListInline(ReadOnlyInline):
    """The lists of one run."""

    model = SyncList
    fields = (
        "list_key",
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
            lifecycle.cancel(run, now=timezone.now())
            self.message_user(request, f"Run {run.pk}: {run.get_state_display().lower()}.", messages.SUCCESS)

    @admin.action(description="Resume", permissions=["steer"])
    def resume_runs(self, request: HttpRequest, queryset: QuerySet[SyncRun]) -> None:
        """Go on with each selected run from where it stopped."""
        for run in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    enqueue(lifecycle.resume(run, now=timezone.now()))
            except (lifecycle.NotResumable, lifecycle.AlreadyRunning) as error:
                self.message_user(request, f"Run {run.pk}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"Run {run.pk} goes on.", messages.SUCCESS)


@admin.register(SyncProblem)
class SyncProblemAdmin(ReadOnlyAdmin):
    """Items of all owners' runs that could not be taken in."""

    list_display = ("pk", "run", "list_key", "provider_asset_id", "reason", "is_resolved", "owner")
    list_filter = ("is_resolved", "list_key")
    list_select_related = ("run", "owner")
    search_fields = ("=run__id", "provider_asset_id__exact", "owner__username__exact")
    search_help_text = "The id of a run, the item's id at its provider, or an owner."
    ordering = ("-pk",)
    fields = ("owner", "run", "list_key", "provider_asset_id", "reason", "is_resolved", "what_came")
    readonly_fields = ("what_came",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncProblem]:
        """Without payloads, which only a problem's own page reads."""
        return super().get_queryset(request).defer("payload")

    @admin.display(description="As the provider sent it")
    def what_came(self, problem: SyncProblem) -> SafeString:
        """The payload that could not be read."""
        return pretty_json(problem.payload)


@admin.register(ProviderAccount)
class SyncAccountAdmin(ProviderAccountAdmin):
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
                    run = lifecycle.start(account, kind=kind, mode=RunMode.FULL, now=timezone.now())
                    enqueue(run)
            except lifecycle.AlreadyRunning as refusal:
                self.message_user(request, f"{account}: {refusal} It is run {refusal.run.pk}.", messages.ERROR)
            except UnsupportedOperation as error:
                self.message_user(request, f"{account}: {error.message}", messages.ERROR)
            else:
                self.message_user(request, f"{account}: {run.get_kind_display().lower()} started, run {run.pk}.")
