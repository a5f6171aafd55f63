"""The reason why a run stopped, in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """A stable code, a title, a sentence and the next step for the run's owner."""

    code: str
    title: str
    detail: str
    next_step: str


INTERNAL = Failure(
    "run_broke_down",
    "Something went wrong in Stemma",
    "Everything that was finished before is kept.",
    "Resume the run. If it stops again, see the worker's log.",
)
