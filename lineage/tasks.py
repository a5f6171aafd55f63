"""What the worker does for lineage."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from lineage.rebuild import run


@app.task(name="lineage.run_rebuild")
def run_rebuild(run_id: int) -> None:
    """Do a rebuild run that a person started; may be run again after its worker died."""
    run(run_id, clock=timezone.now)
