"""The background job of rebuilds and previews, and short ones done at once."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import OperationalError, transaction
from django.utils import timezone

from common.runs.jobs import enqueue, register
from common.throttle import Clock
from lineage.models import RebuildRun
from lineage.rebuild.batch import INLINE_MAX
from lineage.rebuild.runner import REBUILD, execute

run_rebuild = register(REBUILD)


def begin(save: Callable[[], RebuildRun]) -> RebuildRun:
    """Save a run, and do it at once when it is of few assets; the worker does those that take longer.

    Args:
        save: saves and returns the run, or refuses by raising; called in the transaction that enqueues the job.
    """
    with transaction.atomic():
        run = save()
        if run.total_count > INLINE_MAX:
            enqueue(run)
    if run.total_count <= INLINE_MAX:
        try:
            execute(run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
        except OperationalError:
            # A query took longer than a request may; the worker's may take longer.
            enqueue(run)
        run.refresh_from_db()
    return run
