"""Fixtures of tests with real workers: a sandbox provider, and workers that end with the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.sandbox.server.server import SandboxServer
from tests.worker.working import Workers, clean_queue, environment

SLOW = "slow:seconds=0.05"


@pytest.fixture
def sandbox(settings: Any) -> Iterator[SandboxServer]:
    """A provider with a library of 600 items, which takes a moment over each answer."""
    with SandboxServer(size=600, seed=3, faults=[SLOW]) as server:
        settings.STEMMA_PRIVATE_HOSTS = [server.url.removeprefix("http://")]
        settings.PIXVERSE_MEDIA_HOSTS = settings.STEMMA_PRIVATE_HOSTS
        yield server


@pytest.fixture
def workers(transactional_db: None, sandbox: SandboxServer, tmp_path: Path) -> Iterator[Workers]:
    """Starts workers on the test's database, and sees that none outlives it."""
    private_host = sandbox.url.removeprefix("http://")
    with clean_queue():
        # As by default: on a busy machine, a hasty one might be taken for dead.
        told = environment(private_host=private_host, WORKER_HEARTBEAT_SECONDS="10")
        started = Workers(told, tmp_path / "workers.log")
        yield started
        started.end()
