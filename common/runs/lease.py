"""The right of one worker to write a run, until another worker takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.db.models import F, QuerySet

from common.runs.failure import Failure
from common.runs.run import OPEN_STATES, Run, RunState, failure_fields
from common.throttle import Clock

RunT = TypeVar("RunT", bound=Run)


class Superseded(Exception):
    """Another worker has taken the run; this one must not write any more."""


class RunEnded(Exception):
    """The run was cancelled or has failed, and its row says so."""


class Interrupted(Exception):
    """The worker is stopping; the run stays open, and the next worker continues it."""


def _never() -> bool:
    return False


class Lease(Generic[RunT]):
    """One worker's execution of one run; every write is conditional on still being the latest execution."""

    def __init__(self, run: RunT, clock: Clock, is_stopping: Callable[[], bool] = _never) -> None:
        self.run = run
        self.clock = clock
        self._is_stopping = is_stopping

    @classmethod
    def take(
        cls, model: type[RunT], run_id: int, *, clock: Clock, is_stopping: Callable[[], bool] = _never
    ) -> Lease[RunT] | None:
        """Take an open run, from another worker if need be; None when it is not open.

        Args:
            model: the run's class.
            run_id: its id.
            clock: reads the time and sleeps.
            is_stopping: returns whether this worker has been told to stop.
        """
        now = clock.now()
        # In one transaction, so that of two workers at once each reads the execution that it has written.
        with transaction.atomic():
            taken = model._default_manager.filter(pk=run_id, state__in=OPEN_STATES).update(
                state=RunState.RUNNING,
                execution=F("execution") + 1,
                continue_at=None,
                progress_at=now,
                error_title="",
                error_detail="",
            )
            if not taken:
                return None
            rows = model._default_manager.all()
            rows = rows.select_related(*model.related_fields) if model.related_fields else rows
            lease = cls(rows.get(pk=run_id), clock, is_stopping)
            if lease.run.started_at is None:
                lease.update(started_at=now)
        return lease

    def rows(self) -> QuerySet[RunT]:
        """The run's row, as long as this is its latest execution."""
        run = self.run
        return type(run)._default_manager.filter(pk=run.pk, state=RunState.RUNNING, execution=run.execution)

    def update(self, **changes: Any) -> bool:
        """Write columns of the run; return false when another worker has taken it."""
        return self.rows().update(**changes) == 1

    def check(self, *fields: str) -> tuple[Any, ...]:
        """Return when this worker is to continue the run, with the current values of the given fields.

        Raises:
            Superseded: another worker has taken it.
            RunEnded: its owner has cancelled it; its row says so now.
            Interrupted: this worker is stopping.
        """
        found = self.rows().values_list("cancel_requested_at", *fields).first()
        if found is None:
            raise Superseded
        if found[0] is not None:
            self.update(state=RunState.CANCELLED, finished_at=self.clock.now())
            raise RunEnded
        if self._is_stopping():
            raise Interrupted
        return tuple(found[1:])

    def spend(self, now: datetime) -> None:
        """Add the time since the last progress to the run's working time, in memory."""
        run = self.run
        run.active_seconds += max((now - (run.progress_at or now)).total_seconds(), 0.0)
        run.progress_at = now

    @contextmanager
    def batch(self, now: datetime, **changes: Any) -> Iterator[None]:
        """Store a batch together with the run's progress, in one transaction.

        The run's row is written first and stays locked to the end, so that no other worker can take the run meanwhile.

        Args:
            now: time of the batch.
            changes: columns that move on with it, such as the cursor.

        Raises:
            Superseded: another worker has taken the run; nothing is written.
        """
        with transaction.atomic():
            self.spend(now)
            for name, value in changes.items():
                setattr(self.run, name, value)
            progress = {"active_seconds": self.run.active_seconds, "progress_at": now}
            if not self.update(**progress, **changes):
                raise Superseded
            yield

    def pause(self, seconds: float, *, title: str, detail: str) -> datetime:
        """Pause the run and return when to continue; the worker is free until then.

        Raises:
            RunEnded: the run was cancelled meanwhile; a paused run has no worker that could notice.
            Superseded: another worker has taken it.
        """
        continue_at = self.clock.now() + timedelta(seconds=seconds)
        changes = {"continue_at": continue_at, "error_title": title[:200], "error_detail": detail[:500]}
        if not self.rows().filter(cancel_requested_at=None).update(**changes):
            self.check()
            raise Superseded
        return continue_at

    def fail(self, failure: Failure) -> None:
        """Stop the run for a reason that its owner is shown; it can be resumed."""
        self.update(state=RunState.FAILED, finished_at=self.clock.now(), **failure_fields(failure))

    def succeed(self, now: datetime) -> bool:
        """Mark the run as done; return false when another worker has taken it."""
        return self.update(state=RunState.SUCCEEDED, finished_at=now)
