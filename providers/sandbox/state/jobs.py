"""A submitted job and its clock: queued (5), generating (10, with a URL that is not there yet), then its fate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

# Words in a prompt that decide how the job ends.
REFUSED_WORD = "#refuse"
FATES = {"#withhold": 7, "#fail": 8, "#stall": 5, "#recall": 1, "#unknown": 17}
RECALLED_AFTER_SECONDS = 60.0
# Fetching fails for a moment after the job is done. Source: provider notes, Pixverse 4.5.
DELIVERY_LAG_SECONDS = 0.5


@dataclass(slots=True)
class Job:
    """One output of a submit. Times are on the sandbox's clock, in Unix seconds."""

    media_type: str
    item_id: int
    submitted_at: float
    job_seconds: float
    prompt: str
    clock: Callable[[], float]
    taken: dict[str, int] = field(default_factory=dict)
    is_told: bool = False

    @property
    def fate(self) -> int:
        """The status the job ends with."""
        return next((status for word, status in FATES.items() if word in self.prompt), 1)

    def status(self) -> int:
        """Where the job is now. Source: provider notes, Pixverse 4.1."""
        age = self.clock() - self.submitted_at
        if age < self.job_seconds / 3 or self.fate == 5:
            return 9 if self.media_type == "image" else 5
        if age < self.job_seconds:
            return 10
        if "#recall" in self.prompt and age > self.job_seconds + RECALLED_AFTER_SECONDS:
            return 7
        return self.fate

    def is_open(self) -> bool:
        """Whether the job still takes a place among those that may run at once."""
        return self.status() in (5, 9, 10)

    def is_fetchable(self) -> bool:
        """Whether its file can be fetched now."""
        return self.status() == 1 and self.clock() - self.submitted_at >= self.job_seconds + DELIVERY_LAG_SECONDS

    def is_to_refund(self) -> bool:
        """Whether its credits are to be given back, because it failed or was withheld."""
        return bool(self.taken) and self.status() in (7, 8)
