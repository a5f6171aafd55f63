"""Whole-library runs, with a provider that does what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User

from assets.models import Asset, ListPhase, RunKind, RunMode, SyncList, SyncProblem, SyncRun
from assets.sync_runs import problems, runner
from assets.sync_runs.progress import summarize
from assets.sync_runs.start import start
from common.runs import RunState, lifecycle
from common.runs.lease import Interrupted
from common.runs.lifecycle import AlreadyRunning, NotResumable
from common.throttle import Clock
from common.vocabulary import Origin
from lineage.models import LineageEdge
from providers import registry
from providers.base import Adapter, Capability, ListPart, RemoteList
from providers.errors import AccountDisabled, Authentication, ProviderError, RateLimited, Unavailable
from providers.models import AccountState, ProviderAccount
from providers.pixverse.extractor import PixverseExtractor
from providers.records import InvalidItem, Page
from tests.factories import NOW, AccountFactory
from tests.payloads import extend, video
from tests.runs import stop_by_error

MADE = ListPart(RemoteList.VIDEOS, Origin.GENERATED)
UPLOADED = ListPart(RemoteList.VIDEOS, Origin.UPLOADED)


class ScriptedAdapter(Adapter):
    """A provider with two lists, whose pages and failures a test lays out; positions are plain offsets."""

    provider_id = "scripted"
    display_name = "Scripted"
    capabilities = frozenset({Capability.WALK_ASSETS})
    list_parts = (MADE, UPLOADED)
    page_size = 3
    requests_a_page: ClassVar[int] = 1
    sent: ClassVar[int] = 0
    items: ClassVar[dict[str, list[Any]]] = {}
    failures: ClassVar[list[ProviderError | None]] = []
    asked: ClassVar[list[tuple[str, str]]] = []
    before_page: ClassVar[list[Callable[[], object]]] = []

    def walk(self, part: ListPart, *, position: str, size: int) -> Page:
        self.asked.append((part.key, position))
        self.send()
        if self.before_page:
            self.before_page.pop(0)()
        for _ in range(self.requests_a_page - 1):
            self.send()
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
        rows, start = self.items.get(part.key, []), int(position or 0)
        window = rows[start : start + self.page_size]
        end = start + len(window)
        return Page(tuple(window), str(end) if end < len(rows) else None, len(rows))

    def send(self) -> None:
        """Calls `before_request` as every adapter does before it sends a request."""
        self.connection.before_request()
        ScriptedAdapter.sent += 1


class TickingClock:
    """Time that passes by a second at each look, and by as much as anybody sleeps."""

    def __init__(self) -> None:
        self.time = NOW
        self.slept: list[float] = []

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


def clips(*numbers: int) -> list[Any]:
    return [PixverseExtractor().asset(video(number)) for number in numbers]


@pytest.fixture(autouse=True)
def script(settings: Any) -> Iterator[type[ScriptedAdapter]]:
    settings.SYNC_REQUESTS_PER_SECOND = 0
    ScriptedAdapter.items = {MADE.key: clips(*range(10, 17)), UPLOADED.key: clips(20, 21)}
    ScriptedAdapter.failures, ScriptedAdapter.asked, ScriptedAdapter.before_page = [], [], []
    ScriptedAdapter.requests_a_page, ScriptedAdapter.sent = 1, 0
    with registry.registered(
        "scripted",
        adapter=f"{__name__}.ScriptedAdapter",
        extractor="providers.pixverse.extractor.PixverseExtractor",
    ):
        yield ScriptedAdapter


@pytest.fixture
def account(alice: User) -> ProviderAccount:
    return AccountFactory(owner=alice, provider_id="scripted")


@pytest.fixture
def ticking() -> TickingClock:
    return TickingClock()


def begin(account: ProviderAccount, **changes: Any) -> SyncRun:
    asked: dict[str, Any] = {"kind": RunKind.IMPORT, "mode": RunMode.FULL, "now": NOW, **changes}
    return start(account, **asked)


def work(run: SyncRun, clock: TickingClock) -> datetime | None:
    continue_at = runner.execute(run.pk, clock=Clock(now=clock.now, sleep=clock.sleep))
    run.refresh_from_db()
    return continue_at


def counted(run: SyncRun) -> tuple[int, int, int, int]:
    progress = summarize(run, now=NOW)
    return progress.progress.done, progress.created, progress.existing, progress.invalid


class TestStart:
    def test_notes_every_list(self, account: ProviderAccount) -> None:
        run = begin(account)

        assert run.state == RunState.QUEUED
        assert list(run.lists.order_by("pk").values_list("list_key", flat=True)) == [MADE.key, UPLOADED.key]

    def test_tells_the_second_of_the_first(self, account: ProviderAccount) -> None:
        first = begin(account)

        with pytest.raises(AlreadyRunning) as told:
            begin(account)

        assert told.value.run == first
        assert SyncRun.objects.count() == 1

    def test_refuses_a_disabled_account(self, account: ProviderAccount) -> None:
        account.is_enabled = False

        with pytest.raises(AccountDisabled):
            begin(account)

        assert not SyncRun.objects.exists()


class TestExecute:
    def test_imports_every_list(self, account: ProviderAccount, ticking: TickingClock) -> None:
        run = begin(account)

        work(run, ticking)

        assert run.state == RunState.SUCCEEDED
        assert counted(run) == (9, 9, 0, 0)
        assert Asset.objects.count() == 9

    def test_again_finds_everything_here(self, account: ProviderAccount, ticking: TickingClock) -> None:
        work(begin(account), ticking)
        run = begin(account)

        work(run, ticking)

        assert counted(run) == (9, 0, 9, 0)

    def test_looks_again_at_the_newest(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        script.before_page = [lambda: None, lambda: None, lambda: script.items[MADE.key].insert(0, clips(25)[0])]
        run = begin(account)

        work(run, ticking)

        assert Asset.objects.filter(provider_asset_id="4000000000025").exists()

    def test_stops_an_incremental_run_at_the_first_page_without_news(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        work(begin(account), ticking)
        script.items[MADE.key].insert(0, clips(25)[0])
        script.asked.clear()
        run = begin(account, mode=RunMode.INCREMENTAL)

        work(run, ticking)

        assert counted(run)[1] == 1
        assert script.asked == [(MADE.key, ""), (UPLOADED.key, ""), (MADE.key, "3")]

    @pytest.mark.parametrize("kind", RunKind)
    def test_goes_on_behind_a_page_with_something_unfinished(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter], kind: RunKind
    ) -> None:
        script.items[MADE.key][0] = PixverseExtractor().asset(video(10, video_status=5))
        work(begin(account), ticking)
        script.asked.clear()

        work(begin(account, kind=kind, mode=RunMode.INCREMENTAL), ticking)

        assert script.asked == [(MADE.key, ""), (UPLOADED.key, ""), (MADE.key, "3")]

    def test_scans_without_writing_in_the_library(self, account: ProviderAccount, ticking: TickingClock) -> None:
        run = begin(account, kind=RunKind.SCAN)

        work(run, ticking)

        assert (run.state, counted(run)) == (RunState.SUCCEEDED, (9, 9, 0, 0))
        assert not Asset.objects.exists()

    def test_ends_a_list_that_never_ends(
        self,
        account: ProviderAccount,
        ticking: TickingClock,
        script: type[ScriptedAdapter],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("assets.sync_runs.list_cursor.PAGES_MAX", 2)
        run = begin(account)

        work(run, ticking)

        ended = run.lists.get(list_key=MADE.key)
        assert (run.state, ended.phase, ended.is_complete, ended.seen) == (RunState.SUCCEEDED, ListPhase.DONE, False, 6)
        assert run.lists.get(list_key=UPLOADED.key).is_complete

    def test_keeps_rotten_items_with_their_reasons(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        script.items[MADE.key].insert(1, InvalidItem("7", "It is malformed.", {"video_id": 7}))
        run = begin(account)

        work(run, ticking)

        problem = SyncProblem.objects.get(run=run)
        assert (problem.provider_asset_id, problem.reason, problem.payload) == (
            "7",
            "It is malformed.",
            {"video_id": 7},
        )
        assert counted(run) == (10, 9, 0, 1)

    @pytest.mark.parametrize("is_malformed", [False, True], ids=["item", "malformed item"])
    def test_takes_a_page_in_although_an_item_is_nested_deeply(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter], is_malformed: bool
    ) -> None:
        nested: dict[str, Any] = {}
        for _ in range(900):
            nested = {"inner": nested}
        deep = video(18, extra=nested)
        record = InvalidItem("", "Malformed.", deep) if is_malformed else PixverseExtractor().asset(deep)
        script.items[MADE.key][1] = record
        run = begin(account)

        work(run, ticking)

        assert (run.state, counted(run)) == (RunState.SUCCEEDED, (9, 9 - is_malformed, 0, is_malformed))

    def test_makes_the_lineage_that_was_asked_for(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        child = PixverseExtractor().asset(extend(30, of_id=10))
        script.items[UPLOADED.key].insert(0, child)
        Asset.objects.update(provider_id="scripted")

        work(begin(account, create_lineage=True), ticking)

        edge = LineageEdge.objects.get()
        assert edge.parent.provider_asset_id == "4000000000010"

    def test_rests_briefly_in_place(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        script.failures = [Unavailable("Away."), RateLimited("Slow down.", retry_after_seconds=3), None]
        run = begin(account)

        work(run, ticking)

        assert run.state == RunState.SUCCEEDED
        assert ticking.slept[1] == 3
        assert run.failure_count == 0

    def test_gives_the_worker_back_for_a_long_rest(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        script.failures = [None, RateLimited("Slow down.", retry_after_seconds=60)]
        run = begin(account)

        continue_at = work(run, ticking)

        assert continue_at is not None
        assert (run.state, run.continue_at) == (RunState.RUNNING, continue_at)
        assert Asset.objects.count() == 3
        assert work(run, ticking) is None
        assert (run.state, counted(run)) == (RunState.SUCCEEDED, (9, 9, 0, 0))

    @pytest.mark.parametrize(("named", "rest"), [(3600, 3600), (10**6, 86_400)], ids=["an hour", "eleven days"])
    def test_rests_as_long_as_the_provider_asks_for_up_to_a_day(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter], named: int, rest: int
    ) -> None:
        script.failures = [RateLimited("Slow down.", retry_after_seconds=named)]

        continue_at = work(begin(account), ticking)

        assert continue_at == ticking.time + timedelta(seconds=rest)

    def test_stops_after_many_failures_in_a_row(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        script.failures = [Unavailable("Away.") for _ in range(50)]
        run = begin(account)

        while work(run, ticking) is not None:
            pass

        assert (run.state, run.error_code) == (RunState.FAILED, "provider_unavailable")
        assert len(script.asked) == runner.FAILURES_MAX

    def test_stops_at_once_for_a_dead_sign_in_and_goes_on_after_a_new_one(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        script.failures = [None, Authentication("The token has ended.")]
        run = begin(account)
        work(run, ticking)
        account.refresh_from_db()
        stopped = (run.state, run.error_code, account.state)

        work(lifecycle.resume(run), ticking)

        assert stopped == (RunState.FAILED, "provider_authentication", AccountState.NEEDS_SIGN_IN)
        run.refresh_from_db()
        assert (run.state, run.error_code, counted(run)) == (RunState.SUCCEEDED, "", (9, 9, 0, 0))
        assert script.asked[1:3] == [(UPLOADED.key, ""), (UPLOADED.key, "")]

    def test_does_nothing_when_the_run_is_over(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run = begin(account)
        work(run, ticking)
        script.asked.clear()

        work(run, ticking)

        assert script.asked == []

    def test_writes_nothing_once_another_worker_has_it(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run = begin(account)
        script.before_page = [lambda: None, lambda: SyncRun.objects.update(execution=99)]

        work(run, ticking)

        assert Asset.objects.count() == 3
        assert run.state == RunState.RUNNING
        assert SyncList.objects.get(list_key=MADE.key).position == "3"

    def test_keeps_the_pace(self, account: ProviderAccount, ticking: TickingClock, settings: Any) -> None:
        settings.SYNC_REQUESTS_PER_SECOND = 0.1
        run = begin(account)

        work(run, ticking)

        assert run.started_at is not None
        assert run.finished_at is not None
        assert (run.finished_at - run.started_at).total_seconds() >= (ScriptedAdapter.sent - 1) * 10

    def test_keeps_the_pace_within_a_page(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter], settings: Any
    ) -> None:
        settings.SYNC_REQUESTS_PER_SECOND = 0.1
        script.requests_a_page = 7

        work(begin(account), ticking)

        assert len(ticking.slept) == script.sent - 1 == len(script.asked) * 7 - 1

    def test_tells_rate_and_time_left(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        script.failures = [None, None, None, RateLimited("Slow down.", retry_after_seconds=60)]
        run = begin(account)
        work(run, ticking)

        progress = summarize(run, now=ticking.now()).progress

        assert (progress.done, progress.total) == (8, 9)
        assert progress.per_second is not None
        assert progress.time_left is not None
        assert run.error_detail == "Slow down."

    def test_knows_the_whole_once_each_list_was_asked_for_a_page(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run = begin(account)
        first = summarize(run, now=NOW)

        work(run, ticking)

        assert first.progress.total is None
        assert script.asked[:3] == [(MADE.key, ""), (UPLOADED.key, ""), (MADE.key, "3")]


class TestInterrupted:
    def test_leaves_the_run_open_to_go_on_from_its_page(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run = begin(account)
        clock = Clock(now=ticking.now, sleep=ticking.sleep)

        with pytest.raises(Interrupted):
            runner.execute(run.pk, clock=clock, is_stopping=lambda: len(script.asked) == 2)
        run.refresh_from_db()
        put_down = (run.state, counted(run)[0])
        work(run, ticking)

        assert put_down == (RunState.RUNNING, 5)
        assert (run.state, counted(run)) == (RunState.SUCCEEDED, (9, 9, 0, 0))
        assert script.asked.count((MADE.key, "3")) == 1


class TestFail:
    def test_says_that_it_broke_down_and_lets_it_be_resumed(self, account: ProviderAccount) -> None:
        run = begin(account)
        SyncRun.objects.update(state=RunState.RUNNING)

        stop_by_error(SyncRun, run.pk)

        run.refresh_from_db()
        assert (run.state, run.error_code, run.is_resumable) == (RunState.FAILED, "run_broke_down", True)

    def test_leaves_a_cancelled_one_alone(self, account: ProviderAccount) -> None:
        run = lifecycle.cancel(begin(account), now=NOW)

        stop_by_error(SyncRun, run.pk)

        run.refresh_from_db()
        assert (run.state, run.error_code) == (RunState.CANCELLED, "")


class TestCancel:
    def test_ends_a_queued_run_at_once(self, account: ProviderAccount, ticking: TickingClock) -> None:
        run = lifecycle.cancel(begin(account), now=NOW)

        work(run, ticking)

        assert run.state == RunState.CANCELLED
        assert ScriptedAdapter.asked == []

    def test_ends_a_running_one_after_its_page(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run = begin(account)
        script.before_page = [lambda: None, lambda: lifecycle.cancel(run, now=NOW) and None]

        work(run, ticking)

        assert (run.state, counted(run)[0]) == (RunState.CANCELLED, 5)
        assert len(script.asked) == 2

    @pytest.mark.parametrize(("is_gone", "code"), [(False, "account_disabled"), (True, "account_deleted")])
    def test_asks_nothing_more_with_an_account_that_may_not_be_used(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter], is_gone: bool, code: str
    ) -> None:
        run = begin(account)
        owned = ProviderAccount.objects.filter(pk=account.pk)
        script.requests_a_page = 2
        script.before_page = [lambda: None, lambda: owned.delete() if is_gone else owned.update(is_enabled=False)]

        work(run, ticking)

        assert (run.state, run.error_code) == (RunState.FAILED, code)
        assert (script.sent, counted(run)[0]) == (3, 3)

    def test_ends_one_in_the_middle_of_a_page(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run = begin(account)
        script.before_page = [lambda: None, lambda: lifecycle.cancel(run, now=NOW) and None]
        script.requests_a_page = 50

        work(run, ticking)

        assert (run.state, counted(run)[0]) == (RunState.CANCELLED, 3)
        assert script.sent == 51

    def test_can_be_taken_back_by_resuming(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run = begin(account)
        script.before_page = [lambda: lifecycle.cancel(run, now=NOW) and None]
        work(run, ticking)

        work(lifecycle.resume(run), ticking)

        run.refresh_from_db()
        assert (run.state, counted(run)) == (RunState.SUCCEEDED, (9, 9, 0, 0))
        assert set(run.lists.values_list("phase", flat=True)) == {ListPhase.DONE}

    def test_ends_one_that_rests(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        script.failures = [RateLimited("Slow down.", retry_after_seconds=60)]
        run = begin(account)
        work(run, ticking)

        assert lifecycle.cancel(run, now=NOW).state == RunState.CANCELLED

    def test_leaves_a_finished_run_alone(self, account: ProviderAccount, ticking: TickingClock) -> None:
        run = begin(account)
        work(run, ticking)

        assert lifecycle.cancel(run, now=NOW).state == RunState.SUCCEEDED


class TestResume:
    def test_refuses_a_finished_run(self, account: ProviderAccount, ticking: TickingClock) -> None:
        run = begin(account)
        work(run, ticking)

        with pytest.raises(NotResumable):
            lifecycle.resume(run)

    def test_refuses_beside_an_open_run(self, account: ProviderAccount) -> None:
        old = lifecycle.cancel(begin(account), now=NOW)
        begin(account)

        with pytest.raises(AlreadyRunning):
            lifecycle.resume(old)

    def test_refuses_without_an_account(self, account: ProviderAccount) -> None:
        run = lifecycle.cancel(begin(account), now=NOW)
        account.delete()
        run.refresh_from_db()

        with pytest.raises(NotResumable):
            lifecycle.resume(run)


class TestRetryProblems:
    def test_brings_in_what_can_be_read_now(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        script.items[MADE.key] = [
            InvalidItem("4000000000005", "Malformed once.", video(5)),
            InvalidItem("", "Null.", None),
        ]
        run = begin(account)
        work(run, ticking)

        resolved = problems.retry_problems(run, now=NOW)

        assert resolved == 1
        assert list(SyncProblem.objects.filter(is_resolved=False).values_list("reason", flat=True)) == ["Null."]

    def test_brings_them_in_batch_by_batch(
        self,
        account: ProviderAccount,
        ticking: TickingClock,
        script: type[ScriptedAdapter],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(problems, "RETRIED_AT_ONCE", 2)
        script.items[MADE.key] = [InvalidItem(f"{number}", "Malformed once.", video(number)) for number in range(1, 6)]
        run = begin(account)
        work(run, ticking)

        assert problems.retry_problems(run, now=NOW) == 5

    @pytest.mark.parametrize(("create_lineage", "edges"), [(True, 1), (False, 0)], ids=["asked for", "not asked for"])
    def test_makes_the_lineage_that_the_run_was_to_make(
        self,
        account: ProviderAccount,
        ticking: TickingClock,
        script: type[ScriptedAdapter],
        create_lineage: bool,
        edges: int,
    ) -> None:
        script.items[MADE.key] = [*clips(5), InvalidItem("4000000000006", "Malformed once.", extend(6, of_id=5))]
        run = begin(account, create_lineage=create_lineage)
        work(run, ticking)

        problems.retry_problems(run, now=NOW)

        assert LineageEdge.objects.count() == edges
