"""A third kind of run, made of a model and a batch function."""

from __future__ import annotations

import time
from datetime import datetime

from common.runs import CountedRun
from common.runs.jobs import Batch, counted

BATCH_SECONDS = 0.2


class CountingRun(CountedRun):
    """Counts to `total_count`, ten at a time."""

    unit = "numbers"

    class Meta:
        app_label = "counting"
        verbose_name = "counting run"


def count_ten(run: CountingRun, now: datetime) -> Batch | None:
    time.sleep(BATCH_SECONDS)
    return Batch(run.cursor + 10, 10) if run.cursor < run.total_count else None


COUNTING = counted("counting", CountingRun, batch=count_ten, task_name="tests.run_counting", list_title="Countings")
