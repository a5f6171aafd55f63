"""Tests of the release of a thread's connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.db import connection, transaction

from common.load.connections import release_connection


@pytest.fixture
def pool(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A pool of one connection, which this thread has."""
    connection.close()
    with monkeypatch.context() as patched:
        options = {**connection.settings_dict["OPTIONS"], "pool": {"min_size": 1, "max_size": 1, "timeout": 10}}
        patched.setitem(connection.settings_dict, "OPTIONS", options)
        connection.ensure_connection()
        yield cast(Any, connection).pool
        connection.close()
        cast(Any, connection).close_pool()


class TestRelease:
    def test_returns_the_connection_to_the_pool(self, pool: Any) -> None:
        assert pool.get_stats().get("pool_available", 0) == 0

        release_connection()

        assert connection.connection is None
        assert pool.get_stats()["pool_available"] == 1

    def test_does_nothing_within_a_transaction(self, pool: Any) -> None:
        with transaction.atomic():
            release_connection()

            assert connection.connection is not None

    def test_does_nothing_without_a_pool(self, transactional_db: None) -> None:
        connection.ensure_connection()

        release_connection()

        assert connection.connection is not None
