"""What the journeys share: a sandbox provider over real HTTP, and alice signed in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from providers.models import ProviderAccount
from providers.sandbox.server import SandboxServer
from providers.secrets import seal
from tests.factories import AccountFactory


@pytest.fixture
def sandbox(settings: Any) -> Iterator[SandboxServer]:
    """A provider whose library needs several steps to be walked."""
    with SandboxServer(size=240, seed=1) as server:
        host = server.url.removeprefix("http://")
        settings.STEMMA_PRIVATE_HOSTS = [host]
        settings.PIXVERSE_MEDIA_HOSTS = [host]
        settings.SYNC_REQUESTS_PER_SECOND = 0
        yield server


@pytest.fixture
def account(alice: User, sandbox: SandboxServer) -> ProviderAccount:
    """Alice's account at the sandbox."""
    return AccountFactory(
        owner=alice,
        label="Sandbox",
        base_url=sandbox.url,
        sealed_credentials=seal({"access_key": sandbox.access_key}),
    )


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    """Alice, signed in."""
    client.force_login(alice)
    return client
