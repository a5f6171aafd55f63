"""The abstract background run: state, execution lease, cancel and resume, error and times."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models

from common.errors import AppError
from common.owned import OwnedModel
from common.runs.failure import Failure


class RunState(models.TextChoices):
    """State of a run. Queued and running are open."""

    QUEUED = "queued", "Waiting for a worker"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Stopped"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)
RESUMABLE_STATES = (RunState.FAILED, RunState.CANCELLED)


class Run(OwnedModel):
    """Work that takes longer than a page: started by a person, done by the worker in batches.

    `execution` counts the workers that have taken the run; only the latest may write. `continue_at` is set while the
    run is paused. `active_seconds` is working time, pauses and stops left out. The `error_` columns describe what
    stopped it, in the words of the error's class.

    A concrete run adds its own columns, a unique constraint that allows one open run per scope, and overrides `scope`
    when that is not the owner.
    """

    unit: ClassVar[str] = "items"
    """Plural noun for what is counted."""
    batch_noun: ClassVar[str] = "batch"
    """Noun for what a worker finishes before it stops."""
    deferred_fields: ClassVar[tuple[str, ...]] = ()
    """Large columns that lists of runs do not read."""
    related_fields: ClassVar[tuple[str, ...]] = ()
    """Foreign keys that an execution reads, loaded with the run."""

    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    execution = models.PositiveIntegerField(default=0)
    continue_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    active_seconds = models.FloatField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_title = models.CharField(max_length=200, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    error_next_step = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    progress_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def title(self) -> str:
        """Name of the run on its card and in messages."""
        return str(self)

    @property
    def noun(self) -> str:
        """Lower-case noun for the run in sentences."""
        return str(self._meta.verbose_name)

    @property
    def is_open(self) -> bool:
        """Whether a worker does it or will do it."""
        return self.state in OPEN_STATES

    @property
    def is_resumable(self) -> bool:
        """Whether it can be resumed from where it stopped."""
        return self.state in RESUMABLE_STATES

    @property
    def counts(self) -> tuple[int, int | None]:
        """Units done and units in all, None while the whole is not known."""
        raise NotImplementedError

    @property
    def scope(self) -> dict[str, Any]:
        """Field values that all runs of the scope share, in which one run may be open at a time."""
        return {"owner_id": self.owner_id}

    @property
    def lock(self) -> str:
        """Queue lock: jobs with the same lock run one after another, on any worker."""
        return f"{self._meta.label_lower}-{'-'.join(str(value) for value in self.scope.values())}"

    @property
    def error_text(self) -> str:
        """Reason why it stopped, in one line; "" when it did not."""
        title = f"{self.error_title}." if self.error_title else ""
        return " ".join(filter(None, [title, self.error_detail, self.error_next_step]))

    @property
    def resume_refusal(self) -> AppError | None:
        """Reason why it cannot be resumed although it stopped, None when it can."""
        return None

    def resumed_fields(self) -> dict[str, Any]:
        """Columns of the concrete run to reset when it is resumed."""
        return {}

    def open_runs(self) -> models.QuerySet[Self]:
        """The open runs of its scope, itself included."""
        rows: models.QuerySet[Self] = type(self)._default_manager.filter(state__in=OPEN_STATES, **self.scope)
        return rows.defer(*self.deferred_fields)


class CountedRun(Run):
    """A run over rows in the order of their ids: `cursor` is the last id done, saved with each batch."""

    cursor = models.BigIntegerField(default=0)
    total_count = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def counts(self) -> tuple[int, int | None]:
        """Rows done and rows in all."""
        return self.done_count, self.total_count


def failure_fields(failure: Failure) -> dict[str, str]:
    """Return the `error_` columns of a failure, cut to their lengths."""
    return {
        "error_code": failure.code[:40],
        "error_title": failure.title[:200],
        "error_detail": failure.detail[:500],
        "error_next_step": failure.next_step[:300],
    }


NO_FAILURE = failure_fields(Failure("", "", "", ""))
