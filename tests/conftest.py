"""Fixtures of all tests: the database server, the browser, and the people."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from psycopg import sql

from config.runtime import embedded_postgres
from providers.credentials.sealing import seal
from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import AccountFactory

# Playwright's sync API runs an event loop in the test's own thread, which Django would otherwise take for async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def database_server() -> Iterator[None]:
    """The embedded server for the whole session, or the one DATABASE_URL names."""
    server = settings.EMBEDDED_POSTGRES
    with server.lease() if server else contextlib.nullcontext():
        if server:
            drop_abandoned_databases(server.socket_folder)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, database_server: None) -> None:
    """Bring the server up before pytest-django makes the test database."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch the system's Chromium if there is one, else the one Playwright downloaded."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    found = {"executable_path": chromium} if chromium else {}
    return {**browser_type_launch_args, **found, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture
def alice(db: None) -> User:
    """The person who owns what a test is about."""
    return User.objects.create_user("alice", password="alice's password")


@pytest.fixture
def bob(db: None) -> User:
    """Another person, who owns other things."""
    return User.objects.create_user("bob", password="bob's password")


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    """Alice, signed in."""
    client.force_login(alice)
    return client


@pytest.fixture
def sandbox(settings: Any) -> Iterator[SandboxServer]:
    """A provider with a library of 60 items, allowed although its address is private."""
    with SandboxServer(size=60, seed=1) as server:
        settings.STEMMA_PRIVATE_HOSTS = ["127.0.0.1"]
        settings.PIXVERSE_MEDIA_HOSTS = [server.url.removeprefix("http://")]
        yield server


@pytest.fixture
def account(alice: User, sandbox: SandboxServer) -> ProviderAccount:
    """Alice's account at the sandbox of the test's folder."""
    return AccountFactory(
        owner=alice,
        label="Sandbox",
        base_url=sandbox.url,
        sealed_credentials=seal({"access_key": sandbox.access_key}),
    )


def drop_abandoned_databases(socket_folder: Path) -> None:
    """Remove the test databases of runs that were killed, known by a process id that no longer exists."""
    address = f"host={socket_folder} port={embedded_postgres.PORT} user={embedded_postgres.ROLE} dbname=postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        names = connection.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'test\_stemma\_%'").fetchall()
        for (name,) in names:
            if not Path(f"/proc/{name.split('_')[2]}").exists():
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
