"""Start the embedded database again after it was killed, by whichever process misses it first."""

from __future__ import annotations

import logging
import threading

from django.conf import settings

from config.runtime.embedded_postgres import EmbeddedPostgresError

logger = logging.getLogger(__name__)

# Held while this process starts the server. Others wait for the lock of the server's own folder, and then find it.
_starting = threading.Lock()


def revive_database() -> None:
    """Start the embedded server if it is not running; return when it is. Does nothing with DATABASE_URL.

    Never raises: the next request or attempt of the worker tries again.
    """
    server = settings.EMBEDDED_POSTGRES
    if server is None or server.is_listening() or not _starting.acquire(blocking=False):
        return
    try:
        if server.start():
            logger.warning("The embedded database had stopped and was started again.")
    except (EmbeddedPostgresError, OSError) as error:
        logger.warning("The embedded database cannot be started: %s", error)
    finally:
        _starting.release()


def revive_database_soon() -> None:
    """Do the same in the background, for a request that is answered meanwhile."""
    server = settings.EMBEDDED_POSTGRES
    if server is not None and not server.is_listening():
        threading.Thread(target=revive_database, daemon=True).start()
