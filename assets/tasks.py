"""What the worker does for the library."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from assets.models import SyncRun
from assets.runs import Clock, execute

# A database that goes away for a while comes back; the run goes on from its last page.
_WHEN_THE_DATABASE_IS_AWAY = RetryStrategy(wait=5, retry_exceptions={OperationalError, InterfaceError})


@app.task(name="assets.run_sync", retry=_WHEN_THE_DATABASE_IS_AWAY)
def run_sync(run_id: int) -> None:
    """Do a run that a person started, or go on with it; may be done again after its worker died."""
    close_old_connections()
    try:
        continue_at = execute(run_id, clock=Clock(now=timezone.now, sleep=time.sleep))
        if continue_at is not None:
            enqueue(SyncRun.objects.get(pk=run_id), at=continue_at)
    finally:
        close_old_connections()


def enqueue(run: SyncRun, *, at: datetime | None = None) -> None:
    """Hand a run to the worker. Jobs of one account wait for one another, whatever worker they are on."""
    run_sync.configure(lock=f"library-of-account-{run.account_id}", schedule_at=at).defer(run_id=run.pk)
