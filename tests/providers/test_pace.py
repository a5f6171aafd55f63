"""Tests of the limits of requests to providers that a person waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from common.load import slots as module
from common.throttle import Clock
from providers.errors import RateLimited
from providers.models import ProviderAccount
from providers.pace import limited_turn, slots
from providers.sandbox.server.server import SandboxServer


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All slots are held by others."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)
    with ExitStack() as stack:
        for number in range(slots().total):
            stack.enter_context(slots().held(f"other {number}"))
        yield


class TestSlots:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("post", "test"),
            ("get", "sync-dry-run"),
            ("post", "sync-assets"),
            ("post", "import-by-id"),
            ("post", "drift"),
        ],
    )
    def test_are_needed_by_every_route_that_asks_a_provider(
        self, as_alice: Client, account: ProviderAccount, full: None, method: str, path: str
    ) -> None:
        body = {"ids": ["1"]} if path == "import-by-id" else {}
        address = f"/api/v1/providers/pixverse/accounts/{account.pk}/{path}"
        answer = getattr(as_alice, method)(address, **({} if method == "get" else _json(body)))

        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert answer.headers["Retry-After"] == "2"

    def test_are_needed_by_pages(self, as_alice: Client, account: ProviderAccount, full: None) -> None:
        answer = as_alice.post(f"/settings/accounts/{account.pk}/test/", headers={"HX-Request": "true"})

        assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")

    def test_that_are_missing_do_not_lose_a_new_account(
        self, as_alice: Client, sandbox: SandboxServer, full: None
    ) -> None:
        form = {"label": "New", "base_url": sandbox.url, "credential_access_key": sandbox.access_key}
        page = as_alice.post("/settings/providers/pixverse/accounts/new/", form, follow=True)

        assert page.status_code == 200
        assert "was not tested" in page.content.decode()
        assert ProviderAccount.objects.filter(label="New").exists()


class TestTurn:
    def test_is_waited_for_until_the_patience_ends(self, settings: Settings) -> None:
        settings.SYNC_REQUESTS_PER_SECOND = 1
        now = timezone.now()
        slept: list[float] = []

        def read() -> datetime:
            return now + timedelta(seconds=sum(slept))

        turn = limited_turn(ProviderAccount(), Clock(now=read, sleep=slept.append, patience_seconds=3))
        for _ in range(4):
            turn()
        with pytest.raises(RateLimited) as refused:
            turn()

        assert slept == [1, 1, 1]
        assert refused.value.retry_after_seconds == 1

    def test_leaves_the_rest_of_an_import_by_id(
        self, as_alice: Client, account: ProviderAccount, settings: Settings
    ) -> None:
        settings.SYNC_REQUESTS_PER_SECOND = 1
        settings.PROVIDER_WAIT_SECONDS_MAX = 0
        address = f"/api/v1/providers/pixverse/accounts/{account.pk}/import-by-id"
        answer = as_alice.post(address, **_json({"ids": ["1", "2", "3"], "media_type": "video"}))

        assert answer.status_code == 200
        assert [item["outcome"] for item in answer.json()["items"]] == ["not_found", "not_asked", "not_asked"]
        assert "request rate" in answer.json()["stopped_by"]

    def test_refuses_a_window_with_the_time_to_wait(
        self, as_alice: Client, account: ProviderAccount, settings: Settings
    ) -> None:
        settings.SYNC_REQUESTS_PER_SECOND = 1
        settings.PROVIDER_WAIT_SECONDS_MAX = 0
        answer = as_alice.get(f"/api/v1/providers/pixverse/accounts/{account.pk}/sync-dry-run")

        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


def _json(body: Mapping[str, object]) -> dict[str, Any]:
    return {"data": body, "content_type": "application/json"}
