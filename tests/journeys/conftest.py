"""Fixtures of the journeys: a sandbox provider over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from providers.sandbox.server.server import SandboxServer


@pytest.fixture
def sandbox(settings: Any) -> Iterator[SandboxServer]:
    """A provider whose library needs several steps to be walked."""
    with SandboxServer(size=240, seed=1) as server:
        host = server.url.removeprefix("http://")
        settings.STEMMA_PRIVATE_HOSTS = [host]
        settings.PIXVERSE_MEDIA_HOSTS = [host]
        settings.SYNC_REQUESTS_PER_SECOND = 0
        yield server
