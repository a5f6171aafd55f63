"""Tests of the web server while more heavy requests arrive than it has threads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.client import HTTPConnection

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from config.tokens import store
from tests.config.middleware.locking import locked
from tests.factories import AccountFactory, AssetFactory
from tests.providers.answering import AnsweringServer, envelope
from tests.server.conftest import HOST, STATEMENT_SECONDS, Browser, Servers

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "127.0.0.3"
MANY = 20
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def asset_id(transactional_db: None) -> int:
    asset_id: int = AssetFactory(owner=User.objects.create_user("owner")).pk
    return asset_id


def signed_in(servers: Servers, username: str) -> Browser:
    """A browser that is signed in as the owner of the assets or as somebody else."""
    client = Client()
    client.force_login(User.objects.get(username=username))
    return Browser(servers, HERE, {"sessionid": client.cookies["sessionid"].value})


@contextmanager
def asking(servers: Servers, browser: Browser, path: str, times: int) -> Iterator[list[HTTPConnection]]:
    """Requests that were sent and whose answers nobody has read yet."""
    headers = {"Host": HOST, "Cookie": f"sessionid={browser.cookies['sessionid']}", "X-Forwarded-Proto": "https"}
    asked = [HTTPConnection("127.0.0.1", servers.web_port, timeout=30) for _ in range(times)]
    for one in asked:
        one.request("GET", path, headers=headers)
    yield asked
    for one in asked:
        one.close()


def waiting_queries() -> int:
    """How many queries of the server wait for the table."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


def await_queries(*, at_least: int = 0, at_most: int = MANY) -> int:
    """Wait until so many queries wait, and return their number."""
    deadline = time.monotonic() + 10
    while not at_least <= (found := waiting_queries()) <= at_most and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


class TestHeavyRequests:
    def test_leave_threads_and_connections_for_all_others(self, servers: Servers, asset_id: int) -> None:
        browser = signed_in(servers, "owner")
        path = f"/assets/{asset_id}/origins/"

        with locked("lineage_lineageedge"), asking(servers, browser, path, MANY) as asked:
            waiting = await_queries(at_least=2)
            statuses = [browser.request("GET", f"/assets/{asset_id}/")[0].status for _ in range(5)]
            still_waiting = waiting_queries()
            answers = [one.getresponse() for one in asked]
            pages = [answer.read().decode() for answer in answers]

        # Two of one person in each of two processes. They wait from before the first page until after the last one.
        assert 2 <= waiting <= still_waiting <= 4
        assert statuses == [200] * 5
        assert {answer.status for answer in answers} == {503}
        slow = [page for page in pages if f"takes longer than {STATEMENT_SECONDS} s" in page]
        busy = [page for page in pages if "Several large searches" in page]
        assert len(slow) + len(busy) == MANY
        assert len(slow) >= 2
        assert len(busy) >= MANY // 2

    def test_end_when_the_browser_goes_away(self, servers: Servers, asset_id: int) -> None:
        browser = signed_in(servers, "owner")

        with locked("lineage_lineageedge"):
            with asking(servers, browser, f"/assets/{asset_id}/origins/", 1):
                before = await_queries(at_least=1)
            ended = await_queries(at_most=0)
            # The slot is free again.
            with asking(servers, browser, f"/assets/{asset_id}/origins/", 1):
                again = await_queries(at_least=1)

        assert (before, ended, again) == (1, 0, 1)


class TestSlowProvider:
    def test_leaves_threads_for_all_others(self, servers: Servers) -> None:
        owner = User.objects.create_user("owner")
        token = store.issue(owner, name="test", now=timezone.now()).token
        headers = {"Host": HOST, "Authorization": f"Bearer {token}"}
        with AnsweringServer(replace(envelope({"credits": 1}), delay_seconds=2)) as provider, ExitStack() as stack:
            account = AccountFactory(owner=owner, base_url=provider.url)
            asked = [HTTPConnection("127.0.0.1", servers.web_port, timeout=60) for _ in range(15)]
            for one in asked:
                stack.callback(one.close)
                one.request("POST", f"/api/v1/providers/pixverse/accounts/{account.pk}/test", headers=headers)
            browser = signed_in(servers, "owner")
            statuses = [browser.request("GET", "/")[0].status for _ in range(5)]
            answers = [(answer.status, answer.headers["Retry-After"]) for one in asked if (answer := one.getresponse())]

        assert statuses == [200] * 5
        # Two of one person in each of two processes, and one of each that waited for the first to end.
        assert sum(status != 503 for status, _ in answers) <= 6
        assert {told for status, told in answers if status == 503} == {"2"}
        assert not {status for status, _ in answers} & {500, 502, 504}
