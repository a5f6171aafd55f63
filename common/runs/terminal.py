"""Follow a run on the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.core.management.base import CommandError
from django.utils import timezone

from common.runs import lifecycle
from common.runs.run import Run, RunState

POLL_SECONDS = 0.5


def follow(run: Run, *, sentence: Callable[[], str], write: Callable[[str], object]) -> bool:
    """Print a run's progress until it ends; Ctrl-C cancels it.

    Args:
        run: the run, refreshed in place.
        sentence: words the run in one line.
        write: prints a line.

    Returns:
        False when it was cancelled by Ctrl-C.
    """
    shown: datetime | None = None
    try:
        while run.is_open:
            time.sleep(POLL_SECONDS)
            run.refresh_from_db()
            if run.progress_at != shown:
                shown = run.progress_at
                write(sentence())
    except KeyboardInterrupt:
        lifecycle.cancel(run, now=timezone.now())
        write("Cancelled; `--resume` continues from here.")
        return False
    return True


def raise_failure(run: Run) -> None:
    """Raise a CommandError with the reason when a run has failed."""
    if run.state == RunState.FAILED:
        raise CommandError(" ".join(filter(None, [f"{run.error_title}:", run.error_detail, run.error_next_step])))
