"""What the database must be before Stemma serves anybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections

OLDEST_POSTGRES = 15


@checks.register(checks.Tags.database)
def check_database_version(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Find databases older than Stemma works with."""
    return [
        checks.Error(
            f"The database server is PostgreSQL {major}, and Stemma needs {OLDEST_POSTGRES} or newer.",
            hint="Name a newer server in DATABASE_URL.",
            id="config.E001",
        )
        for major in (connections[alias].get_database_version()[0] for alias in databases or ())
        if major < OLDEST_POSTGRES
    ]
