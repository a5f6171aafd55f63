"""Carry a whole-library run out: one page after another until all lists are read, it is cancelled or must rest."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from assets.ingest.batch import ingest
from assets.models import ListPhase, RunKind, SyncList, SyncRun
from assets.signals import assets_imported
from assets.sync import unlisted
from assets.sync.unlisted import Listed
from assets.sync_runs import checkpoint
from assets.sync_runs.list_cursor import advance, counted_import, counted_scan, next_list, problems_of
from common.runs import OPEN_STATES, RunState
from common.throttle import Clock, Throttle
from providers import accounts, registry
from providers.base import Adapter, ListPart
from providers.errors import ProviderError, UnsupportedOperation
from providers.records import Page

PAGE_SIZE = 100
FAILURES_MAX = 8
"""After this many failures in a row a run stops, and says why."""
INLINE_REST_SECONDS = 5.0
"""A longer rest gives the worker back; the run is taken up again when it is over."""
REST_SECONDS_MAX = 300.0
RETRY_AFTER_SECONDS_MAX = 86_400.0
"""A provider that names a longer time than a day is asked once a day."""

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


class Superseded(Exception):
    """Another worker has taken the run up; this one must not write any more."""


class Interrupted(Exception):
    """The worker is told to stop; the run stays open, to go on from its cursors on the next one."""


def _never() -> bool:
    return False


class _Over(Exception):
    """The run's owner has cancelled it, or its account may not be used any more, and it is marked so."""


def execute(run_id: int, *, clock: Clock, is_stopping: Callable[[], bool] = _never) -> datetime | None:
    """Do a run until it ends, is cancelled or must rest; done twice at once, only the later one writes.

    Every page is stored in one transaction with its list's cursor and counters, so a worker that dies costs at most
    the page it was reading.

    Args:
        run_id: which run.
        clock: the time, and how to wait.
        is_stopping: asked before each request, whether this worker should put the run down.

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
    except (Superseded, _Over):
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
        self.throttle = Throttle(clock)
        self.is_in_page = False

    def go(self) -> datetime | None:
        """Read list after list; returns when to go on, if the provider needs a rest."""
        self._heed()
        assert self.run.account is not None  # noqa: S101  (for the type checker)
        self._send_lineage()
        adapter = registry.adapter(self.run.account, before_request=self._before_request)
        lists = list(self.run.lists.exclude(phase=ListPhase.DONE).order_by("pk"))
        while sync_list := next_list(lists):
            self._heed()
            try:
                page = self._fetch(adapter, sync_list)
            except ProviderError as error:
                if (rest := self._rest_after(error)) is None:
                    return None
                if rest > INLINE_REST_SECONDS:
                    return self._give_back(rest, error)
                self.clock.sleep(rest)
                continue
            self._store(sync_list, page)
        self._finish()
        return None

    def _fetch(self, adapter: Adapter, sync_list: SyncList) -> Page:
        self.is_in_page = False
        return adapter.walk(ListPart.from_key(sync_list.list_key), position=sync_list.position, size=PAGE_SIZE)

    def _before_request(self) -> None:
        """Wait for the account's turn; a page may take many requests, and is given up when the run is to stop."""
        self.throttle.wait()
        if self.is_in_page:
            self._heed()
        self.is_in_page = True

    def _heed(self) -> None:
        """Go no further when the owner has cancelled the run or switched its account off, or the worker is to stop."""
        found = _mine(self.run).values_list("cancel_requested_at", "account__is_enabled").first()
        if found is None:
            raise Superseded
        cancel_requested_at, is_enabled = found
        if cancel_requested_at is not None:
            _update(self.run, state=RunState.CANCELLED, finished_at=self.clock.now())
            raise _Over
        if not is_enabled:
            self._stop_for(
                UnsupportedOperation("The account is gone or switched off.", provider_id=self.run.provider_id)
            )
            raise _Over
        if self.is_stopping():
            raise Interrupted

    def _store(self, sync_list: SyncList, page: Page) -> None:
        """The page's rows, the list's cursor and counters, and the run's progress, all or nothing."""
        now = self.clock.now()
        self.run.active_seconds += max((now - (self.run.progress_at or now)).total_seconds(), 0.0)
        self.run.progress_at, self.run.failure_count = now, 0
        with transaction.atomic():
            if self.run.kind == RunKind.SCAN:
                is_mine = self._note_scan(sync_list, page)
            else:
                is_mine = self._take_in(sync_list, page, now)
            if not is_mine:
                raise Superseded
        self._send_lineage()

    def _note_scan(self, sync_list: SyncList, page: Page) -> bool:
        advance(sync_list, page, counted_scan(self.run, page), self.run)
        return checkpoint.keep(self.run, sync_list, [], Listed([], [], is_counted=False))

    def _take_in(self, sync_list: SyncList, page: Page, now: datetime) -> bool:
        batch = ingest(
            self.run.owner_id, page.items, provider_id=self.run.provider_id, account_id=self.run.account_id, now=now
        )
        counted = counted_import(page, batch)
        if self.run.create_lineage:
            self.run.pending_lineage = [*self.run.pending_lineage, *batch.fresh_ids]
            self.run.pending_lost_name_ids = [*self.run.pending_lost_name_ids, *batch.lost_name_ids]
        problems = problems_of(self.run, sync_list, page, batch)
        advance(sync_list, page, counted, self.run)
        return checkpoint.keep(self.run, sync_list, problems, unlisted.listed_by(self.run, batch))

    def _send_lineage(self) -> None:
        """Make the lineage that was asked for; it is noted with the page, so that no crash and no failure loses it."""
        if not (self.run.pending_lineage or self.run.pending_lost_name_ids):
            return
        answers = assets_imported.send_robust(
            sender=execute,
            owner_id=self.run.owner_id,
            asset_ids=self.run.pending_lineage,
            lost_name_ids=self.run.pending_lost_name_ids,
            create_lineage=True,
            now=self.clock.now(),
        )
        if not any(isinstance(answer, Exception) for _, answer in answers):
            self.run.pending_lineage, self.run.pending_lost_name_ids = [], []
            _update(self.run, pending_lineage=[], pending_lost_name_ids=[])

    def _rest_after(self, error: ProviderError) -> float | None:
        """Seconds to wait before trying again; None when the run has stopped instead."""
        self.run.failure_count += 1
        if error.permanent or self.run.failure_count >= FAILURES_MAX:
            self._stop_for(error)
            return None
        _update(self.run, failure_count=self.run.failure_count)
        if error.retry_after_seconds is not None:
            return min(error.retry_after_seconds, RETRY_AFTER_SECONDS_MAX)
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
                unlisted.settle(self.run, now=now)


def _mine(run: SyncRun) -> QuerySet[SyncRun]:
    """The run's row, as long as this worker is the latest to have taken it up."""
    return SyncRun.objects.filter(pk=run.pk, state=RunState.RUNNING, execution=run.execution)


def _update(run: SyncRun, **changes: Any) -> bool:
    return _mine(run).update(**changes) == 1
