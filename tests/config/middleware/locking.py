"""A table that queries wait for, held from outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests.worker.working import database_url


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Let all queries of a table wait for the duration of the block."""
    with psycopg.connect(database_url()) as outside:
        outside.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table)))
        yield
        outside.rollback()
