"""A worker that knows the third kind of run."""

from __future__ import annotations

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from common.runs.jobs import register  # noqa: E402
from tests.common.runs.counting import COUNTING  # noqa: E402

if __name__ == "__main__":
    register(COUNTING)
    call_command("worker")
