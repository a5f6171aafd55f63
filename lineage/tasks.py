"""What the worker does for lineage."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from lineage import rebuild_runs

# A database that goes away for a while comes back; the run goes on from its last batch.
_WHEN_THE_DATABASE_IS_AWAY = RetryStrategy(wait=5, retry_exceptions={OperationalError, InterfaceError})


@app.task(name="lineage.run_rebuild", retry=_WHEN_THE_DATABASE_IS_AWAY)
def run_rebuild(run_id: int) -> None:
    """Do a rebuild run that a person started; may be done again after its worker died."""
    close_old_connections()
    try:
        rebuild_runs.run(run_id, clock=timezone.now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        rebuild_runs.fail(run_id, reason="A batch could not be stored; the log says why.", now=timezone.now())
        raise
    finally:
        close_old_connections()
