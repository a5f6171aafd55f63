"""Submitted jobs, whose status depends on time: queued (5), generating (10, with a URL that returns 404), result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

# Words in a prompt that determine the job's result.
REFUSED_WORD = "#refuse"
RESULTS = {"#withhold": 7, "#fail": 8, "#stall": 5, "#recall": 1, "#unknown": 17}
RECALLED_AFTER_SECONDS = 60.0
# The file returns 404 for a moment after the job is done. Source: provider notes, Pixverse §4.5.
DELIVERY_LAG_SECONDS = 0.5


@dataclass(slots=True)
class Job:
    """One output of a submit. Times are in Unix seconds on the sandbox's clock."""

    media_type: str
    item_id: int
    submitted_at: float
    job_seconds: float
    prompt: str
    clock: Callable[[], float]
    taken: dict[str, int] = field(default_factory=dict)
    is_reported: bool = False

    @property
    def result(self) -> int:
        """Final status of the job."""
        return next((status for word, status in RESULTS.items() if word in self.prompt), 1)

    def status(self) -> int:
        """Return the current status number. Source: provider notes, Pixverse §4.1."""
        age = self.clock() - self.submitted_at
        if age < self.job_seconds / 3 or self.result == 5:
            return 9 if self.media_type == "image" else 5
        if age < self.job_seconds:
            return 10
        if "#recall" in self.prompt and age > self.job_seconds + RECALLED_AFTER_SECONDS:
            return 7
        return self.result

    def is_open(self) -> bool:
        """Return True while the job counts towards the concurrency limit."""
        return self.status() in (5, 9, 10)

    def is_fetchable(self) -> bool:
        """Return True when its file can be fetched now."""
        return self.status() == 1 and self.clock() - self.submitted_at >= self.job_seconds + DELIVERY_LAG_SECONDS

    def is_to_refund(self) -> bool:
        """Return True when its credits must be refunded, because it failed or was withheld."""
        return bool(self.taken) and self.status() in (7, 8)
