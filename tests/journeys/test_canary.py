"""Credentials appear nowhere in plain text: a known key is entered everywhere, then searched for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import NOW

KEY = "canary-key-0123456789-tweet"
WRONG_KEY = "canary-wrong-9876543210-tweet"
CANARIES = (KEY, WRONG_KEY)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(size=30, seed=1, access_key=KEY) as server:
        yield server


@pytest.fixture
def owner(settings: Any, sandbox: SandboxServer, db: None) -> User:
    settings.STEMMA_PRIVATE_HOSTS = [sandbox.url.removeprefix("http://")]
    return User.objects.create_superuser("alice", password="alice's password")


@pytest.fixture
def browser(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def connect(browser: Client, sandbox: SandboxServer, label: str, key: str) -> tuple[ProviderAccount, str]:
    answer = browser.post(
        "/api/v1/providers/pixverse/accounts",
        {"label": label, "base_url": sandbox.url, "credentials": {"access_key": key}},
        content_type="application/json",
    )
    assert answer.status_code == 201, answer.content
    return ProviderAccount.objects.get(label=label), answer.content.decode()


def walk(browser: Client, account: ProviderAccount) -> list[str]:
    """Return the responses of all pages and API routes of an account."""
    api = f"/api/v1/providers/pixverse/accounts/{account.pk}"
    steps = [
        browser.post(f"{api}/test", content_type="application/json"),
        browser.get(api),
        browser.get("/api/v1/providers/pixverse/accounts"),
        browser.get(f"{api}/sync-dry-run"),
        browser.post(f"{api}/sync-assets", {"mode": "both", "create_lineage": True}, content_type="application/json"),
        browser.get("/settings/providers/pixverse/"),
        browser.get(f"/settings/accounts/{account.pk}/"),
        browser.get("/"),
        browser.get("/api/v1/assets"),
        browser.get("/admin/providers/provideraccount/"),
        browser.get(f"/admin/providers/provideraccount/{account.pk}/change/"),
    ]
    return [f"{step.headers} {step.content.decode()}" for step in steps]


def dump() -> str:
    """Every row of every table as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        texts = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts)


class TestCredentials:
    def test_appear_nowhere_in_clear(
        self, browser: Client, sandbox: SandboxServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        good, connected = connect(browser, sandbox, "Good", KEY)
        bad, refused = connect(browser, sandbox, "Bad", WRONG_KEY)

        seen = [connected, refused, *walk(browser, good), *walk(browser, bad), dump(), caplog.text]

        assert len(dump()) > 10_000
        assert [text for text in seen for canary in CANARIES if canary in text] == []

    def test_are_sent_to_the_provider(self, browser: Client, sandbox: SandboxServer) -> None:
        good, _ = connect(browser, sandbox, "Good", KEY)

        answer = browser.post(f"/api/v1/providers/pixverse/accounts/{good.pk}/test", content_type="application/json")

        assert answer.status_code == 200

    def test_are_not_in_printed_output(self, browser: Client, sandbox: SandboxServer) -> None:
        good, _ = connect(browser, sandbox, "Good", KEY)

        shown = [repr(good), str(good), repr(vars(good))]

        assert [text for text in shown if KEY in text] == []

    def test_are_not_in_job_arguments(self, browser: Client, sandbox: SandboxServer) -> None:
        good, _ = connect(browser, sandbox, "Good", KEY)
        browser.post(
            "/api/v1/assets/lineage/refresh",
            {"asset_ids": list(range(1, 1200)), "clear_existing": True},
            content_type="application/json",
        )

        with connection.cursor() as cursor:
            cursor.execute("SELECT args::text FROM procrastinate_jobs")
            jobs = cursor.fetchall()

        assert good.created_at > NOW
        assert len(jobs) == 1
        assert KEY not in str(jobs)
