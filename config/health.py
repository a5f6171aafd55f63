"""Health check of the database, the queue and the storage."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg
from django.conf import settings
from django.db import connection

from config.runtime.reviving import revive_database_soon
from providers import registry

# Bound of each wait, so that the response is sent before the caller times out.
TIMEOUT_SECONDS = 2
# procrastinate's workers send a heartbeat every 10 seconds; three missed ones mean that no worker runs.
WORKER_SILENCE = timedelta(seconds=30)

QUEUE_SQL = "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - %s)"


@dataclass(frozen=True, slots=True)
class Health:
    """Result of a health check. `queue` is idle when jobs can be queued but no worker runs."""

    database: Literal["ok", "unavailable"]
    queue: Literal["ok", "idle", "unavailable"]
    storage: Literal["ok", "unavailable"]
    providers: list[str]

    @property
    def status(self) -> Literal["ok", "degraded", "unavailable"]:
        """Overall status: `unavailable` without a database, `degraded` when queue or storage fails."""
        if self.database != "ok":
            return "unavailable"
        return "ok" if (self.queue, self.storage) == ("ok", "ok") else "degraded"


def examine() -> Health:
    """Check database, queue and storage. Never raises, and takes a few seconds at most."""
    database: Literal["ok", "unavailable"] = "ok"
    queue: Literal["ok", "idle", "unavailable"]
    try:
        queue = _examine_queue()
    except psycopg.errors.UndefinedTable:
        queue = "unavailable"
    except psycopg.Error:
        database = queue = "unavailable"
        revive_database_soon()
    return Health(
        database=database,
        queue=queue,
        storage="ok" if _is_writable(Path(settings.MEDIA_ROOT)) else "unavailable",
        providers=list(registry.provider_ids()),
    )


def _examine_queue() -> Literal["ok", "idle"]:
    # A separate connection, since the pool may be exhausted, and its wait is longer.
    parameters: dict[str, Any] = {**connection.get_connection_params(), "connect_timeout": TIMEOUT_SECONDS}
    limit = f"-c statement_timeout={TIMEOUT_SECONDS}s"
    parameters["options"] = f"{parameters.get('options', '')} {limit}".strip()
    with psycopg.connect(**parameters) as own, own.cursor() as cursor:
        row = cursor.execute(QUEUE_SQL, [WORKER_SILENCE]).fetchone()
        return "ok" if row and row[0] else "idle"


def _is_writable(folder: Path) -> bool:
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
