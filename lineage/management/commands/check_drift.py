"""Compare an account's stored payloads with the provider's current ones, and its edges with its payloads."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assets.drift.check import SAMPLE_MAX, AssetDrift, Comparison, DriftReport, check, check_paths
from common.throttle import Clock
from lineage.rebuild.edge_drift import EdgeDrift, check_edges
from providers.errors import AccountDisabled, ProviderError
from providers.models import ProviderAccount

WIDTH_MAX = 44


class Command(BaseCommand):
    """Print the differences; nothing is written."""

    help = "Compare the stored data of an account's newest assets with the provider's current data; writes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the account and the number of assets."""
        parser.add_argument(
            "account", type=int, help="the account's ID, as in the address of its Provider Settings page"
        )
        parser.add_argument("--limit", type=int, default=50, help=f"number of newest assets to check, 1-{SAMPLE_MAX}")
        parser.add_argument("--paths", action="store_true", help="compare list and detail responses instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fetch, compare and print."""
        account = ProviderAccount.objects.filter(pk=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account {options['account']}.")
        if not 1 <= options["limit"] <= SAMPLE_MAX:
            raise CommandError(f"--limit must be from 1 to {SAMPLE_MAX}.")
        now = timezone.now()
        try:
            ask = check_paths if options["paths"] else check
            report = ask(account, sample=options["limit"], clock=Clock(now=timezone.now, sleep=time.sleep))
        except (ProviderError, AccountDisabled) as error:
            raise CommandError(str(error)) from error
        self._print(report)
        asset_ids = [item.asset_id for item in report.items if item.asset_id is not None]
        self._print_edges(check_edges(account.owner_id, asset_ids, now=now))
        if report.stopped_by is not None:
            raise CommandError(f"Stopped early: {report.stopped_by}")

    def _print(self, report: DriftReport) -> None:
        for item in report.items:
            self._print_item(item)
        counts = ", ".join(f"{report.count(name)} {name.value.replace('_', ' ')}" for name in Comparison)
        self.stdout.write(f"Payloads: {len(report.items)} compared: {counts}; {report.unexpected_count} differences.")
        for reason, count in report.expected_by_reason.items():
            self.stdout.write(f"  {count} more are expected: {reason}")

    def _print_item(self, item: AssetDrift) -> None:
        if item.reason:
            self.stdout.write(f"{item.provider_asset_id}  {item.comparison.value}: {item.reason}")
        for difference in item.unexpected:
            stored, now = _short(difference.stored), _short(difference.now)
            self.stdout.write(f"{item.provider_asset_id}  {difference.field:<32} {stored:<{WIDTH_MAX}}  {now}")

    def _print_edges(self, drift: EdgeDrift) -> None:
        self.stdout.write(
            f"Lineage: {drift.asset_count} assets read again: a rebuild would add {drift.added} edges, "
            f"remove {drift.removed} and leave {drift.unchanged}."
        )
        for asset in drift.changed:
            self.stdout.write(f"  asset {asset.asset_id}: +{len(asset.added)} -{len(asset.removed)} {asset.reason}")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDTH_MAX else f"{text[: WIDTH_MAX - 1]}…"
