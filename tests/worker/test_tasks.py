"""Nothing starts by itself: which jobs there are, which one is periodic, and what that one may do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob

from assets.models import RunKind, RunMode, SyncRun
from assets.sync_runs.start import start
from common.runs.jobs import enqueue, requeue_lost
from lineage.models import RebuildRun
from providers.models import ProviderAccount
from tests.factories import NOW, AccountFactory
from tests.worker.working import ROOT, Workers, clean_queue, pages, wait_until

RESCUE = "config.rescue_jobs"
STARTED_BY_A_PERSON = {"assets.run_sync", "lineage.run_rebuild"}


def run_of(account: ProviderAccount, **changes: Any) -> SyncRun:
    asked = {"kind": "import", "state": "running", "created_at": NOW, **changes}
    return SyncRun.objects.create(
        owner=account.owner, account=account, provider_id="pixverse", account_label="Sandbox", **asked
    )


def waiting() -> list[tuple[str, dict[str, Any]]]:
    rows = ProcrastinateJob.objects.filter(status="todo").order_by("pk")
    return [(job.task_name, job.args) for job in rows if job.task_name != RESCUE]


def rescue() -> None:
    """Do the periodic job once, as a worker does."""

    async def work() -> None:
        connector = cast(DjangoConnector, app.connector).get_worker_connector()
        async with app.with_connector(connector).open_async() as working:
            job_id = await working.tasks[RESCUE].configure().defer_async(timestamp=0)
            assert job_id
            await working.run_worker_async(queues=["rescue"], wait=False, listen_notify=False)

    # In a thread of its own: where browser tests have run before, this one's event loop is taken.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()


class TestTasks:
    def test_are_those_that_people_start_and_one_that_rescues(self) -> None:
        # procrastinate brings tasks of its own, which nothing here queues.
        ours = {name for name in app.tasks if not name.startswith(("builtin:", "procrastinate."))}

        assert ours == {*STARTED_BY_A_PERSON, RESCUE}

    def test_of_them_only_the_rescue_is_periodic(self) -> None:
        periodic = {entry.task.name for entry in app.periodic_registry.periodic_tasks.values()}

        assert periodic == {RESCUE}

    def test_looks_for_jobs_to_rescue_every_15_seconds(self) -> None:
        rescues = next(iter(app.periodic_registry.periodic_tasks.values())).croniter

        ticks = [rescues.get_next(float, start_time=start) for start in (0, 15, 7_230, 7_245)]

        assert ticks == [15, 30, 7_245, 7_260]


@pytest.mark.django_db(transaction=True)
class TestNothing:
    def test_is_queued_by_migrating_or_by_setting_up(self, workers: Workers) -> None:
        call_command("migrate", verbosity=0)
        setting_up = "import django; django.setup()"
        subprocess.run([sys.executable, "-c", setting_up], cwd=ROOT, env=dict(workers.environment), check=True)

        assert not ProcrastinateJob.objects.exists()

    def test_is_begun_by_a_worker_that_starts(self, workers: Workers, account: ProviderAccount) -> None:
        done = run_of(account, state="succeeded", finished_at=NOW)
        workers.environment = {**workers.environment, "WORKER_HEARTBEAT_SECONDS": "2"}
        workers.start()

        wait_until(
            lambda: ProcrastinateJob.objects.filter(task_name=RESCUE, status="succeeded").count() >= 2,
            timeout_seconds=30,
            what="the worker has looked for jobs to rescue, twice",
        )

        assert not ProcrastinateJob.objects.exclude(task_name=RESCUE).exists()
        assert list(SyncRun.objects.all()) == [done]
        assert not RebuildRun.objects.exists()
        assert pages(done) == 0

    def test_is_named_by_a_receiver_of_djangos_signals(self) -> None:
        sources = [path for app_name in ("assets", "lineage", "providers", "config") for path in code_of(app_name)]

        enqueuing = {path.relative_to(ROOT).as_posix() for path in sources if "enqueue(" in path.read_text()}

        # Doors, where a person asks; and the tasks themselves, which go on with what a person asked for.
        assert enqueuing <= DOORS | {"assets/sync_runs/tasks.py", "lineage/rebuild/tasks.py", "config/tasks.py"}


DOORS = {
    "assets/admin.py",
    "assets/sync_runs/api.py",
    "assets/sync_runs/views.py",
    "assets/management/commands/import_library.py",
    "lineage/admin.py",
    "lineage/rebuild/api.py",
    "lineage/rebuild/run_views.py",
    "lineage/management/commands/rebuild_lineage.py",
}


def code_of(app_name: str) -> list[Path]:
    return sorted((ROOT / app_name).rglob("*.py"))


@pytest.mark.django_db(transaction=True)
class TestRescue:
    @pytest.fixture(autouse=True)
    def _queue(self) -> Any:
        with clean_queue():
            yield

    def test_queues_the_jobs_of_a_dead_worker_again(self) -> None:
        enqueue(run_of(AccountFactory()))
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"
            )
            worker_id = cursor.fetchone()[0]
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker_id])

        rescue()

        job = ProcrastinateJob.objects.get(task_name="assets.run_sync")
        assert (job.status, job.attempts) == ("todo", 1)

    def test_leaves_no_trace_of_itself_for_long(self) -> None:
        enqueue(run_of(AccountFactory(), state="cancelled"))
        rescue()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'todo'")
            cursor.execute("UPDATE procrastinate_events SET at = at - interval '2 hours'")
        old_ids = list(ProcrastinateJob.objects.filter(task_name=RESCUE).values_list("pk", flat=True))

        rescue()

        assert old_ids
        assert not ProcrastinateJob.objects.filter(pk__in=old_ids).exists()
        assert ProcrastinateJob.objects.filter(task_name="assets.run_sync").count() == 1

    def test_leaves_living_workers_and_finished_runs_alone(self) -> None:
        account = AccountFactory()
        run_of(account, state="failed", finished_at=NOW)
        run_of(account, state="cancelled", finished_at=NOW)
        run_of(account, state="succeeded", finished_at=NOW)

        rescue()

        assert not ProcrastinateJob.objects.exclude(task_name=RESCUE).exists()


@pytest.mark.django_db(transaction=True)
class TestAJobOfTheVersionBefore:
    """Rows of the queue as the version with two run engines wrote them."""

    @pytest.fixture(autouse=True)
    def _queue(self) -> Any:
        with clean_queue():
            yield

    def test_does_its_scan(self, account: ProviderAccount, workers: Workers) -> None:
        run = start(account, kind=RunKind.SCAN, mode=RunMode.FULL, now=timezone.now())
        self._queue_job("assets.run_sync", f"library-of-account-{account.pk}", run.pk)

        workers.start()
        wait_until(lambda: not SyncRun.objects.get(pk=run.pk).is_open, timeout_seconds=60, what="the scan has ended")

        run.refresh_from_db()
        assert (run.state, run.counts) == ("succeeded", (600, 600))

    def test_does_its_rebuild(self, workers: Workers) -> None:
        owner = AccountFactory().owner
        run = RebuildRun.objects.create(owner=owner, total_count=0, created_at=NOW)
        self._queue_job("lineage.run_rebuild", f"lineage-of-owner-{owner.pk}", run.pk)

        workers.start()
        wait_until(lambda: not RebuildRun.objects.get(pk=run.pk).is_open, timeout_seconds=60, what="it has ended")

        run.refresh_from_db()
        assert run.state == "succeeded"

    def _queue_job(self, task_name: str, lock: str, run_id: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args, status) "
                "VALUES ('default', %s, 0, %s, %s, 'todo')",
                [task_name, lock, json.dumps({"run_id": run_id})],
            )


@pytest.mark.django_db(transaction=True)
class TestTakeUpLost:
    @pytest.fixture(autouse=True)
    def _queue(self) -> Any:
        with clean_queue():
            yield

    @pytest.mark.parametrize("state", ["queued", "running"])
    def test_queues_an_open_run_without_a_job(self, state: str) -> None:
        run = run_of(AccountFactory(), state=state)

        taken_up = requeue_lost()

        assert taken_up == [f"Sync run {run.pk}"]
        assert waiting() == [("assets.run_sync", {"run_id": run.pk})]

    def test_leaves_one_with_a_job_alone(self) -> None:
        enqueue(run_of(AccountFactory()))

        assert requeue_lost() == []
        assert len(waiting()) == 1

    def test_lets_a_resting_one_rest(self) -> None:
        later = timezone.now() + timedelta(minutes=3)
        run_of(AccountFactory(), continue_at=later)

        requeue_lost()

        assert ProcrastinateJob.objects.get().scheduled_at == later


@pytest.mark.django_db(transaction=True)
class TestTakeUpLostRebuilds:
    @pytest.fixture(autouse=True)
    def _queue(self) -> Any:
        with clean_queue():
            yield

    @pytest.mark.parametrize("state", ["queued", "running"])
    def test_is_done_by_the_rescue(self, state: str) -> None:
        run = RebuildRun.objects.create(owner=AccountFactory().owner, state=state, created_at=NOW)

        rescue()

        assert waiting() == [("lineage.run_rebuild", {"run_id": run.pk})]

    def test_leaves_one_with_a_job_alone(self) -> None:
        enqueue(RebuildRun.objects.create(owner=AccountFactory().owner, created_at=NOW))

        assert requeue_lost() == []
        assert len(waiting()) == 1

    @pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
    def test_leaves_one_that_is_over_alone(self, state: str) -> None:
        RebuildRun.objects.create(owner=AccountFactory().owner, state=state, created_at=NOW)

        assert requeue_lost() == []


@pytest.mark.django_db(transaction=True)
class TestEnqueue:
    @pytest.fixture(autouse=True)
    def _queue(self) -> Any:
        with clean_queue():
            yield

    def test_takes_the_place_of_what_an_earlier_run_left_waiting(self) -> None:
        account = AccountFactory()
        enqueue(run_of(account, state="cancelled"), at=timezone.now() + timedelta(minutes=3))
        run = run_of(account)

        enqueue(run)

        assert waiting() == [("assets.run_sync", {"run_id": run.pk})]

    def test_leaves_other_accounts_alone(self) -> None:
        enqueue(run_of(AccountFactory()))
        enqueue(run_of(AccountFactory()))

        assert len(waiting()) == 2
