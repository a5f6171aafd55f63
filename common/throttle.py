"""How a verb that asks a provider many times tells the time, waits, and spaces its requests out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Clock:
    """How a verb tells the time and waits; doors bring the real one."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]


class Throttle:
    """Lets an account's requests through one by one, at most settings.SYNC_REQUESTS_PER_SECOND; the first at once."""

    def __init__(self, clock: Clock) -> None:
        per_second = settings.SYNC_REQUESTS_PER_SECOND
        self._clock = clock
        self._pause_seconds = 1.0 / per_second if per_second else 0.0
        self._last_at: datetime | None = None

    def wait(self) -> None:
        """Wait until it is the next request's turn; to be called before each."""
        now = self._clock.now()
        if self._last_at is not None:
            waited = (now - self._last_at).total_seconds()
            if waited < self._pause_seconds:
                self._clock.sleep(self._pause_seconds - waited)
        self._last_at = self._clock.now()
