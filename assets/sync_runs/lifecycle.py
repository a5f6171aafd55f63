"""Whole-library runs as a person directs them: start, cancel and resume them, and retry what they could not take in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from assets.ingest.batch import Outcome, ingest
from assets.models import RunKind, RunMode, SyncList, SyncProblem, SyncRun
from assets.signals import assets_imported
from assets.sync import unlisted
from common.runs import OPEN_STATES, RESUMABLE_STATES, RunState
from providers import registry
from providers.base import Capability, Extractor, InvalidPayload, ListPart
from providers.errors import UnsupportedOperation
from providers.models import ProviderAccount
from providers.records import InvalidItem, RemoteAsset

RETRIED_AT_ONCE = 200


class AlreadyRunning(ValueError):
    """The account has an open run; `run` is that one."""

    def __init__(self, run: SyncRun) -> None:
        super().__init__(f"A {run.get_kind_display().lower()} of this account is already under way.")
        self.run = run


class NotResumable(ValueError):
    """Only a run that failed or was cancelled can go on."""


def start(
    account: ProviderAccount, *, kind: RunKind, mode: RunMode, create_lineage: bool = False, now: datetime
) -> SyncRun:
    """Note a run for the worker; the caller enqueues it in the same transaction.

    Args:
        account: whose library there; the caller has checked who owns it.
        kind: scan, which writes nothing in the library, or import.
        mode: everything, or newest first until a page brings nothing new.
        create_lineage: rebuild the lineage of what an import brings.
        now: when it was asked for.

    Raises:
        AlreadyRunning: the account has an open run.
        UnsupportedOperation: the provider has no list, or the account is switched off.

    Source: domain.md §3.
    """
    list_parts = _list_parts(account)
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(
                owner_id=account.owner_id,
                account=account,
                provider_id=account.provider_id,
                account_label=account.label,
                kind=kind,
                mode=mode,
                create_lineage=create_lineage,
                created_at=now,
            )
    except IntegrityError as error:
        raise AlreadyRunning(SyncRun.objects.get(account=account, state__in=OPEN_STATES)) from error
    unlisted.begin(run)
    SyncList.objects.bulk_create(SyncList(owner_id=run.owner_id, run=run, list_key=part.key) for part in list_parts)
    return run


def cancel(run: SyncRun, *, now: datetime) -> SyncRun:
    """Stop a run: at once when no worker has it yet, else after the page it is at. Does nothing when it is over."""
    _rows(run).filter(state=RunState.QUEUED).update(state=RunState.CANCELLED, finished_at=now)
    _rows(run).filter(state=RunState.RUNNING, cancel_requested_at=None).update(cancel_requested_at=now)
    # One that rests has no worker to notice.
    _rows(run).filter(state=RunState.RUNNING, continue_at__isnull=False).update(
        state=RunState.CANCELLED, finished_at=now, continue_at=None
    )
    run.refresh_from_db()
    return run


def resume(run: SyncRun, *, now: datetime) -> SyncRun:
    """Queue a stopped run again, to go on from its cursors; the caller enqueues it in the same transaction.

    Raises:
        NotResumable: it is open or has come to its end, or its account is gone.
        AlreadyRunning: the account has another open run.
    """
    if run.account_id is None:
        raise NotResumable("The account of this run is gone.")
    try:
        with transaction.atomic():
            changed = (
                _rows(run)
                .filter(state__in=RESUMABLE_STATES)
                .update(
                    state=RunState.QUEUED,
                    finished_at=None,
                    cancel_requested_at=None,
                    continue_at=None,
                    failure_count=0,
                    error_code="",
                    error_title="",
                    error_detail="",
                    error_next_step="",
                )
            )
    except IntegrityError as error:
        raise AlreadyRunning(SyncRun.objects.get(account=run.account_id, state__in=OPEN_STATES)) from error
    if not changed:
        raise NotResumable("Only a run that stopped or was cancelled can go on.")
    run.refresh_from_db()
    return run


def retry_problems(run: SyncRun, *, now: datetime) -> int:
    """Read the items that a run could not take in once more, and bring in those that can be read now.

    They come in as the run's own pages did: each batch in a transaction of its own, with lineage if the run was to make
    it.

    Returns:
        How many of them are in the library now.
    """
    unresolved = SyncProblem.objects.filter(run=run, is_resolved=False).order_by("pk")
    extractor, resolved, last_id = registry.extractor(run.provider_id), 0, 0
    while problems := list(unresolved.filter(pk__gt=last_id)[:RETRIED_AT_ONCE]):
        last_id = problems[-1].pk
        resolved += _take_in_again(run, problems, [_read_again(extractor, problem) for problem in problems], now)
    return resolved


def _take_in_again(
    run: SyncRun, problems: Sequence[SyncProblem], records: Sequence[RemoteAsset | InvalidItem], now: datetime
) -> int:
    with transaction.atomic():
        batch = ingest(run.owner_id, records, provider_id=run.provider_id, account_id=run.account_id, now=now)
        found = [
            (problem.pk, outcome)
            for problem, outcome in zip(problems, batch.items, strict=True)
            if outcome.outcome is not Outcome.INVALID
        ]
        resolved_ids = [problem_id for problem_id, _ in found]
        resolved = SyncProblem.objects.filter(pk__in=resolved_ids, is_resolved=False).update(is_resolved=True)
    fresh_ids = [outcome.asset_id for _, outcome in found if outcome.outcome in (Outcome.CREATED, Outcome.COMPLETED)]
    assets_imported.send_robust(
        sender=retry_problems,
        owner_id=run.owner_id,
        asset_ids=fresh_ids,
        lost_name_ids=batch.lost_name_ids,
        create_lineage=run.create_lineage and bool(fresh_ids),
        now=now,
    )
    return resolved


def _read_again(extractor: Extractor, problem: SyncProblem) -> RemoteAsset | InvalidItem:
    try:
        return extractor.asset(problem.payload)
    except InvalidPayload as error:
        return InvalidItem(problem.provider_asset_id, str(error), problem.payload)


def _list_parts(account: ProviderAccount) -> Sequence[ListPart]:
    adapter = registry.adapter_class(account.provider_id)
    if Capability.WALK_ASSETS not in adapter.capabilities or not adapter.list_parts:
        raise adapter.no_list_error()
    if not account.is_enabled:
        raise UnsupportedOperation("This account is switched off.", provider_id=account.provider_id)
    return adapter.list_parts


def _rows(run: SyncRun) -> QuerySet[SyncRun]:
    return SyncRun.objects.filter(pk=run.pk)
