"""Does the jobs that people started, and goes on by itself when the database was away for a while."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Any, cast

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from config.startup import freeze_loaded_objects

logger = logging.getLogger(__name__)

# Long enough not to fill the log while a database is down, short enough for nobody to wait for it afterwards.
PAUSE_SECONDS = 3


class Command(BaseCommand):
    """`manage.py worker`: procrastinate's own worker ends when it cannot reach the database; this one begins again."""

    help = "Do what is too long for a page, until SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until told to stop; what is being done is then put back at the next page, for the next worker."""
        freeze_loaded_objects()
        asyncio.run(_work_until_told())


async def _work_until_told() -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    telling = asyncio.create_task(told.wait())
    while not told.is_set():
        working = asyncio.create_task(_work())
        await asyncio.wait({working, telling}, return_when=asyncio.FIRST_COMPLETED)
        if told.is_set():
            working.cancel()
        ended, _ = await asyncio.wait({working})
        if not told.is_set():
            reason = ended.pop().exception()
            logger.warning("The worker ended and begins again in %s s: %s", PAUSE_SECONDS, reason or "it lost touch.")
            await asyncio.wait({telling}, timeout=PAUSE_SECONDS)


async def _work() -> None:
    """One worker's life: until it is cancelled, or its database is away."""
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    with app.replace_connector(connector):
        async with app.open_async():
            # Cancelling is how it is told to stop. Its own handlers would leave us guessing why it came to its end.
            await app.run_worker_async(install_signal_handlers=False)
