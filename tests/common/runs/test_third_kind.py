"""A kind of run that is a model and a batch function starts, shows its card, cancels, resumes and survives a kill."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app

from common.runs import RunState, jobs, lifecycle
from common.runs.failure import INTERNAL
from common.runs.lease import Lease, RunEnded
from common.throttle import Clock
from tests.common.runs.counting import COUNTING, CountingRun
from tests.factories import NOW
from tests.journeys.walking import HTMX
from tests.worker.working import ROOT, Workers, clean_queue, environment, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def kind(transactional_db: None) -> Iterator[None]:
    """The kind, known to this process, with its table, for one test."""
    jobs.register(COUNTING)
    with connection.schema_editor() as editor:
        editor.create_model(CountingRun)
    with clean_queue():
        yield
    del jobs._kinds[CountingRun], jobs._tasks[CountingRun], app.tasks[COUNTING.task_name]
    with connection.schema_editor() as editor:
        editor.delete_model(CountingRun)


def a_run(owner: User, **fields: Any) -> CountingRun:
    return lifecycle.start(CountingRun(owner=owner, total_count=40, created_at=NOW, **fields))


def execute(run: CountingRun) -> None:
    jobs.execute(COUNTING, run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
    run.refresh_from_db()


def address(run: CountingRun, act: str = "") -> str:
    return f"/runs/counting/{run.pk}/{act}"


class TestExecution:
    def test_counts_to_the_end(self, alice: User) -> None:
        run = a_run(alice)

        execute(run)

        assert (run.state, run.done_count, run.cursor) == (RunState.SUCCEEDED, 40, 40)
        assert run.active_seconds > 0

    def test_stops_when_cancelled_and_continues_when_resumed(self, alice: User) -> None:
        run = a_run(alice)
        CountingRun._default_manager.update(state=RunState.RUNNING)
        lifecycle.cancel(run, now=NOW)
        execute(run)
        cancelled = (run.state, run.done_count)

        execute(lifecycle.resume(run))

        assert cancelled == (RunState.CANCELLED, 0)
        assert (run.state, run.done_count) == (RunState.SUCCEEDED, 40)

    def test_is_cancelled_and_not_paused_when_both_happen(self, alice: User) -> None:
        run = a_run(alice)
        lease = Lease.take(CountingRun, run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
        assert lease is not None
        lifecycle.cancel(run, now=NOW)

        with pytest.raises(RunEnded):
            lease.pause(3600, title="Rate limited", detail="Wait.")

        run.refresh_from_db()
        assert (run.state, run.continue_at) == (RunState.CANCELLED, None)

    def test_of_a_superseded_worker_does_not_stop_its_successor(self, alice: User) -> None:
        run = a_run(alice)
        clock = Clock(now=timezone.now, sleep=time.sleep)
        first = Lease.take(CountingRun, run.pk, clock=clock)
        second = Lease.take(CountingRun, run.pk, clock=clock)
        assert first is not None
        assert second is not None

        first.fail(INTERNAL)

        run.refresh_from_db()
        assert (run.state, run.execution, second.run.execution) == (RunState.RUNNING, 2, 2)

    def test_that_breaks_is_stopped_and_can_be_resumed(self, alice: User) -> None:
        run = a_run(alice)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE counting_countingrun ADD CONSTRAINT small CHECK (cursor < 20)")

        with pytest.raises(IntegrityError):
            execute(run)

        run.refresh_from_db()
        assert (run.state, run.done_count, run.error_code) == (RunState.FAILED, 10, "run_broke_down")
        assert run.is_resumable


class TestPages:
    def test_show_the_card_and_the_list(self, as_alice: Client, alice: User) -> None:
        run = a_run(alice, done_count=10, cursor=10)

        card = as_alice.get(address(run), headers=HTMX).content.decode()
        listed = as_alice.get("/runs/counting/").content.decode()

        assert "10 of 40 numbers done" in card
        assert 'hx-trigger="every 2s"' in card
        assert address(run) in listed
        assert "Countings" in as_alice.get("/runs/").content.decode()

    @pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
    def test_cancel_and_resume(self, as_alice: Client, alice: User, headers: dict[str, str]) -> None:
        run = a_run(alice)

        cancelled = as_alice.post(address(run, "cancel/"), headers=headers, follow=True).content.decode()
        resumed = as_alice.post(address(run, "resume/"), headers=headers, follow=True).content.decode()

        run.refresh_from_db()
        assert "Cancelled" in cancelled
        assert "Waiting for a worker" in resumed
        assert run.state == RunState.QUEUED

    @pytest.mark.parametrize(("method", "act"), [("get", ""), ("post", "cancel/"), ("post", "resume/")])
    def test_of_somebody_else_are_not_found(self, as_alice: Client, bob: User, method: str, act: str) -> None:
        run = a_run(bob)

        assert getattr(as_alice, method)(address(run, act)).status_code == 404

        run.refresh_from_db()
        assert run.state == RunState.QUEUED

    @pytest.mark.parametrize(("method", "act"), [("get", ""), ("post", "cancel/"), ("post", "resume/")])
    def test_send_a_visitor_to_sign_in(self, client: Client, alice: User, method: str, act: str) -> None:
        answer = getattr(client, method)(address(a_run(alice), act))

        assert answer.headers["Location"].startswith("/accounts/sign-in/?next=")

    @pytest.mark.parametrize("slug", ["sync", "rebuild", "nothing"])
    def test_of_kinds_with_own_addresses_and_of_none_are_not_found(self, as_alice: Client, slug: str) -> None:
        assert as_alice.get(f"/runs/{slug}/").status_code == 404


class TestAKilledWorker:
    @pytest.fixture
    def workers(self, tmp_path: Path) -> Iterator[Workers]:
        started = Workers(environment(private_host="127.0.0.1:9"), tmp_path / "workers.log")
        yield started
        started.end()

    def test_loses_nothing_and_does_nothing_twice(self, alice: User, workers: Workers) -> None:
        first = self._start(workers)
        with transaction.atomic():
            run = a_run(alice)
            jobs.enqueue(run)
        wait_until(lambda: self._cursor(run) >= 20, timeout_seconds=60, what="two batches are done")

        workers.kill(first)
        self._start(workers)
        wait_until(lambda: not self._is_open(run), timeout_seconds=60, what="the run has ended")

        run.refresh_from_db()
        assert (run.state, run.done_count, run.cursor) == (RunState.SUCCEEDED, 40, 40), workers.said()
        assert run.execution == 2

    def _start(self, workers: Workers) -> subprocess.Popen[bytes]:
        with workers.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.common.runs.counting_worker"],
                cwd=ROOT,
                env=dict(workers.environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        workers.processes.append(process)
        return process

    def _cursor(self, run: CountingRun) -> int:
        return CountingRun._default_manager.get(pk=run.pk).cursor

    def _is_open(self, run: CountingRun) -> bool:
        return CountingRun._default_manager.get(pk=run.pk).is_open
