"""Tests of `manage.py import_library`."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from assets.models import Asset, SyncRun
from assets.sync_runs.runner import execute
from common.throttle import Clock
from lineage.models import LineageEdge
from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer


@pytest.fixture
def _working(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command waits while a worker works; here the work is done when it first waits."""
    settings.SYNC_REQUESTS_PER_SECOND = 0
    monkeypatch.setattr("time.sleep", lambda _seconds: work())


def work() -> None:
    for run in SyncRun.objects.filter(state="queued"):
        execute(run.pk, clock=Clock(now=timezone.now, sleep=lambda _seconds: None))


def told(*arguments: Any) -> str:
    said = StringIO()
    call_command("import_library", *arguments, stdout=said)
    return said.getvalue()


@pytest.mark.usefixtures("_working")
class TestImportLibrary:
    def test_imports_and_says_how_it_went(self, account: ProviderAccount) -> None:
        said = told(str(account.pk))

        assert "Done: 60 of 60 read" in said
        assert "60 new, 0 filled in, 0 already imported, 0 unreadable" in said
        assert Asset.objects.listed().count() == 60
        assert not LineageEdge.objects.exists()

    def test_scans_without_writing(self, account: ProviderAccount) -> None:
        said = told(str(account.pk), "--scan")

        assert "Done: 60 of 60 read" in said
        assert not Asset.objects.exists()

    def test_creates_lineage_when_asked(self, account: ProviderAccount) -> None:
        told(str(account.pk), "--create-lineage")

        assert LineageEdge.objects.exists()

    def test_fails_with_what_to_do_and_goes_on_later(self, account: ProviderAccount, sandbox: SandboxServer) -> None:
        sandbox.faults.add({"name": "auth_expired"})
        with pytest.raises(CommandError, match="does not accept this sign-in"):
            told(str(account.pk))
        sandbox.faults.clear()

        said = told(str(account.pk), "--resume")

        assert "Done: 60 of 60 read" in said
        assert SyncRun.objects.count() == 1


class TestStarting:
    def test_can_leave_it_to_the_worker(self, account: ProviderAccount) -> None:
        said = told(str(account.pk), "--no-wait", "--incremental")

        run = SyncRun.objects.get()
        assert f"Run {run.pk}" in said
        assert (run.state, run.mode) == ("queued", "incremental")
        assert ProcrastinateJob.objects.filter(args={"run_id": run.pk}).exists()

    def test_tells_of_an_open_run(self, account: ProviderAccount) -> None:
        told(str(account.pk), "--no-wait")

        with pytest.raises(CommandError, match="is running"):
            told(str(account.pk), "--no-wait")

    @pytest.mark.parametrize("arguments", [("999999",), ("999999", "--resume")], ids=str)
    def test_knows_no_such_account(self, db: None, arguments: tuple[str, ...]) -> None:
        with pytest.raises(CommandError, match="There is no account"):
            told(*arguments)

    def test_has_nothing_to_resume(self, account: ProviderAccount) -> None:
        with pytest.raises(CommandError, match="no run to resume"):
            told(str(account.pk), "--resume")
