"""Runs whose job ends before they do."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import OperationalError
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job

from assets.models import SyncRun
from assets.sync_runs.tasks import run_sync
from common.runs import RunState
from providers.models import ProviderAccount
from tests.assets.sync_runs import test_runner
from tests.assets.sync_runs.test_runner import ScriptedAdapter, begin

# A job closes old connections, which a test's own transaction would not survive.
pytestmark = pytest.mark.django_db(transaction=True)

script = test_runner.script
account = test_runner.account


def do(run: SyncRun, *, stopping: AbortReason | None = None) -> None:
    job = Job(**job_fields())
    run_sync(JobContext(app=app, job=job, abort_reason=lambda: stopping, start_timestamp=time.time()), run_id=run.pk)


def breaking(error: Exception) -> Any:
    def break_down() -> None:
        raise error

    return break_down


class TestRunSync:
    def test_fails_the_run_when_something_breaks_that_should_not(
        self, account: ProviderAccount, script: type[ScriptedAdapter]
    ) -> None:
        script.before_page = [lambda: None, breaking(KeyError("an unexpected error"))]
        run = begin(account)

        with pytest.raises(KeyError):
            do(run)

        run.refresh_from_db()
        assert (run.state, run.error_code) == (RunState.FAILED, "run_broke_down")

    def test_leaves_the_run_open_while_the_database_is_away(
        self, account: ProviderAccount, script: type[ScriptedAdapter]
    ) -> None:
        script.before_page = [breaking(OperationalError("the server closed the connection"))]
        run = begin(account)

        with pytest.raises(OperationalError) as raised:
            do(run)

        run.refresh_from_db()
        decision = run_sync.get_retry_exception(raised.value, Job(**job_fields()))
        assert (run.state, run.error_code) == (RunState.RUNNING, "")
        assert decision is not None

    def test_puts_the_run_down_when_the_worker_is_told_to_stop(self, account: ProviderAccount) -> None:
        run = begin(account)

        with pytest.raises(JobAborted) as raised:
            do(run, stopping=AbortReason.SHUTDOWN)

        run.refresh_from_db()
        assert run.state == RunState.RUNNING
        assert run_sync.get_retry_exception(raised.value, Job(**job_fields())) is not None


def job_fields() -> dict[str, Any]:
    return {
        "id": 1,
        "status": "doing",
        "queue": "default",
        "lock": None,
        "queueing_lock": None,
        "task_name": run_sync.name,
    }
