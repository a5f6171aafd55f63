"""`manage.py worker`: run queued jobs, and reconnect after the database was unavailable."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Any, cast

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from config.runtime.reviving import revive_database
from config.runtime.startup import freeze_loaded_objects

logger = logging.getLogger(__name__)

# Long enough not to fill the log while the database is down, short enough not to delay jobs afterwards.
RESTART_DELAY_SECONDS = 3


class Command(BaseCommand):
    """The worker. procrastinate's own worker exits when it cannot reach the database; this one restarts it."""

    help = "Run queued jobs (scans, imports, rebuilds) until SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run jobs until stopped. Unfinished jobs then stop at their next page and are left for the next worker."""
        freeze_loaded_objects()
        asyncio.run(_work_until_stopped())


async def _work_until_stopped() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    reviving = asyncio.create_task(_revive_database())
    while not stop.is_set():
        working = asyncio.create_task(_work())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            working.cancel()
        ended, _ = await asyncio.wait({working})
        if not stop.is_set():
            reason = ended.pop().exception() or "connection lost"
            logger.warning("The worker stopped and restarts in %s s: %s", RESTART_DELAY_SECONDS, reason)
            await asyncio.wait({stopping}, timeout=RESTART_DELAY_SECONDS)
    reviving.cancel()


async def _revive_database() -> None:
    """Start the embedded database again whenever it was killed; procrastinate notices that only after a minute."""
    while True:
        await asyncio.to_thread(revive_database)
        await asyncio.sleep(RESTART_DELAY_SECONDS)


async def _work() -> None:
    """Run one procrastinate worker until it is cancelled or loses the database."""
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    with app.replace_connector(connector):
        async with app.open_async():
            # It is stopped by cancelling. With its own signal handlers the reason for its end would be unknown.
            await app.run_worker_async(install_signal_handlers=False)
