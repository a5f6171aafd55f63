"""Import or scan an account's whole library from the terminal."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from assets.models import RunKind, RunMode, SyncRun
from assets.sync.by_id import import_by_id
from assets.sync_runs.progress import summarize
from assets.sync_runs.start import start
from common.runs import lifecycle
from common.runs.jobs import enqueue
from common.runs.terminal import follow, raise_failure
from common.throttle import Clock
from providers.errors import AccountDisabled, ProviderError, UnsupportedOperation
from providers.models import ProviderAccount


class Command(BaseCommand):
    """Start a run as the page does, and show the progress of the worker."""

    help = "Import an account's whole library in the worker, and show the progress."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the account and the options of the run."""
        parser.add_argument("account", type=int, help="the account's ID, as in the URL of Provider Settings")
        parser.add_argument("--scan", action="store_true", help="only compare; write nothing in the library")
        parser.add_argument("--incremental", action="store_true", help="stop at the first page without new items")
        parser.add_argument("--create-lineage", action="store_true", help="build the lineage of imported assets")
        parser.add_argument(
            "--id", action="append", default=[], dest="ids", help="import only the item with this ID; repeatable"
        )
        parser.add_argument(
            "--restore", "--bring-back", action="store_true", help="with --id: also restore deleted items"
        )
        parser.add_argument("--resume", action="store_true", help="resume the account's last run")
        parser.add_argument("--no-wait", action="store_true", help="start the run and exit")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start the run, then follow it."""
        account = ProviderAccount.objects.filter(pk=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account {options['account']}.")
        if options["ids"]:
            self._import_by_id(account, options)
            return
        run = self._resumed(account) if options["resume"] else self._started(account, options)
        self.stdout.write(f"Run {run.pk}: {run.get_kind_display().lower()} of {account}.")
        if not options["no_wait"]:
            self._follow(run)

    def _import_by_id(self, account: ProviderAccount, options: dict[str, Any]) -> None:
        try:
            report = import_by_id(
                account,
                options["ids"],
                create_lineage=options["create_lineage"],
                restore=options["restore"],
                clock=Clock(now=timezone.now, sleep=time.sleep),
            )
        except (ProviderError, AccountDisabled, ValueError) as error:
            raise CommandError(str(error)) from error
        for item in report.items:
            self.stdout.write(
                f"{item.provider_asset_id}: {item.outcome.value.replace('_', ' ')}. {item.reason}".strip()
            )
        if report.stopped_by is not None:
            raise CommandError(f"Stopped early: {report.stopped_by}")

    def _started(self, account: ProviderAccount, options: dict[str, Any]) -> SyncRun:
        kind = RunKind.SCAN if options["scan"] else RunKind.IMPORT
        mode = RunMode.INCREMENTAL if options["incremental"] else RunMode.FULL
        try:
            with transaction.atomic():
                run = start(account, kind=kind, mode=mode, create_lineage=options["create_lineage"], now=timezone.now())
                enqueue(run)
        except (lifecycle.AlreadyRunning, UnsupportedOperation) as error:
            raise CommandError(str(error)) from error
        return run

    def _resumed(self, account: ProviderAccount) -> SyncRun:
        last = SyncRun.objects.filter(account=account).order_by("-created_at", "-pk").first()
        if last is None:
            raise CommandError("This account has no run to resume.")
        try:
            with transaction.atomic():
                run = lifecycle.resume(last)
                enqueue(run)
        except (lifecycle.AlreadyRunning, lifecycle.NotResumable) as error:
            raise CommandError(str(error)) from error
        return run

    def _follow(self, run: SyncRun) -> None:
        def sentence() -> str:
            return summarize(run, now=timezone.now()).sentence

        if follow(run, sentence=sentence, write=self.stdout.write):
            self.stdout.write(sentence())
            raise_failure(run)
