"""What the worker does for lineage."""

from __future__ import annotations

from collections.abc import Callable

from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import JobAborted

from common.runs import OPEN_STATES
from lineage.models import RebuildRun
from lineage.rebuild import lifecycle
from lineage.rebuild.batch import INLINE_MAX

# A database that goes away for a while comes back, and a worker that is told to stop puts its job down: either way the
# run goes on from its last batch.
_GOES_ON = RetryStrategy(wait=3, retry_exceptions={OperationalError, InterfaceError, JobAborted})


@app.task(name="lineage.run_rebuild", retry=_GOES_ON, pass_context=True)
def run_rebuild(context: JobContext, run_id: int) -> None:
    """Do a rebuild or preview that a person started, or go on with it; may be done again after its worker died."""
    close_old_connections()
    try:
        lifecycle.execute(run_id, clock=timezone.now, is_stopping=context.should_abort)
    except lifecycle.Interrupted as stopping:
        raise JobAborted from stopping
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        lifecycle.fail(run_id, now=timezone.now())
        raise
    finally:
        close_old_connections()


def begin(note: Callable[[], RebuildRun]) -> RebuildRun:
    """Note a run, and do it at once when it is of few assets; more are left to the worker.

    Args:
        note: makes the run's row, and may refuse by raising; it runs in the transaction that enqueues the job.
    """
    with transaction.atomic():
        run = note()
        if run.total_count > INLINE_MAX:
            enqueue(run)
    if run.total_count <= INLINE_MAX:
        try:
            lifecycle.execute(run.pk, clock=timezone.now)
        except Exception:
            lifecycle.fail(run.pk, now=timezone.now())
            raise
        run.refresh_from_db()
    return run


def enqueue(run: RebuildRun) -> None:
    """Hand a run to the worker. Jobs of one library wait for one another, whatever worker they are on."""
    run_rebuild.configure(lock=f"lineage-of-owner-{run.owner_id}").defer(run_id=run.pk)


def requeue_lost() -> list[int]:
    """Queue those open runs that no job stands for any more, and return their ids.

    As for whole-library runs, a job can end under its run. Nothing is started here that a person has not.
    """
    run_id = Cast(KeyTextTransform("run_id", "args"), BigIntegerField())
    jobs = ProcrastinateJob.objects.filter(task_name=run_rebuild.name, status__in=("todo", "doing"))
    # In one statement, so that a run that is enqueued meanwhile is not taken for lost.
    lost = RebuildRun.objects.filter(~Exists(jobs.alias(of_run=run_id).filter(of_run=OuterRef("pk"))))
    found = list(lost.filter(state__in=OPEN_STATES).defer("asset_ids").order_by("pk"))
    for run in found:
        enqueue(run)
    return [run.pk for run in found]
