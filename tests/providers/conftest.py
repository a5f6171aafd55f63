"""Fixtures of the tests of providers."""

from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture
def loopback(settings: Settings) -> None:
    """Allow requests to this machine."""
    settings.STEMMA_PRIVATE_HOSTS = ["127.0.0.1"]
