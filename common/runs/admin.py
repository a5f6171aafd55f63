"""The admin of runs of every kind: cancel and resume the selected ones."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin
from common.errors import AppError
from common.runs import lifecycle
from common.runs.jobs import enqueue

STATE_FIELDS = ("state", "how_far", "execution", "active_seconds")
ERROR_FIELDS = ("error_code", "error_title", "error_detail", "error_next_step")
TIME_FIELDS = ("created_at", "started_at", "progress_at", "continue_at", "cancel_requested_at", "finished_at")


class RunAdmin(ReadOnlyAdmin):
    """Runs of all owners; a subclass says how far one is, and names the permission that its actions need."""

    action_permission: ClassVar[str]
    actions = ("cancel_runs", "resume_runs")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may cancel and resume runs."""
        return request.user.has_perm(self.action_permission)

    @admin.action(description="Cancel", permissions=["steer"])
    def cancel_runs(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Cancel each selected run after its current batch."""
        for run in queryset.order_by("pk"):
            lifecycle.cancel(run, now=timezone.now())
            state = f"stops after its current {run.batch_noun}" if run.is_open else "was cancelled"
            self.message_user(request, f"Run {run.pk} {state}.", messages.SUCCESS)

    @admin.action(description="Resume", permissions=["steer"])
    def resume_runs(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Resume each selected run from where it stopped."""
        for run in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    enqueue(lifecycle.resume(run))
            except AppError as error:
                self.message_user(request, f"Run {run.pk}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"Run {run.pk} was resumed.", messages.SUCCESS)
