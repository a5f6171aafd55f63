"""Fixtures of browser tests: a running site, a sandbox provider, and a person in front of Chromium."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from assets.models import Asset
from assets.sync.page import import_page
from lineage.rebuild.batch import rebuild
from providers import accounts
from providers.models import ProviderAccount
from providers.registry import adapter_class
from providers.sandbox.server.server import SandboxServer

PASSWORD = "alice's password"

# How long a page may take to become what a test expects; a busy machine is no failure.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: tests say whole addresses. The plugin's own fixture is of a kind that pytest 9 warns of."""


@pytest.fixture(scope="session", autouse=True)
def _no_session_outlives_the_tests(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """End what a request still held when its browser went away, since a database in use cannot be dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def sandbox(settings: Any) -> Iterator[SandboxServer]:
    """A provider with a library of 120 items, whose pictures pages may show."""
    with SandboxServer(size=120, seed=1) as server:
        host = server.url.removeprefix("http://")
        settings.STEMMA_PRIVATE_HOSTS = [host]
        settings.PIXVERSE_MEDIA_HOSTS = [host]
        settings.SYNC_REQUESTS_PER_SECOND = 0
        settings.CONTENT_SECURITY_POLICY = allowing(settings.CONTENT_SECURITY_POLICY, server.url)
        yield server


@pytest.fixture
def site(live_server: LiveServer, sandbox: SandboxServer, alice: User) -> str:
    """The address of a running Stemma that alice can sign in to."""
    return str(live_server.url)


@pytest.fixture
def account(site: str, alice: User, sandbox: SandboxServer) -> ProviderAccount:
    """Alice's account at the sandbox, tested."""
    account = accounts.connect(
        alice,
        provider_id="pixverse",
        label="Sandbox",
        base_url=sandbox.url,
        credentials={"access_key": sandbox.access_key},
        now=timezone.now(),
    )
    accounts.test(account, now=timezone.now())
    return account


@pytest.fixture
def worker(site: str) -> Iterator[None]:
    """A worker beside the running site, on the same queue."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        loop = asyncio.new_event_loop()
        working = loop.create_task(work())
        ended = thread.submit(loop.run_until_complete, working)
        yield
        loop.call_soon_threadsafe(working.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            ended.result(timeout=30)
        loop.close()


async def work() -> None:
    """Do jobs until told to stop."""
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    async with app.with_connector(connector).open_async() as working:
        await working.run_worker_async(
            fetch_job_polling_interval=0.2, install_signal_handlers=False, shutdown_graceful_timeout=5
        )


@pytest.fixture
def full_library(account: ProviderAccount) -> list[Asset]:
    """Everything the sandbox holds, imported, with its lineage."""
    for remote_list in adapter_class(account.provider_id).lists:
        import_page(account, remote_list=remote_list, position="", size=500, create_lineage=False, now=timezone.now())
    ids = list(Asset.objects.listed().values_list("pk", flat=True))
    rebuild(account.owner_id, asset_ids=ids, clear_existing=True, now=timezone.now())
    return list(Asset.objects.order_by("pk"))


@pytest.fixture
def console(page: Page) -> list[str]:
    """The browser's complaints: script errors, and violations of the content security policy."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    return complaints


@pytest.fixture
def as_alice(page: Page, site: str) -> Page:
    """A page on which alice has signed in."""
    sign_in(page, site)
    return page


def sign_in(page: Page, site: str) -> None:
    """Sign alice in; the library comes up."""
    page.goto(f"{site}/accounts/sign-in/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/")


def allowing(policy: dict[str, Any], origin: str) -> dict[str, Any]:
    """A content security policy that also lets pictures and films come from an origin."""
    directives = policy["DIRECTIVES"]
    media = {name: [*directives[name], origin] for name in ("img-src", "media-src")}
    return {**policy, "DIRECTIVES": {**directives, **media}}
