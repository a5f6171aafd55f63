"""Tests of whole-library runs over the JSON API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from assets.models import SyncList, SyncProblem, SyncRun
from assets.sync_runs.runner import execute
from common.throttle import Clock
from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer

RUNS = "/api/v1/sync-runs"


@pytest.fixture(autouse=True)
def _at_full_speed(settings: Any) -> None:
    settings.SYNC_REQUESTS_PER_SECOND = 0


def address(account: ProviderAccount) -> str:
    return f"/api/v1/providers/pixverse/accounts/{account.pk}/sync-runs"


def post(client: Client, where: str, **body: Any) -> tuple[int, Any]:
    answer = client.post(where, body, content_type="application/json")
    return answer.status_code, answer.json()


def work(run_id: int) -> None:
    execute(run_id, clock=Clock(now=timezone.now, sleep=lambda _seconds: None))


class TestStarting:
    def test_answers_with_the_run_and_queues_it(self, as_alice: Client, account: ProviderAccount) -> None:
        status, run = post(as_alice, address(account), kind="scan", mode="incremental")

        assert status == 202
        assert (run["kind"], run["mode"], run["state"], run["is_open"]) == ("scan", "incremental", "queued", True)
        assert ProcrastinateJob.objects.filter(task_name="assets.run_sync", args={"run_id": run["id"]}).count() == 1

    def test_imports_everything_unless_told_otherwise(self, as_alice: Client, account: ProviderAccount) -> None:
        _, run = post(as_alice, address(account))

        assert (run["kind"], run["mode"], run["create_lineage"]) == ("import", "full", False)

    def test_tells_the_second_which_run_is_open(self, as_alice: Client, account: ProviderAccount) -> None:
        _, run = post(as_alice, address(account))

        status, problem = post(as_alice, address(account), kind="scan")

        assert (status, problem["code"], problem["run_id"]) == (409, "already_running", run["id"])
        assert SyncRun.objects.count() == 1

    @pytest.mark.parametrize("body", [{"kind": "x"}, {"mode": ""}, {"create_lineage": "perhaps"}, {"x": 1}], ids=str)
    def test_refuses_nonsense(self, as_alice: Client, account: ProviderAccount, body: dict[str, Any]) -> None:
        assert post(as_alice, address(account), **body)[0] == 422

    def test_refuses_a_disabled_account(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        ProviderAccount.objects.update(is_enabled=False)

        status, problem = post(as_alice, address(account))

        assert (status, problem["code"]) == (409, "account_disabled")
        assert sandbox.requests == []


class TestWatching:
    def test_tells_counts_that_are_the_providers_own(self, as_alice: Client, account: ProviderAccount) -> None:
        _, started = post(as_alice, address(account))
        work(started["id"])

        run = as_alice.get(f"{RUNS}/{started['id']}").json()

        assert (run["state"], run["created"], run["invalid"], run["fraction"]) == ("succeeded", 60, 0, 1.0)
        assert sum(part["seen"] for part in run["lists"]) == run["seen"] == 60
        assert run["error"] is None

    def test_tells_what_stopped_it(self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer) -> None:
        sandbox.faults.add({"name": "auth_expired"})
        _, started = post(as_alice, address(account))
        work(started["id"])

        run = as_alice.get(f"{RUNS}/{started['id']}").json()

        assert (run["state"], run["is_resumable"]) == ("failed", True)
        assert run["error"]["code"] == "provider_authentication"
        assert run["error"]["next_step"]

    def test_lists_the_newest_first(self, as_alice: Client, account: ProviderAccount) -> None:
        _, older = post(as_alice, address(account))
        post(as_alice, f"{RUNS}/{older['id']}/cancel")
        _, newer = post(as_alice, address(account))

        listed = as_alice.get(address(account), {"limit": 1}).json()

        assert [run["id"] for run in listed["items"]] == [newer["id"]]
        assert (listed["total"], listed["limit"], listed["offset"]) == (2, 1, 0)

    @pytest.mark.parametrize("count", [1, 7])
    def test_lists_by_the_same_number_of_queries(
        self, as_alice: Client, account: ProviderAccount, django_assert_num_queries: Any, count: int
    ) -> None:
        for _ in range(count):
            _, run = post(as_alice, address(account))
            post(as_alice, f"{RUNS}/{run['id']}/cancel")

        with django_assert_num_queries(6):
            as_alice.get(address(account))

    def test_lists_what_could_not_be_taken_in(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add({"name": "malformed_item", "times": 1})
        _, started = post(as_alice, address(account))
        work(started["id"])

        (problem,) = as_alice.get(f"{RUNS}/{started['id']}/problems").json()["items"]

        assert problem["reason"]
        assert problem["payload"] == SyncProblem.objects.get().payload
        assert problem["list"] == SyncList.objects.get(invalid=1).list_key

    def test_reads_what_could_not_be_taken_in_once_more(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add({"name": "malformed_item", "times": 1})
        _, started = post(as_alice, address(account))
        work(started["id"])

        told = post(as_alice, f"{RUNS}/{started['id']}/problems/retry")

        assert told == (200, {"resolved": 0, "left": 1})


class TestSteering:
    def test_cancels_and_goes_on(self, as_alice: Client, account: ProviderAccount) -> None:
        _, run = post(as_alice, address(account))

        _, cancelled = post(as_alice, f"{RUNS}/{run['id']}/cancel")
        status, resumed = post(as_alice, f"{RUNS}/{run['id']}/resume")
        work(run["id"])

        assert (cancelled["state"], status, resumed["state"]) == ("cancelled", 202, "queued")
        assert as_alice.get(f"{RUNS}/{run['id']}").json()["created"] == 60

    def test_does_not_go_on_with_what_is_over(self, as_alice: Client, account: ProviderAccount) -> None:
        _, run = post(as_alice, address(account))
        work(run["id"])

        status, problem = post(as_alice, f"{RUNS}/{run['id']}/resume")

        assert (status, problem["code"]) == (409, "not_resumable")

    def test_is_the_owners_alone(self, as_alice: Client, account: ProviderAccount, bob: User) -> None:
        _, run = post(as_alice, address(account))
        as_alice.force_login(bob)

        assert as_alice.get(f"{RUNS}/{run['id']}").status_code == 404
        assert post(as_alice, f"{RUNS}/{run['id']}/cancel")[0] == 404
        assert SyncRun.objects.get().state == "queued"
