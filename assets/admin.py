"""Admin of runs, and of accounts with the actions that start runs."""

from __future__ import annotations

from collections import defaultdict

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from assets.models import Asset, ListedItem, RunKind, RunMode, SyncList, SyncProblem, SyncRun, SyncSeen
from assets.sync_runs.problems import retry_problems
from assets.sync_runs.progress import summarize
from assets.sync_runs.start import start
from common.admin import ReadOnlyAdmin, ReadOnlyInline, pretty_json
from common.runs.admin import ERROR_FIELDS, STATE_FIELDS, TIME_FIELDS, RunAdmin
from common.runs.jobs import enqueue
from common.runs.lifecycle import AlreadyRunning
from providers.admin import ProviderAccountAdmin, ProviderFilter
from providers.errors import AccountDisabled, UnsupportedOperation
from providers.models import ProviderAccount

DESCRIPTION_LENGTH = 45


def asset_link(asset: Asset) -> SafeString:
    """Return a link to an asset's admin page, with a short label."""
    words = Truncator(str(asset)).chars(DESCRIPTION_LENGTH)
    return format_html('<a href="{}">{}</a>', reverse("admin:assets_asset_change", args=[asset.pk]), words)


@admin.register(SyncSeen)
class SyncSeenAdmin(ReadOnlyAdmin):
    """Assets that open full imports have seen so far."""

    reason = "An import writes these to find what the provider no longer lists, and deletes them when it ends."

    list_display = ("pk", "run", "asset_id", "owner")
    list_select_related = ("run", "owner")
    search_fields = ("=run__id", "=asset__id")
    search_help_text = "The ID of a run or an asset."
    ordering = ("-pk",)
    fields = ("owner", "run", "asset_id")
    readonly_fields = ("asset_id",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: a run would mark an asset whose row is missing as no longer listed."""
        return False


@admin.register(ListedItem)
class ListedItemAdmin(ReadOnlyAdmin):
    """Items that providers list, as runs have read them."""

    reason = "Runs write what the provider lists. The next full run replaces it."

    list_display = ("pk", "account", "media_type", "provider_asset_id", "asset_id", "is_unreadable", "is_deleted")
    list_select_related = ("account",)
    list_filter = ("media_type", "is_unreadable", "is_deleted")
    search_fields = ("=provider_asset_id", "=asset_id", "=account__id")
    search_help_text = "The ID of an item, an asset or an account."
    ordering = ("-pk",)
    fields = ("owner", "account", "run", "media_type", "provider_asset_id", "asset_id", "is_unreadable", "is_deleted")
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: an item whose row is missing would not be counted until the next full run."""
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
class SyncRunAdmin(RunAdmin):
    """Whole-library runs of all owners."""

    reason = "The worker writes a run. The list has actions that cancel, resume and retry."

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
    search_help_text = "The ID of a run, part of its account's name, or an owner."
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    action_permission = "providers.change_provideraccount"
    inlines = (SyncListInline,)
    # mypy infers the base class's tuple as one of two items.
    actions = (*RunAdmin.actions, "retry_failed")  # type: ignore[assignment]
    fieldsets = (
        (None, {"fields": ("owner", "account", "account_label", "provider_id", "kind", "mode", "create_lineage")}),
        ("Progress", {"fields": (*STATE_FIELDS, "failure_count")}),
        ("Error", {"fields": ERROR_FIELDS}),
        ("Times", {"fields": TIME_FIELDS}),
    )
    readonly_fields = ("how_far",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        """Return runs with their lists, which hold the progress."""
        return super().get_queryset(request).prefetch_related("lists")

    @admin.display(description="Progress")
    def how_far(self, run: SyncRun) -> str:
        """Return the run's progress in one line."""
        return summarize(run, now=timezone.now()).sentence

    @admin.action(description="Retry failed items", permissions=["steer"])
    def retry_failed(self, request: HttpRequest, queryset: QuerySet[SyncRun]) -> None:
        """Parse again what each selected run could not read."""
        for run in queryset.order_by("pk"):
            resolved = retry_problems(run, now=timezone.now())
            self.message_user(request, *_retried(run, resolved))


def _retried(run: SyncRun, resolved: int) -> tuple[str, int]:
    """Return the result of a retry as a message and its level."""
    left = SyncProblem.objects.filter(run=run, is_resolved=False).count()
    if resolved:
        return f"Run {run.pk}: {resolved:,} imported, {left:,} failed.", messages.SUCCESS
    return f"Run {run.pk}: none of them can be read yet.", messages.WARNING


@admin.register(SyncProblem)
class SyncProblemAdmin(ReadOnlyAdmin):
    """Items of all owners' runs that could not be imported."""

    reason = "An import writes these. The list has an action that retries them."

    list_display = ("pk", "run", "list_key", "provider_asset_id", "reason", "is_resolved", "owner")
    list_filter = ("is_resolved", "list_key")
    list_select_related = ("run", "owner")
    search_fields = ("=run__id", "provider_asset_id__exact", "owner__username__exact")
    search_help_text = "The ID of a run, the item's ID at its provider, or an owner."
    ordering = ("-pk",)
    fields = ("owner", "run", "list_key", "provider_asset_id", "reason", "is_resolved", "payload_shown")
    readonly_fields = ("payload_shown",)

    actions = ("retry",)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Return True for users who may change accounts, whose runs they steer."""
        return request.user.has_perm("providers.change_provideraccount")

    @admin.action(description="Retry", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[SyncProblem]) -> None:
        """Parse the selected items again, run by run."""
        by_run: dict[SyncRun, list[int]] = defaultdict(list)
        for problem in queryset.select_related("run").order_by("pk"):
            by_run[problem.run].append(problem.pk)
        for run, problem_ids in by_run.items():
            resolved = retry_problems(run, problem_ids=problem_ids, now=timezone.now())
            self.message_user(request, *_retried(run, resolved))

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncProblem]:
        """Return problems without payloads, which only a problem's own page shows."""
        return super().get_queryset(request).defer("payload")

    @admin.display(description="Raw provider data")
    def payload_shown(self, problem: SyncProblem) -> SafeString:
        """Return the payload that could not be read."""
        return pretty_json(problem.payload)


@admin.register(ProviderAccount)
class SyncAccountAdmin(ProviderAccountAdmin):
    """Accounts, with actions on their libraries."""

    # mypy infers the base class's tuple as one of a single item.
    actions = (*ProviderAccountAdmin.actions, "scan_library", "import_missing")  # type: ignore[assignment]

    @admin.action(description="Scan library", permissions=["change"])
    def scan_library(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Start a scan of each selected account's library in the worker."""
        self._start(request, queryset, RunKind.SCAN)

    @admin.action(description="Import missing", permissions=["change"])
    def import_missing(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Start an import of each selected account's missing items in the worker; builds no lineage."""
        self._start(request, queryset, RunKind.IMPORT)

    def _start(self, request: HttpRequest, queryset: QuerySet[ProviderAccount], kind: RunKind) -> None:
        for account in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    run = start(account, kind=kind, mode=RunMode.FULL, now=timezone.now())
                    enqueue(run)
            except AlreadyRunning as refusal:
                self.message_user(request, f"{account}: {refusal} Run {refusal.run.pk}.", messages.ERROR)
            except (UnsupportedOperation, AccountDisabled) as error:
                self.message_user(request, f"{account}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{account}: {run.get_kind_display().lower()} started, run {run.pk}.")
