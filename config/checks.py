"""Start-up check of the database version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections

OLDEST_POSTGRES = 15


@checks.register(checks.Tags.database)
def check_database_version(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Return an error for each database server that is too old."""
    return [
        checks.Error(
            f"The database server is PostgreSQL {major}, and Stemma needs {OLDEST_POSTGRES} or newer.",
            hint="Set DATABASE_URL to a newer server.",
            id="config.E001",
        )
        for major in (connections[alias].get_database_version()[0] for alias in databases or ())
        if major < OLDEST_POSTGRES
    ]
