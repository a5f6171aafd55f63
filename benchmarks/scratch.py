"""A database of its own for one run of the benchmarks, gone afterwards."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("PIXVERSE_MEDIA_HOSTS", "media.pixverse.ai,127.0.0.1:8001")
os.environ["DATABASE_POOL_SIZE"] = "0"

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext


@contextmanager
def scratch_database() -> Iterator[None]:
    """Make and migrate an empty database on the configured server; drop it in the end."""
    settings.DATABASES["default"].setdefault("TEST", {})
    connection.settings_dict["TEST"]["NAME"] = f"bench_stemma_{os.getpid()}"
    server = settings.EMBEDDED_POSTGRES
    with server.lease() if server else nullcontext():
        name = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def statements(work: Callable[[], object]) -> int:
    """How many SQL statements a piece of work sends, COPY included."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def execute(statement: str, parameters: Sequence[object] = ()) -> list[Any]:
    """Run one statement and return its rows, none when it has none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def peak_mebibytes() -> float:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def settle(*emptied: str) -> None:
    """Let the database finish what earlier work left behind, so that it is not measured with what follows.

    The tables named are emptied last, so that they are as on a new install: without statistics.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        if emptied:
            cursor.execute(f"TRUNCATE {', '.join(emptied)} CASCADE")
        cursor.execute("CHECKPOINT")
