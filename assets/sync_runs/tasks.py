"""What the worker does for the library."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import InterfaceError, OperationalError, close_old_connections
from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import JobAborted

from assets.models import SyncRun
from assets.sync_runs import runner
from common.runs import OPEN_STATES
from common.throttle import Clock

# A database that goes away for a while comes back, and a worker that is told to stop puts its job down: either way the
# run goes on from its last page.
_GOES_ON = RetryStrategy(wait=3, retry_exceptions={OperationalError, InterfaceError, JobAborted})


@app.task(name="assets.run_sync", retry=_GOES_ON, pass_context=True)
def run_sync(context: JobContext, run_id: int) -> None:
    """Do a run that a person started, or go on with it; may be done again after its worker died."""
    close_old_connections()
    try:
        clock = Clock(now=timezone.now, sleep=time.sleep)
        continue_at = runner.execute(run_id, clock=clock, is_stopping=context.should_abort)
        if continue_at is not None:
            enqueue(SyncRun.objects.get(pk=run_id), at=continue_at)
    except runner.Interrupted as stopping:
        raise JobAborted from stopping
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        runner.fail(run_id, now=timezone.now())
        raise
    finally:
        close_old_connections()


def enqueue(run: SyncRun, *, at: datetime | None = None) -> None:
    """Hand a run to the worker. Jobs of one account wait for one another, whatever worker they are on."""
    lock = f"library-of-account-{run.account_id}"
    # What an earlier run left waiting, one cancelled while it rested, would hold this one up until its time.
    for waiting in app.job_manager.list_jobs(lock=lock, status="todo"):
        if waiting.id is not None:
            app.job_manager.cancel_job_by_id(waiting.id, delete_job=True)
    run_sync.configure(lock=lock, schedule_at=at).defer(run_id=run.pk)


def requeue_lost() -> list[int]:
    """Queue those open runs that no job stands for any more, and return their ids.

    A job can end under a run: when a worker that was taken for dead comes back and finishes the job that another one is
    doing, and that other one dies. Nothing is started here that a person has not.
    """
    run_id = Cast(KeyTextTransform("run_id", "args"), BigIntegerField())
    jobs = ProcrastinateJob.objects.filter(task_name=run_sync.name, status__in=("todo", "doing"))
    # In one statement, so that a run that is enqueued meanwhile is not taken for lost.
    lost = SyncRun.objects.filter(~Exists(jobs.alias(of_run=run_id).filter(of_run=OuterRef("pk"))))
    found = list(lost.filter(state__in=OPEN_STATES).order_by("pk"))
    for run in found:
        enqueue(run, at=run.continue_at)
    return [run.pk for run in found]
