"""Run all benchmarks, print a table, and write the figures by name to var/bench.json."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.scratch import scratch_database, twin_database  # isort: skip - sets Django up

from django.conf import settings
from django.contrib.auth.models import User

from benchmarks import importing, lineage_reading, rebuilding
from providers.credentials.sealing import seal
from providers.models import ProviderAccount

SIZE = int(os.environ.get("BENCH_SIZE", "10000"))
"""Number of items per import; the libraries they are imported into have 0, 10 and 100 times as many."""


def main() -> None:
    """Run all benchmarks in a temporary database."""
    with scratch_database():
        owner = User.objects.create_user("bench")
        account = ProviderAccount.objects.create(
            owner=owner,
            provider_id="pixverse",
            label="Bench",
            sealed_credentials=seal({}),
            created_at=importing.NOW,
            updated_at=importing.NOW,
        )
        with twin_database():
            _measure(account)


def _measure(account: ProviderAccount) -> None:
    figures: dict[str, float] = {}
    stages: list[Callable[[], dict[str, float]]] = [
        lambda: importing.measure(account, SIZE),
        lambda: importing.measure_into(account, "100k", 10 * SIZE, items=SIZE, seed=2),
        lambda: rebuilding.measure(account.owner),
        lambda: importing.measure_into(account, "1m", 100 * SIZE, items=SIZE, seed=2 + importing.TRIES),
        lambda: lineage_reading.measure(account.owner, 100 * SIZE),
    ]
    for stage in stages:
        measured = stage()
        for name, value in measured.items():
            print(f"{name:32} {value:14,.2f}", flush=True)
        figures |= measured
        _keep(figures)


def _keep(figures: dict[str, float]) -> None:
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    (settings.VAR_DIR / "bench.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
