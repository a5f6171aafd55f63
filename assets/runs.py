"""Whole-library runs: start, cancel and resume them, and do one page after another until all lists are read."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from assets import vanished
from assets.ingest import Batch, Outcome, ingest
from assets.known import compare
from assets.models import (
    OPEN_STATES,
    RESUMABLE_STATES,
    ListPhase,
    RunKind,
    RunMode,
    RunState,
    SyncList,
    SyncProblem,
    SyncRun,
)
from assets.payloads import storable
from assets.signals import assets_imported
from providers import accounts, registry
from providers.base import Adapter, Capability, Extractor, InvalidPayload, Shelf
from providers.errors import ProviderError, UnsupportedOperation
from providers.models import ProviderAccount
from providers.records import InvalidItem, Page, RemoteAsset
from providers.vocabulary import AssetStatus

PAGE_SIZE = 100
FAILURES_MAX = 8
"""After this many failures in a row a run stops, and says why."""
INLINE_REST_SECONDS = 5.0
"""A longer rest gives the worker back; the run is taken up again when it is over."""
REST_SECONDS_MAX = 300.0
PROBLEMS_MAX = 10_000

_LINEAGE_FAILED = {
    "error_code": "lineage_failed",
    "error_title": "The lineage could not be made",
    "error_detail": "Everything that was read is in the library.",
    "error_next_step": "Resume the run to try again, or rebuild lineage later.",
}
_BROKE_DOWN = {
    "error_code": "run_broke_down",
    "error_title": "The run broke down",
    "error_detail": "Something in Stemma itself went wrong. Everything that was read is in the library.",
    "error_next_step": "Resume the run. If it stops again, the worker's log says where.",
}


class AlreadyRunning(ValueError):
    """The account has an open run; `run` is that one."""

    def __init__(self, run: SyncRun) -> None:
        super().__init__(f"A {run.get_kind_display().lower()} of this account is already under way.")
        self.run = run


class NotResumable(ValueError):
    """Only a run that failed or was cancelled can go on."""


class Superseded(Exception):
    """Another worker has taken the run up; this one must not write any more."""


class Interrupted(Exception):
    """The worker is told to stop; the run stays open, to go on from its cursors on the next one."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Clock:
    """How a run tells the time and waits; doors bring the real one."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]


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
    shelves = _shelves(account)
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
    vanished.begin(run)
    SyncList.objects.bulk_create(SyncList(owner_id=run.owner_id, run=run, shelf=shelf.key) for shelf in shelves)
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

    Returns:
        How many of them are in the library now.
    """
    problems = list(SyncProblem.objects.filter(run=run, is_resolved=False).order_by("pk"))
    extractor = registry.extractor(run.provider_id)
    records = [_read_again(extractor, problem) for problem in problems]
    batch = ingest(run.owner_id, records, provider_id=run.provider_id, account_id=run.account_id, now=now)
    resolved = [
        problem.pk
        for problem, outcome in zip(problems, batch.items, strict=True)
        if outcome.outcome is not Outcome.INVALID
    ]
    return SyncProblem.objects.filter(pk__in=resolved, is_resolved=False).update(is_resolved=True)


def execute(run_id: int, *, clock: Clock, is_stopping: Callable[[], bool] = _never) -> datetime | None:
    """Do a run until it ends, is cancelled or must rest; done twice at once, only the later one writes.

    Every page is stored in one transaction with its list's cursor and counters, so a worker that dies costs at most
    the page it was reading.

    Args:
        run_id: which run.
        clock: the time, and how to wait.
        is_stopping: asked before each page, whether this worker should put the run down.

    Returns:
        When to go on, None when there is nothing left to do.

    Raises:
        Interrupted: the worker is stopping; whoever executes the run next goes on with it.
    """
    taken = SyncRun.objects.filter(pk=run_id, state__in=OPEN_STATES).update(
        state=RunState.RUNNING,
        execution=F("execution") + 1,
        continue_at=None,
        progress_at=clock.now(),
        error_title="",
        error_detail="",
    )
    if not taken:
        return None
    run = SyncRun.objects.select_related("account").get(pk=run_id)
    if run.started_at is None:
        _update(run, started_at=clock.now())
    try:
        return _Walk(run, clock, is_stopping).go()
    except Superseded:
        return None


def fail(run_id: int, *, now: datetime) -> None:
    """Stop a run that broke down for a reason of our own, so that its owner is told and can resume it."""
    SyncRun.objects.filter(pk=run_id, state=RunState.RUNNING).update(
        state=RunState.FAILED, finished_at=now, continue_at=None, **_BROKE_DOWN
    )


class _Walk:
    """One worker's way through one run."""

    def __init__(self, run: SyncRun, clock: Clock, is_stopping: Callable[[], bool]) -> None:
        self.run = run
        self.clock = clock
        self.is_stopping = is_stopping
        self.pause_seconds = _pause_seconds(run.provider_id)
        self.last_request_at: datetime | None = None

    def go(self) -> datetime | None:
        """Read list after list; returns when to go on, if the provider needs a rest."""
        if self.run.account is None or not self.run.account.is_enabled:
            self._stop_for(
                UnsupportedOperation("The account is gone or switched off.", provider_id=self.run.provider_id)
            )
            return None
        self._send_lineage()
        adapter = registry.adapter(self.run.account)
        lists = list(self.run.lists.exclude(phase=ListPhase.DONE).order_by("pk"))
        while shelf_row := _next(lists):
            if self._is_cancelled():
                return None
            if self.is_stopping():
                raise Interrupted
            try:
                page = self._fetch(adapter, shelf_row)
            except ProviderError as error:
                if (rest := self._rest_after(error)) is None:
                    return None
                if rest > INLINE_REST_SECONDS:
                    return self._give_back(rest, error)
                self.clock.sleep(rest)
                continue
            self._store(shelf_row, page)
        self._finish()
        return None

    def _fetch(self, adapter: Adapter, shelf_row: SyncList) -> Page:
        self._keep_pace()
        return adapter.walk(Shelf.of_key(shelf_row.shelf), position=shelf_row.position, size=PAGE_SIZE)

    def _keep_pace(self) -> None:
        now = self.clock.now()
        if self.last_request_at is not None:
            waited = (now - self.last_request_at).total_seconds()
            if waited < self.pause_seconds:
                self.clock.sleep(self.pause_seconds - waited)
        self.last_request_at = self.clock.now()

    def _store(self, shelf_row: SyncList, page: Page) -> None:
        """The page's rows, the list's cursor and counters, and the run's progress, all or nothing."""
        now = self.clock.now()
        with transaction.atomic():
            self._claim(now)
            counted = self._take_in(shelf_row, page, now)
            _advance(shelf_row, page, counted, self.run)
            shelf_row.save()
        self._send_lineage()

    def _claim(self, now: datetime) -> None:
        worked = (now - self.run.progress_at).total_seconds() if self.run.progress_at else 0.0
        self.run.active_seconds += max(worked, 0.0)
        self.run.progress_at = now
        if not _update(self.run, active_seconds=self.run.active_seconds, progress_at=now, failure_count=0):
            raise Superseded
        self.run.failure_count = 0

    def _take_in(self, shelf_row: SyncList, page: Page, now: datetime) -> _Counted:
        if self.run.kind == RunKind.SCAN:
            return _counted_scan(self.run, page)
        batch = ingest(
            self.run.owner_id, page.items, provider_id=self.run.provider_id, account_id=self.run.account_id, now=now
        )
        _keep_problems(self.run, shelf_row, page, batch)
        vanished.note(self.run, batch)
        counted = _counted_import(page, batch)
        if self.run.create_lineage and counted.fresh_ids:
            self.run.pending_lineage = [*self.run.pending_lineage, *counted.fresh_ids]
            _update(self.run, pending_lineage=self.run.pending_lineage)
        return counted

    def _send_lineage(self) -> None:
        """Make the lineage that was asked for; it is noted with the page, so that no crash and no failure loses it."""
        if not self.run.pending_lineage:
            return
        answers = assets_imported.send_robust(
            sender=execute,
            owner_id=self.run.owner_id,
            asset_ids=self.run.pending_lineage,
            create_lineage=True,
            now=self.clock.now(),
        )
        if not any(isinstance(answer, Exception) for _, answer in answers):
            self.run.pending_lineage = []
            _update(self.run, pending_lineage=[])

    def _is_cancelled(self) -> bool:
        cancelled = _mine(self.run).filter(cancel_requested_at__isnull=False)
        return bool(cancelled.update(state=RunState.CANCELLED, finished_at=self.clock.now()))

    def _rest_after(self, error: ProviderError) -> float | None:
        """Seconds to wait before trying again; None when the run has stopped instead."""
        self.run.failure_count += 1
        if error.permanent or self.run.failure_count >= FAILURES_MAX:
            self._stop_for(error)
            return None
        _update(self.run, failure_count=self.run.failure_count)
        if error.retry_after_seconds is not None:
            return min(error.retry_after_seconds, REST_SECONDS_MAX)
        return min(2.0 ** (self.run.failure_count - 1), REST_SECONDS_MAX) * random.uniform(0.5, 1.0)

    def _give_back(self, rest_seconds: float, error: ProviderError) -> datetime:
        continue_at = self.clock.now() + timedelta(seconds=rest_seconds)
        _update(self.run, continue_at=continue_at, error_title=error.title[:200], error_detail=error.message[:500])
        return continue_at

    def _stop_for(self, error: ProviderError) -> None:
        now = self.clock.now()
        if self.run.account is not None:
            accounts.record_failure(self.run.account, error, now=now)
        _update(
            self.run,
            state=RunState.FAILED,
            finished_at=now,
            error_code=error.code,
            error_title=error.title[:200],
            error_detail=error.message[:500],
            error_next_step=error.next_step[:300],
        )

    def _finish(self) -> None:
        if self.run.pending_lineage:
            _update(self.run, state=RunState.FAILED, finished_at=self.clock.now(), **_LINEAGE_FAILED)
            return
        now = self.clock.now()
        with transaction.atomic():
            if _update(self.run, state=RunState.SUCCEEDED, finished_at=now):
                vanished.settle(self.run, now=now)


def _next(lists: Sequence[SyncList]) -> SyncList | None:
    """The list to read next.

    The first page of each comes first, then what does not say how long it is: so it is soon known how much there is.
    """
    unfinished = [shelf_row for shelf_row in lists if shelf_row.phase != ListPhase.DONE]
    return min(
        unfinished,
        key=lambda shelf_row: (shelf_row.pages > 0, shelf_row.total is not None, shelf_row.pk),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """What one page adds to its list's counters."""

    created: int
    existing: int
    completed: int
    merged: int
    invalid: int
    deleted: int
    fresh_ids: list[int]
    has_unfinished: bool

    @property
    def brings_news(self) -> bool:
        """Whether the page held anything that was not here already, or that is still being made."""
        return bool(self.created or self.completed or self.has_unfinished)


def _advance(shelf_row: SyncList, page: Page, counted: _Counted, run: SyncRun) -> None:
    """Move the cursor on and add the page to the counters."""
    is_first_look = shelf_row.phase == ListPhase.WALKING
    shelf_row.pages += 1
    shelf_row.total = page.total if page.total is not None else shelf_row.total
    shelf_row.is_complete = shelf_row.is_complete and page.complete
    shelf_row.created += counted.created
    shelf_row.completed += counted.completed
    shelf_row.merged += counted.merged
    if is_first_look:
        # The second look meets what the first has counted; only what is new then is news.
        shelf_row.existing += counted.existing
        shelf_row.invalid += counted.invalid
        shelf_row.deleted += counted.deleted
    shelf_row.seen = (
        shelf_row.created + shelf_row.existing + shelf_row.completed + shelf_row.invalid + shelf_row.deleted
    )
    is_full = run.mode == RunMode.FULL
    is_known_from_here = not counted.brings_news and not (is_full and is_first_look)
    if page.next is not None and not (is_known_from_here and page.items):
        shelf_row.position = page.next
    elif is_first_look and is_full and run.kind == RunKind.IMPORT:
        shelf_row.phase, shelf_row.position = ListPhase.LOOKING_AGAIN, ""
    else:
        shelf_row.phase, shelf_row.position = ListPhase.DONE, ""


def _counted_scan(run: SyncRun, page: Page) -> _Counted:
    records = [item for item in page.items if isinstance(item, RemoteAsset)]
    items = compare(run.owner_id, records, provider_id=run.provider_id)
    existing = sum(item.already_imported for item in items)
    deleted = sum(item.is_deleted for item in items)
    return _Counted(
        created=len(records) - existing - deleted,
        existing=existing,
        completed=0,
        merged=0,
        invalid=len(page.items) - len(records),
        deleted=deleted,
        fresh_ids=[],
        has_unfinished=False,
    )


def _counted_import(page: Page, batch: Batch) -> _Counted:
    return _Counted(
        created=batch.count(Outcome.CREATED),
        existing=batch.count(Outcome.EXISTING),
        completed=batch.count(Outcome.COMPLETED),
        merged=batch.merged,
        invalid=batch.count(Outcome.INVALID),
        deleted=batch.count(Outcome.DELETED),
        fresh_ids=[
            item.asset_id
            for item in batch.items
            if item.asset_id is not None and item.outcome in (Outcome.CREATED, Outcome.COMPLETED)
        ],
        has_unfinished=any(
            isinstance(item, RemoteAsset) and item.status is AssetStatus.PROCESSING for item in page.items
        ),
    )


def _keep_problems(run: SyncRun, shelf_row: SyncList, page: Page, batch: Batch) -> None:
    if shelf_row.phase != ListPhase.WALKING or shelf_row.invalid >= PROBLEMS_MAX:
        return
    problems = [
        SyncProblem(
            owner_id=run.owner_id,
            run=run,
            shelf=shelf_row.shelf,
            provider_asset_id=outcome.provider_asset_id,
            reason=outcome.reason[:300],
            payload=_payload(item),
        )
        for item, outcome in zip(page.items, batch.items, strict=True)
        if outcome.outcome is Outcome.INVALID
    ]
    if problems:
        SyncProblem.objects.bulk_create(problems)


def _read_again(extractor: Extractor, problem: SyncProblem) -> RemoteAsset | InvalidItem:
    try:
        return extractor.asset(problem.payload)
    except InvalidPayload as error:
        return InvalidItem(problem.provider_asset_id, str(error), problem.payload)


def _payload(item: RemoteAsset | InvalidItem) -> Any:
    return storable(item.payload)[0]


def _shelves(account: ProviderAccount) -> Sequence[Shelf]:
    adapter = registry.adapter_class(account.provider_id)
    if Capability.WALK_ASSETS not in adapter.capabilities or not adapter.shelves:
        raise UnsupportedOperation(f"{adapter.display_name} has no list to read.", provider_id=account.provider_id)
    if not account.is_enabled:
        raise UnsupportedOperation("This account is switched off.", provider_id=account.provider_id)
    return adapter.shelves


def _pause_seconds(provider_id: str) -> float:
    per_second = settings.SYNC_REQUESTS_PER_SECOND
    return 1.0 / per_second if per_second else 0.0


def _rows(run: SyncRun) -> QuerySet[SyncRun]:
    return SyncRun.objects.filter(pk=run.pk)


def _mine(run: SyncRun) -> QuerySet[SyncRun]:
    """The run's row, as long as this worker is the latest to have taken it up."""
    return _rows(run).filter(state=RunState.RUNNING, execution=run.execution)


def _update(run: SyncRun, **changes: Any) -> bool:
    return _mine(run).update(**changes) == 1
