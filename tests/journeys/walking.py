"""Goes through a scan or an import the way a person does: press the button, let the worker work, look at the run."""

from __future__ import annotations

import time
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assets.models import SyncRun
from assets.sync_runs.runner import execute
from common.throttle import Clock

HTMX = {"HX-Request": "true"}


def start(client: Client, name: str, account_id: int, *, headers: dict[str, str], **posted: Any) -> SyncRun:
    """Press a button; the run that it started."""
    response = client.post(reverse(name), {"account": account_id, **posted}, headers=headers)
    run = SyncRun.objects.latest("pk")
    if headers:
        assert response.status_code == 200, response.content.decode()
    else:
        assert response.headers["Location"] == reverse("assets:run", args=[run.pk])
    return run


def work(run: SyncRun) -> SyncRun:
    """Do a run as the worker does."""
    execute(run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
    run.refresh_from_db()
    return run


def look(client: Client, run: SyncRun, *, headers: dict[str, str]) -> str:
    """The run's page, or for htmx its card with what came up."""
    return client.get(reverse("assets:run", args=[run.pk]), headers=headers).content.decode()


def report(client: Client, account_id: int) -> str:
    """The section of the settings that says what is here and there."""
    return client.get(reverse("assets:report"), {"account": account_id}, headers=HTMX).content.decode()
