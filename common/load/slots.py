"""Slots: how many may do the same kind of work at the same time in this process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from common.errors import Busy

PATIENCE_SECONDS = 1.0
RETRY_AFTER_SECONDS = 2.0


class Slots:
    """Slots of all holders together, some of which one person may hold. One more may wait for a moment.

    Args:
        total: how many may be held.
        each: how many of them one person may hold.
        message: the sentence shown when none is free.
    """

    def __init__(self, total: int, each: int, *, message: str) -> None:
        self.total = total
        self.each = each
        self._message = message
        self._held: Counter[Hashable] = Counter()
        self._is_waited_for = False
        self._changed = threading.Condition()

    @contextmanager
    def held(self, person: Hashable) -> Iterator[None]:
        """Hold a slot for the block.

        Raises:
            Busy: none is free, nor will be in a moment.
        """
        with self._changed:
            if not self._is_free(person) and not self._becomes_free(person):
                raise Busy(self._message, retry_after_seconds=RETRY_AFTER_SECONDS)
            self._held[person] += 1
        try:
            yield
        finally:
            with self._changed:
                self._held -= Counter({person: 1})
                self._changed.notify_all()

    def _is_free(self, person: Hashable) -> bool:
        return self._held.total() < self.total and self._held[person] < self.each

    def _becomes_free(self, person: Hashable) -> bool:
        # A waiting request holds a thread, so only one may wait.
        if self._is_waited_for:
            return False
        self._is_waited_for = True
        try:
            return self._changed.wait_for(lambda: self._is_free(person), PATIENCE_SECONDS)
        finally:
            self._is_waited_for = False
