"""Tests of the memory of the web server and of a worker under hostile answers of a provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assets.models import SyncRun
from config.tokens import store
from providers.credentials.sealing import seal
from providers.models import ProviderAccount
from tests.factories import AccountFactory
from tests.server.conftest import HOST, Servers
from tests.server.hostile import ANSWERS, HostileServer
from tests.server.memory import MEBIBYTE, children_of, forget_peak, peak_bytes
from tests.worker.working import Workers, begin, clean_queue, environment, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PEAK_MAX = 300 * MEBIBYTE
AT_ONCE = 2


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


@pytest.fixture
def account(transactional_db: None, hostile: HostileServer) -> ProviderAccount:
    owner = User.objects.create_user("owner")
    sealed = seal({"access_key": "a-test-access-key"})
    account: ProviderAccount = AccountFactory(owner=owner, base_url=hostile.url, sealed_credentials=sealed)
    return account


class TestWebServer:
    def test_stays_small_and_answers(self, servers: Servers, hostile: HostileServer, account: ProviderAccount) -> None:
        token = store.issue(account.owner, name="test", now=timezone.now()).token
        address = f"/api/v1/providers/pixverse/accounts/{account.pk}"
        asked = [("GET", f"{address}/sync-dry-run?limit=50"), ("POST", f"{address}/test")]

        def ask(method: str, path: str) -> tuple[int, str]:
            connection = HTTPConnection("127.0.0.1", servers.web_port, timeout=60)
            connection.request(method, path, headers={"Host": HOST, "Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            document = json.loads(answer.read())
            connection.close()
            return answer.status, document.get("code", "")

        found = {}
        for pid in children_of(servers.web_pid):
            forget_peak(pid)
        for name in ANSWERS:
            hostile.answer = name
            with ThreadPoolExecutor(AT_ONCE) as pool:
                answers = list(pool.map(lambda request: ask(*request), asked))
            peak = max(peak_bytes(pid) for pid in children_of(servers.web_pid))
            found[name] = (peak // MEBIBYTE, answers)

        assert {name: peak for name, (peak, _) in found.items() if peak * MEBIBYTE > PEAK_MAX} == {}
        codes = {name: {code for _, code in answers} for name, (_, answers) in found.items()}
        assert {name: code for name, code in codes.items() if not code <= {"provider_protocol", ""}} == {}
        assert hostile.requests >= len(ANSWERS)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["many rows, gzipped", "long texts within bounds"], id="some"),
        pytest.param(list(ANSWERS), id="all", marks=pytest.mark.soak),
    ],
)
class TestWorker:
    def test_stays_small(
        self, hostile: HostileServer, account: ProviderAccount, tmp_path: Path, names: list[str]
    ) -> None:
        with clean_queue():
            workers = Workers(environment(private_host="127.0.0.1"), tmp_path / "workers.log")
            worker = workers.start()
            try:
                peaks = {name: self._peak_of_run(name, hostile, account, worker.pid) for name in names}
            finally:
                workers.end()

        assert {name: peak // MEBIBYTE for name, peak in peaks.items() if peak > PEAK_MAX} == {}

    def _peak_of_run(self, name: str, hostile: HostileServer, account: ProviderAccount, pid: int) -> int:
        hostile.answer = name
        before = hostile.requests
        run = begin(account)
        wait_until(lambda: hostile.requests > before, timeout_seconds=30, what=f"{name} is asked for")
        wait_until(lambda: self._has_met_it(run), timeout_seconds=30, what=f"{name} was met")
        SyncRun.objects.filter(pk=run.pk).update(state="cancelled", finished_at=timezone.now())
        return peak_bytes(pid)

    def _has_met_it(self, run: SyncRun) -> bool:
        run.refresh_from_db()
        return run.continue_at is not None or not run.is_open
