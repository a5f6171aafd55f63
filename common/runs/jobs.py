"""The engine of background runs: a kind of run, the loop that executes one, and its resumable job in the queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Generic, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import JobAborted

from common.runs.failure import INTERNAL
from common.runs.lease import Interrupted, Lease, RunEnded, Superseded
from common.runs.run import OPEN_STATES, CountedRun, Run, RunState
from common.throttle import Clock

RunT = TypeVar("RunT", bound=Run)
CountedT = TypeVar("CountedT", bound=CountedRun)

# A database that was away comes back, and a worker that is told to stop aborts its job: either way the run continues
# from its last batch.
_RETRY = RetryStrategy(wait=3, retry_exceptions={OperationalError, InterfaceError, JobAborted})


class Step(Enum):
    """Result of one step of a run."""

    MORE = auto()
    DONE = auto()


Stepper = Callable[[], Step | datetime]
"""Does the next step, after `Lease.check`; a time instead of a Step pauses the run until then."""


@dataclass(frozen=True, slots=True)
class RunKind(Generic[RunT]):
    """One kind of background work.

    Args:
        slug: the kind in addresses and in `RunKind` look-ups, such as "rebuild".
        model: the run's class.
        task_name: name of its job in the queue. Never changed, so that queued jobs survive an update.
        begin: called once per execution with its lease; returns the function that does one step.
        finish: called in the transaction that marks a run as done.
        lease_class: the lease to execute with.
        list_title: heading of the list of runs and of its tab.
    """

    slug: str
    model: type[RunT]
    task_name: str
    begin: Callable[[Any], Stepper]
    finish: Callable[[RunT, datetime], object] | None = None
    lease_class: type[Lease[Any]] = Lease
    list_title: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of a batch: the last id, the number of rows, and further columns of the run to write."""

    cursor: int
    done: int
    changes: dict[str, Any] | None = None


_kinds: dict[type[Run], RunKind[Any]] = {}
_tasks: dict[type[Run], Any] = {}


def register(kind: RunKind[RunT]) -> Any:
    """Register a kind of run and return its task; importing the module that calls this makes the worker know it."""

    @app.task(name=kind.task_name, retry=_RETRY, pass_context=True)
    def run_job(context: JobContext, run_id: int) -> None:
        """Execute a run that a person started, or continue it; runs again after its worker died."""
        close_old_connections()
        try:
            clock = Clock(now=timezone.now, sleep=time.sleep)
            continue_at = execute(kind, run_id, clock=clock, is_stopping=context.should_abort)
            if continue_at is not None:
                _enqueue_paused(kind.model, run_id, continue_at)
        except Interrupted as stopping:
            raise JobAborted from stopping
        finally:
            close_old_connections()

    _kinds[kind.model] = kind
    _tasks[kind.model] = run_job
    return run_job


def counted(
    slug: str,
    model: type[CountedT],
    *,
    batch: Callable[[CountedT, datetime], Batch | None],
    task_name: str,
    list_title: str,
) -> RunKind[CountedT]:
    """Build a kind of run from a function that does one batch.

    Args:
        slug: as in `RunKind`, and so are `model`, `task_name` and `list_title`.
        batch: does the rows behind the run's cursor and returns what it did, None when there are none left. It runs in
            the transaction that stores the run's progress, so it is done once however often a worker dies.
    """

    def begin(lease: Lease[CountedT]) -> Stepper:
        def step() -> Step:
            lease.check()
            now = lease.clock.now()
            with lease.batch(now):
                found = batch(lease.run, now)
                if found is None:
                    return Step.DONE
                run = lease.run
                run.cursor, run.done_count = found.cursor, run.done_count + found.done
                run.total_count = max(run.total_count, run.done_count)
                counters = {"cursor": run.cursor, "done_count": run.done_count, "total_count": run.total_count}
                lease.update(**counters, **(found.changes or {}))
            return Step.MORE

        return step

    return RunKind(slug, model, task_name, begin, list_title=list_title)


def execute(
    kind: RunKind[RunT], run_id: int, *, clock: Clock, is_stopping: Callable[[], bool] = lambda: False
) -> datetime | None:
    """Execute a run until it ends, is cancelled or pauses; executed twice at once, only the later one writes.

    Args:
        kind: the run's kind.
        run_id: which run.
        clock: reads the time and sleeps.
        is_stopping: called by `Lease.check`; true when this worker has been told to stop.

    Returns:
        When to continue, None when there is nothing left to do.

    Raises:
        Interrupted: the worker is stopping; the next one continues the run.
        Exception: an error of ours, after which the run has failed.
    """
    lease = kind.lease_class.take(kind.model, run_id, clock=clock, is_stopping=is_stopping)
    if lease is None:
        return None
    try:
        step = kind.begin(lease)
        while True:
            result = step()
            if isinstance(result, datetime):
                return result
            if result is Step.DONE:
                break
        now = clock.now()
        with transaction.atomic():
            if lease.succeed(now) and kind.finish is not None:
                kind.finish(lease.run, now)
    except (Superseded, RunEnded):
        return None
    except (Interrupted, OperationalError, InterfaceError):
        raise
    except Exception:
        # An error of ours; the run's owner is told and can resume it. By the lease, so a superseded worker does not
        # stop its successor's run.
        lease.fail(INTERNAL)
        raise
    return None


def enqueue(run: Run, *, at: datetime | None = None) -> None:
    """Queue a run's job, to start at once or at a time; jobs with the same lock run one after another."""
    # A job left waiting by an earlier run, cancelled while it was paused, would hold this one up until its time.
    for waiting in app.job_manager.list_jobs(lock=run.lock, status="todo"):
        if waiting.id is not None:
            app.job_manager.cancel_job_by_id(waiting.id, delete_job=True)
    _tasks[type(run)].configure(lock=run.lock, schedule_at=at).defer(run_id=run.pk)


def _enqueue_paused(model: type[Run], run_id: int, continue_at: datetime) -> None:
    """Queue a paused run, unless it was cancelled or taken by another worker since."""
    with transaction.atomic():
        paused = model._default_manager.select_for_update().filter(state=RunState.RUNNING, continue_at=continue_at)
        run = paused.defer(*model.deferred_fields).filter(pk=run_id).first()
        if run is not None:
            enqueue(run, at=continue_at)


def requeue_lost() -> list[str]:
    """Queue the open runs of every kind that have no job any more, and return their names.

    A job can end before its run: when a worker that was taken for dead comes back and finishes the job that another
    one is doing, and that other one dies. Only runs that a person started are queued.
    """
    return [name for kind in _kinds.values() for name in _requeue_lost_of(kind)]


def kinds() -> list[RunKind[Any]]:
    """The kinds of runs, in the order in which they were registered."""
    return list(_kinds.values())


def _requeue_lost_of(kind: RunKind[Any]) -> list[str]:
    run_id = Cast(KeyTextTransform("run_id", "args"), BigIntegerField())
    jobs = ProcrastinateJob.objects.filter(task_name=kind.task_name, status__in=("todo", "doing"))
    # In one statement, so that a run that is enqueued meanwhile is not taken for lost.
    lost = kind.model._default_manager.filter(~Exists(jobs.alias(of_run=run_id).filter(of_run=OuterRef("pk"))))
    ids = list(lost.filter(state__in=OPEN_STATES).order_by("pk").values_list("pk", flat=True))
    return [f"{kind.model._meta.verbose_name} {run_id}".capitalize() for run_id in ids if _requeue(kind, run_id)]


def _requeue(kind: RunKind[Any], run_id: int) -> bool:
    """Queue a run, unless it has ended meanwhile: then another run of its scope may have a job already."""
    with transaction.atomic():
        rows = kind.model._default_manager.select_for_update().defer(*kind.model.deferred_fields)
        run = rows.filter(pk=run_id, state__in=OPEN_STATES).first()
        if run is not None:
            enqueue(run, at=run.continue_at)
    return run is not None
