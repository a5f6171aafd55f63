"""Fixtures of long tests: a database that is clean of jobs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.worker.working import clean_queue


@pytest.fixture
def queue(transactional_db: None) -> Iterator[None]:
    """The queue, empty before and after."""
    with clean_queue():
        yield
