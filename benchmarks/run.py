"""Measure, print a table, and write every figure by name to var/bench.json."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.scratch import scratch_database  # isort: skip - sets Django up

from django.conf import settings
from django.contrib.auth.models import User

from benchmarks import importing, rebuilding

SIZE = int(os.environ.get("BENCH_SIZE", "10000"))


def main() -> None:
    """Run every benchmark in a database of its own."""
    figures: dict[str, float] = {}
    with scratch_database():
        owner = User.objects.create_user("bench")
        figures |= importing.measure(owner, SIZE)
        figures |= rebuilding.measure(owner, SIZE)
    for name, value in figures.items():
        print(f"{name:32} {value:14,.2f}")
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    (settings.VAR_DIR / "bench.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
