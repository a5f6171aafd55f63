"""Start, cancel and resume a run of any kind."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from common.errors import AppError
from common.runs.run import NO_FAILURE, RESUMABLE_STATES, Run, RunState

RunT = TypeVar("RunT", bound=Run)


class AlreadyRunning(AppError):
    """Another run of the scope is open; `run` is that one."""

    http_status = 409
    code = "already_running"

    def __init__(self, run: Run) -> None:
        article = "An" if run.noun[0] in "aeiou" else "A"
        super().__init__(f"{article} {run.noun} is running. Wait for it to finish before starting another.")
        self.run = run

    @property
    def members(self) -> dict[str, Any]:
        """The id of the open run."""
        return {"run_id": self.run.pk}


class NotResumable(AppError):
    """The run is open, has finished, or lost what it works on."""

    http_status = 409
    code = "not_resumable"


def start(run: RunT) -> RunT:
    """Save a new run; the caller enqueues it in the same transaction.

    Args:
        run: not yet saved.

    Raises:
        AlreadyRunning: another run of its scope is open.
    """
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        raise _already_running(run) from error
    return run


def cancel(run: RunT, *, now: datetime) -> RunT:
    """Cancel a run: at once when no worker has it, else after its current batch. Does nothing when it has ended."""
    _rows(run).filter(state=RunState.QUEUED).update(state=RunState.CANCELLED, finished_at=now)
    _rows(run).filter(state=RunState.RUNNING, cancel_requested_at=None).update(cancel_requested_at=now)
    # A paused run has no worker that could notice.
    _rows(run).filter(state=RunState.RUNNING, continue_at__isnull=False).update(
        state=RunState.CANCELLED, finished_at=now, continue_at=None
    )
    run.refresh_from_db()
    return run


def resume(run: RunT) -> RunT:
    """Queue a stopped run again, to continue from where it stopped; the caller enqueues it in the same transaction.

    Raises:
        NotResumable: it is open, has finished, or lost what it works on.
        AlreadyRunning: another run of its scope is open.
        AppError: another reason of its kind, `run.resume_refusal`.
    """
    if refusal := run.resume_refusal:
        raise refusal
    stopped = _rows(run).filter(state__in=RESUMABLE_STATES)
    try:
        with transaction.atomic():
            changed = stopped.update(
                state=RunState.QUEUED,
                finished_at=None,
                cancel_requested_at=None,
                continue_at=None,
                **NO_FAILURE,
                **run.resumed_fields(),
            )
    except IntegrityError as error:
        raise _already_running(run) from error
    if not changed:
        raise NotResumable("Only a run that stopped or was cancelled can be resumed.")
    run.refresh_from_db()
    return run


def _already_running(run: Run) -> AlreadyRunning:
    # The open run may have ended since it caused the refusal; then it is the newest of the scope.
    scope = type(run)._default_manager.filter(**run.scope).defer(*run.deferred_fields)
    return AlreadyRunning(run.open_runs().first() or scope.latest("pk"))


def _rows(run: RunT) -> QuerySet[RunT]:
    return type(run)._default_manager.filter(pk=run.pk)
