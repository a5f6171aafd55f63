"""Runs as tests need them."""

from __future__ import annotations

from common.runs import Run
from common.runs.failure import INTERNAL
from common.runs.lease import Lease
from common.throttle import Clock
from tests.factories import NOW


def stop_by_error(model: type[Run], run_id: int) -> None:
    """Stop a run as an error of ours does; one that has ended is left alone."""
    lease = Lease.take(model, run_id, clock=Clock(now=lambda: NOW, sleep=lambda _seconds: None))
    if lease is not None:
        lease.fail(INTERNAL)
