"""JSON API of scans and imports of a whole library: start, follow, cancel and resume them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from assets.models import SyncProblem, SyncRun
from assets.sync_runs import problems
from assets.sync_runs.coverage import coverage
from assets.sync_runs.progress import summarize
from assets.sync_runs.schemas import CoverageAnswer, NewRun, ProblemList, RetryAnswer, RunAnswer, RunList
from assets.sync_runs.start import start
from common.auth import request_user
from common.errors import raises
from common.runs import lifecycle
from common.runs.jobs import enqueue
from common.runs.lifecycle import AlreadyRunning, NotResumable
from common.schemas import PageLimit, PageOffset, RowId
from providers.errors import AccountDisabled, UnsupportedOperation
from providers.lookups import account_or_404

router = Router(tags=["runs"])


@router.post("/providers/{provider_id}/accounts/{account_id}/sync-runs", response={202: RunAnswer})
@raises(AlreadyRunning, AccountDisabled, UnsupportedOperation)
def start_sync_run(request: HttpRequest, provider_id: str, account_id: RowId, payload: NewRun) -> Status[RunAnswer]:
    """Start a scan or import of an account's whole library; an account has one open run at most."""
    account = account_or_404(request, provider_id, account_id)
    with transaction.atomic():
        run = start(
            account,
            kind=payload.kind,
            mode=payload.mode,
            create_lineage=payload.create_lineage,
            now=timezone.now(),
        )
        enqueue(run)
    return Status(202, _answer(run))


@router.get("/providers/{provider_id}/accounts/{account_id}/sync-runs", response=RunList)
def list_sync_runs(
    request: HttpRequest, provider_id: str, account_id: RowId, limit: PageLimit = 20, offset: PageOffset = 0
) -> dict[str, Any]:
    """List an account's runs, newest first."""
    account = account_or_404(request, provider_id, account_id)
    rows = SyncRun.objects.filter(account=account).prefetch_related("lists").order_by("-created_at", "-pk")
    items = [_answer(run) for run in rows[offset : offset + limit]]
    return {"items": items, "total": rows.count(), "limit": limit, "offset": offset}


@router.get("/providers/{provider_id}/accounts/{account_id}/coverage", response=CoverageAnswer)
def get_account_coverage(request: HttpRequest, provider_id: str, account_id: RowId) -> CoverageAnswer:
    """Count the items of an account's lists, as runs have read them, by what became of them in your library."""
    account = account_or_404(request, provider_id, account_id)
    return CoverageAnswer.of(account, coverage(account))


@router.get("/sync-runs/{run_id}", response=RunAnswer)
def get_sync_run(request: HttpRequest, run_id: RowId) -> RunAnswer:
    """Return a run and its progress."""
    return _answer(_run_or_404(request, run_id))


@router.get("/sync-runs/{run_id}/problems", response=ProblemList)
def list_sync_run_problems(
    request: HttpRequest, run_id: RowId, limit: PageLimit = 50, offset: PageOffset = 0
) -> dict[str, Any]:
    """List the items that a run could not import, with their reasons and payloads."""
    rows = SyncProblem.objects.filter(run=_run_or_404(request, run_id)).order_by("pk")
    return {"items": rows[offset : offset + limit], "total": rows.count(), "limit": limit, "offset": offset}


@router.post("/sync-runs/{run_id}/problems/retry", response=RetryAnswer)
def retry_sync_run_problems(request: HttpRequest, run_id: RowId) -> dict[str, int]:
    """Parse the stored data of a run's problems again, without contacting the provider."""
    run = _run_or_404(request, run_id)
    resolved = problems.retry_problems(run, now=timezone.now())
    return {"resolved": resolved, "left": SyncProblem.objects.filter(run=run, is_resolved=False).count()}


@router.post("/sync-runs/{run_id}/cancel", response=RunAnswer)
def cancel_sync_run(request: HttpRequest, run_id: RowId) -> RunAnswer:
    """Cancel a run after its current page; what was imported is kept."""
    return _answer(lifecycle.cancel(_run_or_404(request, run_id), now=timezone.now()))


@router.post("/sync-runs/{run_id}/resume", response={202: RunAnswer})
@raises(AlreadyRunning, NotResumable, AccountDisabled)
def resume_sync_run(request: HttpRequest, run_id: RowId) -> Status[RunAnswer]:
    """Resume a run that stopped or was cancelled."""
    run = _run_or_404(request, run_id)
    with transaction.atomic():
        run = lifecycle.resume(run)
        enqueue(run)
    return Status(202, _answer(run))


def _run_or_404(request: HttpRequest, run_id: int) -> SyncRun:
    return get_object_or_404(SyncRun.objects.filter(owner=request_user(request)), pk=run_id)


def _answer(run: SyncRun) -> RunAnswer:
    return RunAnswer.of(summarize(run, now=timezone.now()))
