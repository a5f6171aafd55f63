"""Runs continue after a worker was killed, stopped or doubled, and after a new sign-in of the account."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.utils import timezone

from assets.models import Asset, RunKind, RunMode, SyncRun
from assets.sync_runs import runner
from assets.sync_runs.start import start
from common.runs import RunState
from common.throttle import Clock
from providers import accounts
from providers.models import AccountState, ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.worker.conftest import SLOW
from tests.worker.working import Workers, begin, pages, resume, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def has_ended(run: SyncRun) -> bool:
    run.refresh_from_db()
    return not run.is_open


def requests(sandbox: SandboxServer) -> int:
    """Count the requests for pages of lists."""
    return sum("/list" in request["path"] for request in sandbox.requests)


def here() -> list[str]:
    """The ids of everything that was imported, each as often as it is here."""
    return sorted(Asset.objects.filter(is_stub=False).values_list("provider_asset_id", flat=True))


def there(sandbox: SandboxServer) -> list[str]:
    """The ids of everything the provider lists."""
    return sorted(item["id"] for item in sandbox.library.describe(0, None))


@pytest.fixture
def undisturbed(account: ProviderAccount, workers: Workers, sandbox: SandboxServer, settings: Any) -> int:
    """Count the requests of an undisturbed import; the library is emptied afterwards."""
    settings.SYNC_REQUESTS_PER_SECOND = 0
    sandbox.faults.clear()
    run = start(account, kind=RunKind.IMPORT, mode=RunMode.FULL, now=timezone.now())
    runner.execute(run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
    Asset.objects.all().delete()
    sandbox.faults.add(SLOW)
    return requests(sandbox)


class TestRun:
    @pytest.mark.parametrize(
        "heartbeat_seconds", ["2", pytest.param("10", marks=pytest.mark.soak)], ids=["hasty", "as it is by default"]
    )
    def test_goes_on_when_its_worker_is_killed(
        self,
        account: ProviderAccount,
        workers: Workers,
        sandbox: SandboxServer,
        undisturbed: int,
        heartbeat_seconds: str,
    ) -> None:
        workers.environment = {**workers.environment, "WORKER_HEARTBEAT_SECONDS": heartbeat_seconds}
        first = workers.start()
        run = begin(account)
        wait_until(lambda: pages(run) >= 3, timeout_seconds=30, what="three pages are stored")
        workers.kill(first)
        stored = pages(run)

        workers.start()
        silent_seconds = wait_until(lambda: pages(run) > stored, timeout_seconds=60, what="another page is stored")
        wait_until(lambda: has_ended(run), timeout_seconds=60, what="the run has ended")

        print(f"It went on after {silent_seconds:.1f} seconds.")  # noqa: T201
        assert (run.state, run.execution) == (RunState.SUCCEEDED, 2)
        assert here() == there(sandbox)
        assert requests(sandbox) - undisturbed <= undisturbed + 1

    def test_is_put_down_by_a_worker_that_is_told_to_stop(
        self, account: ProviderAccount, workers: Workers, sandbox: SandboxServer, undisturbed: int
    ) -> None:
        first = workers.start()
        run = begin(account)
        wait_until(lambda: pages(run) >= 3, timeout_seconds=30, what="three pages are stored")
        first.terminate()
        code = first.wait(10)
        put_down = pages(run)

        workers.start()
        wait_until(lambda: has_ended(run), timeout_seconds=60, what="the run has ended")

        assert code == 0
        assert put_down < pages(run)
        assert (run.state, run.execution) == (RunState.SUCCEEDED, 2)
        assert here() == there(sandbox)
        assert 2 * undisturbed <= requests(sandbox) <= 2 * undisturbed + 1

    def test_runs_once_on_two_workers(
        self, account: ProviderAccount, workers: Workers, sandbox: SandboxServer, undisturbed: int
    ) -> None:
        workers.start()
        workers.start()

        run = begin(account)
        wait_until(lambda: has_ended(run), timeout_seconds=60, what="the run has ended")

        assert (run.state, run.execution) == (RunState.SUCCEEDED, 1)
        assert here() == there(sandbox)
        assert requests(sandbox) == 2 * undisturbed

    def test_goes_on_after_a_new_sign_in(
        self, account: ProviderAccount, workers: Workers, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add("auth_expired:after=4")
        workers.start()
        run = begin(account)
        wait_until(lambda: has_ended(run), timeout_seconds=30, what="the run has stopped")
        account.refresh_from_db()
        stopped = (run.state, run.error_code, account.state)
        next_step, stored = run.error_next_step, pages(run)

        sandbox.faults.clear("auth_expired")
        new: dict[str, Any] = {"access_key": sandbox.access_key}
        accounts.update(account, credentials=new, now=timezone.now())
        resume(run)
        wait_until(lambda: has_ended(run), timeout_seconds=60, what="the run has ended")

        assert stopped == (RunState.FAILED, "provider_authentication", AccountState.NEEDS_SIGN_IN)
        assert "access key or token" in next_step
        assert 0 < stored < pages(run)
        assert (run.state, run.error_code) == (RunState.SUCCEEDED, "")
        assert here() == there(sandbox)
