"""Background runs: one model, one engine, one card, one list for every kind of long work."""

from __future__ import annotations

from common.runs.failure import Failure
from common.runs.run import OPEN_STATES, RESUMABLE_STATES, CountedRun, Run, RunState

__all__ = ["OPEN_STATES", "RESUMABLE_STATES", "CountedRun", "Failure", "Run", "RunState"]
