"""Rate limit for operations that send many requests to a provider."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Clock:
    """Time source and sleep function of an operation; tests pass fake ones.

    `patience_seconds` is how long the operation may sleep in all, for those that a person waits for.
    """

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    patience_seconds: float = math.inf


class Throttle:
    """Limit an account's requests to settings.SYNC_REQUESTS_PER_SECOND; the first one is not delayed."""

    def __init__(self, clock: Clock) -> None:
        per_second = settings.SYNC_REQUESTS_PER_SECOND
        self._clock = clock
        self._pause_seconds = 1.0 / per_second if per_second else 0.0
        self._last_at: datetime | None = None

    def pause_seconds(self) -> float:
        """Return how long the next request must wait from now on."""
        if self._last_at is None:
            return 0.0
        return max(self._pause_seconds - (self._clock.now() - self._last_at).total_seconds(), 0.0)

    def wait(self) -> None:
        """Wait until the next request may be sent. Call it before each request."""
        if pause := self.pause_seconds():
            self._clock.sleep(pause)
        self._last_at = self._clock.now()
