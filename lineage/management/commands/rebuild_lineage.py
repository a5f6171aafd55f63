"""Rebuild a library's lineage from the terminal, or preview it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from assets.models import Asset
from common.runs import lifecycle
from common.runs.jobs import enqueue
from common.runs.terminal import follow, raise_failure
from lineage.models import RebuildMode, RebuildRun
from lineage.rebuild.presenters import FindingRow, rows_of, sentence
from lineage.rebuild.start import start
from lineage.rebuild.tasks import begin
from providers.registry import provider_ids

FINDINGS_SHOWN_MAX = 1_000
WIDTH_MAX = 60


class Command(BaseCommand):
    """Start a run like the page does, and print its progress and results; the worker executes long runs."""

    help = (
        "Rebuild the lineage of an owner's library from the stored payloads, or with --preview only list the changes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the owner, the part of the library, and the options."""
        parser.add_argument("owner", help="the owner's username")
        parser.add_argument("--provider", default="", choices=["", *provider_ids()], help="only this provider's assets")
        parser.add_argument("--asset", type=int, action="append", help="only this asset; can be repeated")
        parser.add_argument("--keep-existing", action="store_true", help="only add links, remove none")
        parser.add_argument(
            "--preview", action="store_true", help="write nothing, list the links that would be added and removed"
        )
        parser.add_argument("--resume", action="store_true", help="resume the owner's last run")
        parser.add_argument("--no-wait", action="store_true", help="start the run and return")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start or resume a run, follow it, and print its results."""
        owner = User.objects.filter(username=options["owner"]).first()
        if owner is None:
            raise CommandError(f"There is no user {options['owner']}.")
        try:
            run = self._resumed(owner) if options["resume"] else self._begun(owner, options)
        except (lifecycle.AlreadyRunning, lifecycle.NotResumable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{run}: {run.total_count:,} assets of {owner.get_username()}.")
        if not options["no_wait"]:
            self._follow(run)

    def _begun(self, owner: User, options: dict[str, Any]) -> RebuildRun:
        return begin(
            lambda: start(
                owner.pk,
                mode=RebuildMode.PREVIEW if options["preview"] else RebuildMode.REBUILD,
                provider_id=options["provider"],
                asset_ids=options["asset"],
                clear_existing=not options["keep_existing"],
                now=timezone.now(),
            )
        )

    def _resumed(self, owner: User) -> RebuildRun:
        last = RebuildRun.objects.filter(owner=owner).defer("asset_ids").order_by("-created_at", "-pk").first()
        if last is None:
            raise CommandError("This owner has no run to resume.")
        with transaction.atomic():
            run = lifecycle.resume(last)
            enqueue(run)
        return run

    def _follow(self, run: RebuildRun) -> None:
        def line() -> str:
            return sentence(run, now=timezone.now())

        if not follow(run, sentence=line, write=self.stdout.write):
            return
        findings = run.findings.order_by("-is_changed", "asset_id", "pk")
        for row in rows_of(findings[:FINDINGS_SHOWN_MAX], owner_id=run.owner_id):
            self._print(row)
        if (left := findings.count() - FINDINGS_SHOWN_MAX) > 0:
            self.stdout.write(f"… and {left:,} more assets; the run's page lists them all.")
        self.stdout.write(line())
        raise_failure(run)

    def _print(self, row: FindingRow) -> None:
        note = f"  {row.status}" if row.finding.status != "ok" else ""
        reason = f"  {row.finding.reason}" if row.finding.reason else ""
        counts = f"+{row.finding.added} -{row.finding.removed} ={row.finding.unchanged}"
        self.stdout.write(f"asset {row.finding.asset_id}  {counts}{note}{reason}  {_short(_words(row.asset))}")
        for line in row.lines:
            parent = line.parent["asset_id"] or "new"
            words = _short(line.parent["description"] or line.parent["name"])
            self.stdout.write(f"  {line.sign} {line.relation}, {line.operation}, parent {parent}  {words}")
            for name, was, will_be in line.changes:
                self.stdout.write(f"      {name}: {_short(was or 'nothing')} → {_short(will_be or 'nothing')}")
        if row.hidden_count:
            self.stdout.write(f"  … and {row.hidden_count} more links")


def _words(asset: Asset | None) -> str:
    return asset.description if asset else "not imported"


def _short(text: str) -> str:
    return text if len(text) <= WIDTH_MAX else f"{text[: WIDTH_MAX - 1]}…"
