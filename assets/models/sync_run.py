"""Scans and imports of a whole library: runs, their lists and their problems."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from assets.models.asset import Asset
from common.errors import AppError
from common.owned import OwnedModel, OwnedQuerySet
from common.runs import OPEN_STATES, Run, RunState
from common.runs.lifecycle import NotResumable
from providers.errors import AccountDisabled
from providers.models import ProviderAccount


class RunKind(models.TextChoices):
    """Kind of a run: a scan writes nothing in the library, an import does."""

    SCAN = "scan", "Scan"
    IMPORT = "import", "Import"


class RunMode(models.TextChoices):
    """Extent of a run: the whole list, or newest first until a page holds nothing new."""

    FULL = "full", "Full"
    INCREMENTAL = "incremental", "New items only"


class SyncRun(Run):
    """One scan or import of one account's whole library.

    `failure_count` counts failures in a row. The `pending_` fields hold the assets whose lineage is still to be
    rebuilt, and those that lost an identifier; they are saved with each page, so that a crash loses none.
    `unlisted_count` counts the assets that a full import no longer found at the provider. `lineage_built_at` is when a
    rebuild of the library has built what an import without lineage did not.
    """

    account = models.ForeignKey(
        ProviderAccount, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    provider_id = models.CharField(max_length=40)
    account_label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=RunKind.choices)
    mode = models.CharField(max_length=12, choices=RunMode.choices, default=RunMode.FULL)
    create_lineage = models.BooleanField(default=False)
    lineage_built_at = models.DateTimeField(null=True, blank=True)
    batch_noun = "page"
    related_fields = ("account",)

    unlisted_count = models.PositiveIntegerField(default=0)
    failure_count = models.PositiveIntegerField(default=0)
    pending_lineage = models.JSONField(default=list, blank=True)
    pending_lost_name_ids = models.JSONField(default=list, blank=True)

    objects: ClassVar[models.Manager[SyncRun]] = OwnedQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index("owner", models.F("created_at").desc(), models.F("id").desc(), name="assets_run_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state__in=OPEN_STATES), name="assets_run_one_open"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=RunKind.values), name="assets_run_kind_known"),
            models.CheckConstraint(condition=models.Q(mode__in=RunMode.values), name="assets_run_mode_known"),
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="assets_run_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.account_label}"

    @property
    def noun(self) -> str:
        """ "scan" or "import"."""
        return self.get_kind_display().lower()

    @property
    def counts(self) -> tuple[int, int | None]:
        """Items read and items to read, None while that is not known; one statement unless the lists were prefetched.

        An incremental run ends at the first page without news, so how many it is to read is never known.
        """
        lists = list(self.lists.all())
        lengths = [length for sync_list in lists if (length := sync_list.length) is not None]
        is_known = self.mode == RunMode.FULL and lengths and len(lengths) == len(lists)
        return sum(found.seen for found in lists), sum(lengths) if is_known else None

    @property
    def scope(self) -> dict[str, Any]:
        """The account: one scan or import of it at a time."""
        return {"account_id": self.account_id}

    @property
    def lock(self) -> str:
        """Queue lock of the account."""
        return f"library-of-account-{self.account_id}"

    @property
    def resume_refusal(self) -> AppError | None:
        """It needs its account, enabled."""
        if self.account is None:
            return NotResumable("The account of this run was deleted. It cannot be resumed.")
        return None if self.account.is_enabled else AccountDisabled()

    def resumed_fields(self) -> dict[str, Any]:
        """Start the count of failures in a row again; assets that are imported now have no lineage yet."""
        return {"failure_count": 0, "lineage_built_at": None}


class ListPhase(models.TextChoices):
    """Progress of one list of a run."""

    WALKING = "walking", "Reading"
    LOOKING_AGAIN = "looking_again", "Looking again at the newest"
    DONE = "done", "Done"


class SyncList(OwnedModel):
    """One list of a run: its cursor and its counters, saved in the same transaction as the page's rows.

    `list_key` is the adapter's key of the list; `position` is where its next page begins, read by the adapter only.
    `total` is the provider's own count, None when it gives none. `deleted` counts items that were deleted here and are
    skipped. In a scan, `existing` counts what is in the library and `created` what an import would add.
    """

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="lists")
    list_key = models.CharField(max_length=40)
    phase = models.CharField(max_length=15, choices=ListPhase.choices, default=ListPhase.WALKING)
    position = models.CharField(max_length=500, blank=True)
    is_complete = models.BooleanField(default=True)
    total = models.PositiveIntegerField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    existing = models.PositiveIntegerField(default=0)
    completed = models.PositiveIntegerField(default=0)
    merged = models.PositiveIntegerField(default=0)
    invalid = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[SyncList]] = OwnedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "list_key"], name="assets_runlist_unique_shelf"),
            models.CheckConstraint(condition=models.Q(phase__in=ListPhase.values), name="assets_runlist_phase_known"),
        ]

    def __str__(self) -> str:
        return f"{self.list_key} of run {self.run_id}"

    @property
    def length(self) -> int | None:
        """Items that a full run is to read: those read once the end was reached, else the provider's own count.

        None while neither is known. Never less than what was read: lists grow and shrink while they are read.
        """
        if self.phase != ListPhase.WALKING and self.is_complete:
            return self.seen
        return max(self.total, self.seen) if self.total is not None else None


class SyncProblem(OwnedModel):
    """One item of a run that could not be imported, with the reason and its payload."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="problems")
    list_key = models.CharField(max_length=40)
    provider_asset_id = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300)
    payload = models.JSONField(null=True, blank=True)
    is_resolved = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[SyncProblem]] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "failed item"
        verbose_name_plural = "failed items"

    def __str__(self) -> str:
        return f"{self.list_key} {self.provider_asset_id}: {self.reason}"


class SyncSeen(OwnedModel):
    """An asset that a full import has found; the assets that it does not find are no longer listed at the provider.

    Kept until the run ends or the account's next one starts. An asset may have two rows.
    """

    # Rows are written by the hundred thousand and deleted together, so there is no index for single ones. Owners are
    # checked by the database, as everywhere.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)

    objects: ClassVar[models.Manager[SyncSeen]] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "asset seen by an import"
        verbose_name_plural = "assets seen by imports"

    def __str__(self) -> str:
        return f"asset {self.asset_id} in run {self.run_id}"
