"""Rebuilds in processes of their own, to be killed on the way, and a reader that watches the edges meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import django
import psycopg
from django.db import connection

EDGES = """
SELECT coalesce(array_agg(concat_ws(' ', e.child_id, e.parent_id, e.relation_type, e.evidence, c.parent_count)
  ORDER BY e.child_id, e.parent_id, e.relation_type), '{}')
FROM lineage_lineageedge e JOIN assets_asset c ON c.id = e.child_id WHERE e.owner_id = %s
"""

INSERTING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%%COPY lineage_lineageedge%%'
"""

OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dying'"

# Between two looks of a reader, so that it leaves the processor to what it watches.
PAUSE_SECONDS = 0.003

Picture = tuple[str, ...]
"""All edges of a library, with what their children's counts say."""


class Rebuilder:
    """A process that forks a child for each rebuild it is asked for, so that one start serves many deaths."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.lineage.rebuild.dying"],
            env={**environment, "PGAPPNAME": "dying"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, owner_id: int, asset_ids: Sequence[int]) -> int:
        """Have a child rebuild these assets; returns its process id."""
        assert self.process.stdin
        print(owner_id, *asset_ids, file=self.process.stdin, flush=True)
        return self._said()

    def end(self) -> int:
        """Wait for the child; 0, or the signal that killed it, negative."""
        return os.waitstatus_to_exitcode(self._said())

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()

    def _said(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())


class Reader(threading.Thread):
    """Read the edges repeatedly, like a page, and keep every result."""

    def __init__(self, owner_id: int) -> None:
        super().__init__()
        self.owner_id = owner_id
        self.seen: set[Picture] = set()
        self._is_over = threading.Event()

    def run(self) -> None:
        """Read until told to stop."""
        with contextlib.closing(outside()) as reading:
            while not self._is_over.is_set():
                self.seen.add(picture(reading, self.owner_id))
                time.sleep(PAUSE_SECONDS)

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._is_over.set()
        self.join()


def outside() -> psycopg.Connection[Any]:
    """A connection to the test's database that Django knows nothing of."""
    at = connection.settings_dict
    return psycopg.connect(
        host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"], autocommit=True
    )


def picture(reading: psycopg.Connection[Any], owner_id: int) -> Picture:
    """The edges of a library as one statement sees them."""
    [(edges,)] = reading.execute(EDGES, [owner_id]).fetchall()
    return tuple(edges)


@contextlib.contextmanager
def held(asset_id: int) -> Iterator[None]:
    """Keep an asset's row, so that a writer of an edge to it waits before its transaction can end."""
    with contextlib.closing(outside()) as holding, holding.transaction():
        holding.execute("SELECT FROM assets_asset WHERE id = %s FOR NO KEY UPDATE", [asset_id])
        yield


def is_inserting() -> bool:
    """Return whether a rebuild has deleted the old edges and waits while writing the new ones."""
    with contextlib.closing(outside()) as watching:
        return bool(watching.execute(INSERTING).fetchall())


def are_gone() -> bool:
    """Return whether the server has noticed the death of all children and rolled back their transactions."""
    with contextlib.closing(outside()) as watching:
        return not watching.execute(OTHERS).fetchall()


def kill(pid: int) -> None:
    """End a child as a power cut would; nothing happens to one that is over."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Fork a child for each line of an owner's id and asset ids; say its process id, then how it ended."""
    django.setup()
    from django.utils import timezone

    from lineage.rebuild.batch import rebuild

    for line in sys.stdin:
        owner_id, *asset_ids = map(int, line.split())
        if not (pid := os.fork()):
            rebuild(owner_id, asset_ids=asset_ids, clear_existing=True, now=timezone.now())
            os._exit(0)
        print(pid, flush=True)  # noqa: T201
        print(os.waitpid(pid, 0)[1], flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
