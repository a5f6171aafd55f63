"""Whether Stemma can work: database, queue, storage and providers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg
from django.conf import settings
from django.db import connection

from providers import registry

# A health check must answer before its caller gives up, so it waits for nothing longer than this.
TIMEOUT_SECONDS = 2
# procrastinate's workers sign in every 10 seconds; three missed ones mean that nobody works.
WORKER_SILENCE = timedelta(seconds=30)

QUEUE_SQL = "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - %s)"


@dataclass(frozen=True, slots=True)
class Health:
    """What works. `queue` is idle when jobs can be put in but no worker takes them out."""

    database: Literal["ok", "unavailable"]
    queue: Literal["ok", "idle", "unavailable"]
    storage: Literal["ok", "unavailable"]
    providers: list[str]

    @property
    def status(self) -> Literal["ok", "degraded", "unavailable"]:
        """`unavailable` when nothing can be served, `degraded` when something cannot."""
        if self.database != "ok":
            return "unavailable"
        return "ok" if (self.queue, self.storage) == ("ok", "ok") else "degraded"


def examine() -> Health:
    """Look at everything Stemma leans on; never raises, and takes a few seconds at most."""
    database: Literal["ok", "unavailable"] = "ok"
    queue: Literal["ok", "idle", "unavailable"]
    try:
        queue = _examine_queue()
    except psycopg.errors.UndefinedTable:
        queue = "unavailable"
    except psycopg.Error:
        database = queue = "unavailable"
    return Health(
        database=database,
        queue=queue,
        storage="ok" if _is_writable(Path(settings.MEDIA_ROOT)) else "unavailable",
        providers=list(registry.provider_ids()),
    )


def _examine_queue() -> Literal["ok", "idle"]:
    # A connection of its own: the pool may be the very thing that is used up, and waits longer.
    parameters: dict[str, Any] = {**connection.get_connection_params(), "connect_timeout": TIMEOUT_SECONDS}
    limit = f"-c statement_timeout={TIMEOUT_SECONDS}s"
    parameters["options"] = f"{parameters.get('options', '')} {limit}".strip()
    with psycopg.connect(**parameters) as own, own.cursor() as cursor:
        row = cursor.execute(QUEUE_SQL, [WORKER_SILENCE]).fetchone()
        return "ok" if row and row[0] else "idle"


def _is_writable(folder: Path) -> bool:
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
