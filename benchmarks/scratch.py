"""Temporary databases and measurement functions of the benchmarks."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("PIXVERSE_MEDIA_HOSTS", "media.pixverse.ai,127.0.0.1:8001")
os.environ["DATABASE_POOL_SIZE"] = "0"

import django

django.setup()
# Like the worker.
gc.freeze()

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

TWIN = "twin"


@contextmanager
def scratch_database() -> Iterator[None]:
    """Create and migrate an empty database on the configured server; drop it at the end."""
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


@contextmanager
def twin_database() -> Iterator[None]:
    """Copy the scratch database, for use by `in_twin`; drop the copy at the end."""
    connection.close()  # A database can only be copied while no one is connected to it.
    name = connection.settings_dict["NAME"]
    connection.creation.clone_test_db(suffix=TWIN, verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0, suffix=TWIN)


@contextmanager
def in_twin() -> Iterator[None]:
    """Use the twin database inside the block."""
    name = connection.settings_dict["NAME"]
    _connect_to(f"{name}_{TWIN}")
    try:
        yield
    finally:
        _connect_to(name)


def _connect_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


@dataclass(frozen=True, slots=True)
class Effort:
    """Cost of an operation: time, and peak memory above that before."""

    seconds: float
    growth_mebibytes: float


def effort(work: Callable[[], object]) -> Effort:
    """Run a function and return its cost. Memory is measured on Linux only, and 0 elsewhere."""
    gc.collect()
    held = _forget_peak()
    start = perf_counter()
    work()
    elapsed = perf_counter() - start
    return Effort(elapsed, _memory("VmHWM") - held if held else 0.0)


def seconds(work: Callable[[], object]) -> float:
    """Run a function and return the seconds it took."""
    return effort(work).seconds


def statements(work: Callable[[], object]) -> int:
    """Run a function and return the number of SQL statements it sent, including COPY."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def execute(statement: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[Any]:
    """Run one statement and return its rows; an empty list when it returns none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def settle(*emptied: str) -> None:
    """Run VACUUM and CHECKPOINT, so that pending work of earlier steps is not included in the next measurement.

    The given tables are emptied last, so that they have no statistics, as in a new installation.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        if emptied:
            cursor.execute(f"TRUNCATE {', '.join(emptied)} CASCADE")
        cursor.execute("CHECKPOINT")


def _forget_peak() -> float:
    """Reset the kernel's peak memory counter of this process; return its current memory, 0 where that is unknown."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # See proc(5).
    except OSError:
        return 0.0
    return _memory("VmRSS")


def _memory(field: str) -> float:
    """Return a memory field of this process in mebibytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))
