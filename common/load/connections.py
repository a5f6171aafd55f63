"""The database connection of a thread that waits for something else."""

from __future__ import annotations

from django.db import connection


def release_connection() -> None:
    """Return this thread's connection to the pool; the next query takes one again.

    Does nothing within a transaction, nor without a pool, where a new connection would be opened each time.
    """
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()
