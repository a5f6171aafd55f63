"""Limits of the requests to providers that a person waits for: how many at once, how long for the account's pace."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache

from django.conf import settings
from django.utils import timezone

from common.load.slots import Slots
from common.throttle import Clock, Throttle
from providers.errors import RateLimited
from providers.models import ProviderAccount


@cache
def slots() -> Slots:
    """The slots of these requests in this process."""
    total: int = settings.PROVIDER_REQUESTS_MAX
    return Slots(
        total,
        max(total - 1, 1),
        message="Several requests to providers are waiting for their responses already. Try again when one has ended.",
    )


def waiting_clock() -> Clock:
    """Return the clock of a request that a person waits for, and that holds a thread of the web server meanwhile."""
    return Clock(now=timezone.now, sleep=time.sleep, patience_seconds=settings.PROVIDER_WAIT_SECONDS_MAX)


def asking(account: ProviderAccount) -> AbstractContextManager[None]:
    """Hold a slot of the account's owner for the block, which asks the provider. Raises Busy when none is free."""
    return slots().held(account.owner_id)


def limited_turn(account: ProviderAccount, clock: Clock) -> Callable[[], object]:
    """Return a function that waits for the account's next request.

    It raises RateLimited instead once all waits together would exceed the clock's patience.
    """
    throttle, patience = Throttle(clock), clock.patience_seconds

    def wait() -> None:
        nonlocal patience
        pause = throttle.pause_seconds()
        if patience < pause:
            raise RateLimited(
                "The account's request rate allows no more in one go. Continue with the rest, or start a run.",
                provider_id=account.provider_id,
                retry_after_seconds=max(pause, 1.0),
            )
        patience -= pause
        throttle.wait()

    return wait
