"""Real workers, each a process of its own, and what it takes to watch them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from django.db import connection, transaction
from django.utils import timezone

from assets.models import RunKind, RunMode, SyncRun
from assets.sync_runs.start import start
from common.runs import lifecycle
from common.runs.jobs import enqueue
from providers.models import ProviderAccount

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 15


@dataclass
class Workers:
    """The workers of a test; `log` is where they write."""

    environment: Mapping[str, str]
    log: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        """One more worker."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                cwd=ROOT,
                env=dict(self.environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End one without giving it a chance to tidy up."""
        process.kill()
        process.wait(STOP_SECONDS)

    def end(self) -> None:
        """End them all, politely at first."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            self.kill(process)

    def said(self) -> str:
        """All they wrote."""
        return self.log.read_text(errors="replace")


def environment(*, private_host: str, **changes: str) -> dict[str, str]:
    """The environment of a worker: the test's database, and the sandbox that it may reach."""
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "DATABASE_POOL_SIZE": "8",
        "STEMMA_PRIVATE_HOSTS": private_host,
        "PIXVERSE_MEDIA_HOSTS": private_host,
        "SYNC_REQUESTS_PER_SECOND": "0",
        # Two seconds instead of ten, so that a dead worker is noticed in six or seven instead of half a minute.
        "WORKER_HEARTBEAT_SECONDS": "2",
        **changes,
    }


def database_url() -> str:
    """The test's own database, as DATABASE_URL names it."""
    at = connection.settings_dict
    person = quote(at["USER"], safe="") + (f":{quote(at['PASSWORD'], safe='')}" if at["PASSWORD"] else "")
    return f"postgres://{person}@{quote(at['HOST'], safe='')}:{at['PORT']}/{at['NAME']}"


@contextlib.contextmanager
def clean_queue() -> Iterator[None]:
    """No job of another test before, and none of this one afterwards: the queue's tables are not flushed."""
    _empty_queue()
    yield
    _empty_queue()


def _empty_queue() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_periodic_defers")
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute("DELETE FROM procrastinate_workers")


def begin(account: ProviderAccount, *, create_lineage: bool = False) -> SyncRun:
    """Start a full import, as a person does."""
    with transaction.atomic():
        run = start(account, kind=RunKind.IMPORT, mode=RunMode.FULL, create_lineage=create_lineage, now=timezone.now())
        enqueue(run)
    return run


def resume(run: SyncRun) -> None:
    """Resume a run, as a person does."""
    with transaction.atomic():
        lifecycle.resume(run)
        enqueue(run)


def pages(run: SyncRun) -> int:
    """Count the stored pages of a run."""
    return sum(run.lists.values_list("pages", flat=True))


def wait_until(is_so: Callable[[], bool], *, timeout_seconds: float, what: str) -> float:
    """Wait, and return for how many seconds. Raises AssertionError when it takes too long."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > timeout_seconds:
            raise AssertionError(f"After {timeout_seconds:.0f} seconds still not so: {what}.")
        time.sleep(0.05)
    return time.monotonic() - began
