"""What tests of the library share: a sandbox provider on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from providers.sandbox.server import SandboxServer


@pytest.fixture
def sandbox(settings: Any) -> Iterator[SandboxServer]:
    """A provider with a library of 60 items, allowed although its address is private."""
    with SandboxServer(size=60, seed=1) as server:
        settings.STEMMA_PRIVATE_HOSTS = ["127.0.0.1"]
        settings.PIXVERSE_MEDIA_HOSTS = [server.url.removeprefix("http://")]
        yield server
