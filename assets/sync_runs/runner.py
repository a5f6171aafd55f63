"""Do a scan or import of a whole library: page after page, until all lists are read or the run must pause."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from assets.ingest.batch import ingest
from assets.ingest.results import Ingested
from assets.models import ListPhase, RunKind, SyncList, SyncRun
from assets.signals import assets_imported
from assets.sync import unlisted
from assets.sync.listing import ListedPage
from assets.sync.unlisted import Listed
from assets.sync_runs import checkpoint
from assets.sync_runs.list_cursor import advance, next_list, outcomes_of_scan, problems_of
from common.runs import Failure, jobs
from common.runs.lease import Lease, RunEnded, Superseded
from common.throttle import Clock, Throttle
from providers import accounts, registry
from providers.base import MEDIA_OF_LIST, ListPart
from providers.errors import AccountDisabled, ProviderError
from providers.records import Page

PAGE_SIZE = 100
FAILURES_MAX = 8
"""After this many failures in a row a run stops, and shows the last one."""
INLINE_PAUSE_SECONDS = 5.0
"""A longer pause frees the worker; a new job continues the run after it."""
PAUSE_SECONDS_MAX = 300.0
RETRY_AFTER_SECONDS_MAX = 86_400.0
"""A provider that names a longer time than a day is tried once a day."""

LINEAGE_FAILED = Failure(
    "lineage_failed",
    "The lineage could not be built",
    "Everything that was read is in the library.",
    "Resume the run to try again, or rebuild lineage later.",
)


ACCOUNT_DISABLED = Failure(
    AccountDisabled.code,
    AccountDisabled.title,
    "What was read is kept.",
    "Enable the account in Provider Settings, then resume the run.",
)
ACCOUNT_DELETED = Failure("account_deleted", "The account was deleted", "What was read is kept.", "")


class SyncLease(Lease[SyncRun]):
    """The right to write a scan or import; it ends when the account is disabled or deleted."""

    def check(self, *fields: str) -> tuple[Any, ...]:
        """As `Lease.check`; also stops the run when its account was disabled or deleted."""
        is_enabled, *values = super().check("account__is_enabled", *fields)
        if not is_enabled:
            self.fail(ACCOUNT_DELETED if is_enabled is None else ACCOUNT_DISABLED)
            raise RunEnded
        return tuple(values)

    def fail_by(self, error: ProviderError) -> None:
        """Stop the run by a provider's error, which also sets the account's state."""
        if self.run.account is not None:
            accounts.record_failure(self.run.account, error, now=self.clock.now())
        self.fail(Failure(error.code, error.title, error.message, error.next_step))


class LibraryWalk:
    """One execution of a run; each step reads one page and stores it in one transaction."""

    def __init__(self, lease: SyncLease) -> None:
        self.lease = lease
        self.run = lease.run
        self.clock = lease.clock
        self.throttle = Throttle(lease.clock)
        self.is_in_page = False
        lease.check()
        assert self.run.account is not None  # noqa: S101  (for the type checker)
        self._send_lineage()
        self.adapter = registry.adapter(self.run.account, before_request=self._before_request)
        self.lists = list(self.run.lists.exclude(phase=ListPhase.DONE).order_by("pk"))

    def step(self) -> jobs.Step | datetime:
        """Read the next page and store it."""
        sync_list = next_list(self.lists)
        if sync_list is None:
            return self._finish()
        self.lease.check()
        try:
            page = self._fetch(sync_list)
        except ProviderError as error:
            return self._pause_after(error)
        self._store(sync_list, page)
        return jobs.Step.MORE

    def _fetch(self, sync_list: SyncList) -> Page:
        self.is_in_page = False
        part = ListPart.from_key(sync_list.list_key)
        return self.adapter.walk(part, position=sync_list.position, size=PAGE_SIZE)

    def _before_request(self) -> None:
        """Wait for the account's turn; a page may take many requests, and is abandoned when the run is to stop."""
        self.throttle.wait()
        if self.is_in_page:
            self.lease.check()
        self.is_in_page = True

    def _store(self, sync_list: SyncList, page: Page) -> None:
        """Store the page's rows, the list's cursor and counters, and the run's progress, all or nothing."""
        now = self.clock.now()
        self.lease.spend(now)
        self.run.failure_count = 0
        store = self._store_scan if self.run.kind == RunKind.SCAN else self._store_import
        with transaction.atomic():
            if not store(sync_list, page, now):
                raise Superseded
        self._send_lineage()

    def _store_scan(self, sync_list: SyncList, page: Page, now: datetime) -> bool:
        listed = _listed(sync_list, page, outcomes_of_scan(self.run, page))
        advance(sync_list, page, listed, self.run)
        return checkpoint.keep(self.run, sync_list, [], Listed([], [], is_counted=False), page=listed)

    def _store_import(self, sync_list: SyncList, page: Page, now: datetime) -> bool:
        run = self.run
        batch = ingest(run.owner_id, page.items, provider_id=run.provider_id, account_id=run.account_id, now=now)
        listed = _listed(sync_list, page, batch.items)
        if run.create_lineage:
            run.pending_lineage = [*run.pending_lineage, *batch.lineage_ids]
            run.pending_lost_name_ids = [*run.pending_lost_name_ids, *batch.lost_name_ids]
        problems = problems_of(run, sync_list, page, batch.items)
        advance(sync_list, page, listed, run, merged=batch.merged)
        return checkpoint.keep(run, sync_list, problems, unlisted.listed_by(run, batch), page=listed)

    def _send_lineage(self) -> None:
        """Rebuild the lineage that was asked for; it is saved with the page, so that no crash or failure loses it."""
        run = self.run
        if not (run.pending_lineage or run.pending_lost_name_ids):
            return
        answers = assets_imported.send_robust(
            sender=LibraryWalk,
            owner_id=run.owner_id,
            asset_ids=run.pending_lineage,
            lost_name_ids=run.pending_lost_name_ids,
            create_lineage=True,
            now=self.clock.now(),
        )
        if not any(isinstance(answer, Exception) for _, answer in answers):
            run.pending_lineage, run.pending_lost_name_ids = [], []
            self.lease.update(pending_lineage=[], pending_lost_name_ids=[])

    def _pause_after(self, error: ProviderError) -> jobs.Step | datetime:
        """Wait before the next try, here or by a pause of the run; stop the run after a permanent error."""
        self.run.failure_count += 1
        if error.permanent or self.run.failure_count >= FAILURES_MAX:
            self.lease.fail_by(error)
            raise RunEnded
        self.lease.update(failure_count=self.run.failure_count)
        seconds = self._pause_seconds(error)
        if seconds > INLINE_PAUSE_SECONDS:
            return self.lease.pause(seconds, title=error.title, detail=error.message)
        self.clock.sleep(seconds)
        return jobs.Step.MORE

    def _pause_seconds(self, error: ProviderError) -> float:
        if error.retry_after_seconds is not None:
            return min(error.retry_after_seconds, RETRY_AFTER_SECONDS_MAX)
        return min(2.0 ** (self.run.failure_count - 1), PAUSE_SECONDS_MAX) * random.uniform(0.5, 1.0)

    def _finish(self) -> jobs.Step:
        if self.run.pending_lineage or self.run.pending_lost_name_ids:
            self.lease.fail(LINEAGE_FAILED)
            raise RunEnded
        return jobs.Step.DONE


def _listed(sync_list: SyncList, page: Page, outcomes: Sequence[Ingested]) -> ListedPage:
    media_type = MEDIA_OF_LIST[ListPart.from_key(sync_list.list_key).remote_list]
    return ListedPage.of(page.items, outcomes, media_type)


def begin(lease: SyncLease) -> jobs.Stepper:
    """Begin an execution of a run; returns the function that reads and stores one page."""
    return LibraryWalk(lease).step


def finish(run: SyncRun, now: datetime) -> None:
    """Mark what a whole import did not find; called in the transaction that marks the run as done."""
    unlisted_count = unlisted.mark_unlisted(run, now=now)
    SyncRun.objects.filter(pk=run.pk).update(unlisted_count=unlisted_count)
    unlisted.forget_unlisted_items(run)


SYNC = jobs.RunKind(
    slug="sync",
    model=SyncRun,
    task_name="assets.run_sync",
    begin=begin,
    finish=finish,
    lease_class=SyncLease,
    list_title="Scans and imports",
)


def execute(run_id: int, *, clock: Clock, is_stopping: Callable[[], bool] = lambda: False) -> datetime | None:
    """Execute a scan or import until it ends, is cancelled or pauses; see `common.runs.jobs.execute`."""
    return jobs.execute(SYNC, run_id, clock=clock, is_stopping=is_stopping)
