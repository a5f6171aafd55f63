"""Admin pages of models of other packages, whose actions name no permission of their own."""

from __future__ import annotations

from typing import Any

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

admin.site.unregister([ProcrastinateJob, AccessAttempt])


@admin.register(ProcrastinateJob)
class JobAdmin(ProcrastinateJobAdmin):
    """Jobs of the queue. They are retried, canceled and aborted with the permission to change jobs."""

    actions = ["retry", "cancel", "abort"]

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Return True for users who may change jobs. `has_change_permission` is False: jobs have no form."""
        return request.user.has_perm("procrastinate.change_procrastinatejob")

    @admin.action(description="Retry", permissions=["steer"])
    def retry(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        """Retry the selected jobs that failed or whose worker is gone."""
        super().retry(request, queryset)

    @admin.action(description="Cancel (queued jobs only)", permissions=["steer"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        """Cancel the selected jobs that are queued."""
        super().cancel(request, queryset)

    @admin.action(description="Abort (queued and running jobs)", permissions=["steer"])
    def abort(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        """Cancel the selected jobs, and stop those that are running."""
        super().abort(request, queryset)


@admin.register(AccessAttempt)
class AttemptAdmin(AccessAttemptAdmin):  # type: ignore[misc]  # django-axes has no types
    """Failed sign-ins. Deleting the rows of a user ends their lockout."""

    actions = ["cleanup_expired_attempts"]

    @admin.action(description="Delete expired attempts", permissions=["delete"])
    def cleanup_expired_attempts(self, request: HttpRequest, queryset: Any) -> None:
        """Delete all attempts whose lockout has ended."""
        # django-axes reads the time of the sign-in, which it sets for sign-in requests only; without one, it is now.
        request.axes_attempt_time = None  # type: ignore[attr-defined]
        super().cleanup_expired_attempts(request, queryset)
