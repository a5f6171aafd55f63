"""What the tests of providers share."""

from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture
def loopback(settings: Settings) -> None:
    """Let this machine itself be spoken to."""
    settings.STEMMA_PRIVATE_HOSTS = ["127.0.0.1"]
