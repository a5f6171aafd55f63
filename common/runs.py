"""States of a background run."""

from __future__ import annotations

from django.db import models


class RunState(models.TextChoices):
    """Where a run stands. Queued and running are open: an account has one open run at most."""

    QUEUED = "queued", "Waiting for a worker"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Stopped"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)


RESUMABLE_STATES = (RunState.FAILED, RunState.CANCELLED)
