"""Rebuilds and previews of many assets, and their results."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from common.owned import OwnedModel, OwnedQuerySet
from common.runs import OPEN_STATES, CountedRun, RunState
from providers.registry import adapter_class, provider_ids


class RebuildMode(models.TextChoices):
    """Mode of a run: a rebuild writes edges, a preview only reports them."""

    REBUILD = "rebuild", "Rebuild"
    PREVIEW = "preview", "Preview"


class RebuildRun(CountedRun):
    """One rebuild of many assets, or a preview of it.

    The assets are those of `asset_ids`, or when it is null all complete ones of the owner (and provider). `preview` is
    the preview that a rebuild applies. In a preview, the edge counts are those that a rebuild would write and remove.
    A rebuild of a library reads assets again that an import changes behind its cursor: `caught_up_at` and
    `caught_up_id` are the change that was read last. `was_import_running` is true when an import was not over then.
    """

    unit = "assets"
    # Lists of ids are long; pages only read whether there is one.
    deferred_fields = ("asset_ids",)

    mode = models.CharField(max_length=10, choices=RebuildMode.choices, default=RebuildMode.REBUILD)
    preview = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="applied")
    provider_id = models.CharField(max_length=40, blank=True)
    asset_ids = models.JSONField(null=True, blank=True)
    is_of_library = models.GeneratedField(
        expression=models.ExpressionWrapper(models.Q(asset_ids__isnull=True), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    clear_existing = models.BooleanField(default=True)
    caught_up_at = models.DateTimeField(null=True, blank=True)
    caught_up_id = models.BigIntegerField(default=0)
    was_import_running = models.BooleanField(default=False)
    changed_count = models.PositiveIntegerField(default=0)
    noted_count = models.PositiveIntegerField(default=0)
    new_edges = models.PositiveIntegerField(default=0)
    removed_edges = models.PositiveIntegerField(default=0)
    unchanged_edges = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[RebuildRun]] = OwnedQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index("owner", models.F("created_at").desc(), models.F("id").desc(), name="lineage_rebuild_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(state__in=OPEN_STATES), name="lineage_rebuild_one_open"
            ),
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="lineage_rebuild_state_known"),
            models.CheckConstraint(condition=models.Q(mode__in=RebuildMode.values), name="lineage_rebuild_mode_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_mode_display()} {self.pk}"

    @property
    def title(self) -> str:
        """Name of the run on its card, as in "Rebuild of the Pixverse library"."""
        return f"{self.get_mode_display()} of {self._subject()}"

    @property
    def noun(self) -> str:
        """ "rebuild" or "preview"."""
        return self.get_mode_display().lower()

    @property
    def lock(self) -> str:
        """Queue lock of the owner's lineage."""
        return f"lineage-of-owner-{self.owner_id}"

    def _subject(self) -> str:
        if not self.is_of_library:
            return "one asset" if self.total_count == 1 else f"{self.total_count:,} selected assets"
        if not self.provider_id:
            return "the whole library"
        is_known = self.provider_id in provider_ids()
        return f"the {adapter_class(self.provider_id).display_name if is_known else self.provider_id} library"

    @property
    def is_preview(self) -> bool:
        """Whether it writes no edges."""
        return self.mode == RebuildMode.PREVIEW


class RebuildFinding(OwnedModel):
    """The result of a run for one asset whose edges change, or that has a note.

    `asset_id` is a plain number, since the asset may not exist or may be deleted by now. `edges` of a preview are
    `{"added": […], "removed": […]}`. `is_chosen` is true when applying the preview rebuilds this asset.
    """

    # Rows are written by the hundred thousand and deleted together, so there is no index for single ones. Owners are
    # checked by the database, as everywhere.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    run = models.ForeignKey(RebuildRun, on_delete=models.CASCADE, related_name="findings", db_index=False)
    asset_id = models.BigIntegerField()
    status = models.CharField(max_length=20)
    reason = models.TextField(blank=True)
    is_changed = models.BooleanField(default=False)
    is_chosen = models.BooleanField(default=True)
    added = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    edges = models.JSONField(default=dict, blank=True)

    objects: ClassVar[models.Manager[RebuildFinding]] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "rebuild result"
        verbose_name_plural = "rebuild results"
        indexes: ClassVar = [
            # What changes comes first.
            models.Index("run", models.F("is_changed").desc(), "asset_id", name="lineage_finding_listed"),
        ]

    def __str__(self) -> str:
        return f"asset {self.asset_id} in run {self.run_id}"
