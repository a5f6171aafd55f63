"""Rebuild runs: noted by a person, done batch by batch, cancelled, resumed, applied."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.utils import timezone

from assets.ingest.batch import ingest
from assets.models import Asset, RunKind, RunMode, SyncRun
from assets.sync_runs.start import start as begin_import
from common.runs import RunState, lifecycle
from common.runs.lease import Interrupted
from common.throttle import Clock
from lineage.models import LineageEdge, RebuildFinding, RebuildMode, RebuildRun
from lineage.rebuild import runner
from lineage.rebuild.catch_up import first_change
from lineage.rebuild.runner import execute
from lineage.rebuild.start import NotApplicable, apply, start
from providers import registry
from tests.factories import NOW, AccountFactory, AssetFactory, EdgeFactory
from tests.lineage.rebuild.test_batch import bring_in
from tests.payloads import extend, video
from tests.runs import stop_by_error

CLOCK = Clock(now=timezone.now, sleep=time.sleep)


def noted(owner: User, **changes: object) -> RebuildRun:
    return start(owner.pk, **{"clear_existing": True, "now": NOW, **changes})  # type: ignore[arg-type]


def done(run: RebuildRun) -> RebuildRun:
    execute(run.pk, clock=CLOCK)
    run.refresh_from_db()
    return run


def completing(owner: User, stub: Asset, run: RebuildRun) -> Callable[[], bool]:
    """Import the item of a stub once the run's cursor is behind it; returns what `is_stopping` calls."""
    extractor = registry.extractor("pixverse")

    def import_once() -> bool:
        run.refresh_from_db()
        stub.refresh_from_db()
        if stub.is_stub and run.cursor > stub.pk:
            records = [extractor.asset(extend(1, of_id=30))]
            ingest(owner.pk, records, provider_id="pixverse", account_id=None, now=timezone.now())
        return False

    return import_once


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BATCH_SIZE", 2)


@pytest.fixture
def chain_of_six(alice: User) -> list[int]:
    """Clips each extended from the one before; the first names one that is not here."""
    return bring_in(alice, *(extend(number, of_id=number - 1) for number in range(2, 8)))


class TestStart:
    def test_notes_the_whole_library(self, alice: User, chain_of_six: list[int]) -> None:
        run = noted(alice, provider_id="pixverse")

        run.refresh_from_db()
        assert (run.state, run.is_of_library, run.total_count) == (RunState.QUEUED, True, 6)

    def test_notes_each_asset_once(self, alice: User) -> None:
        run = noted(alice, asset_ids=[3, 1, 3])

        run.refresh_from_db()
        assert (run.asset_ids, run.is_of_library, run.total_count) == ([1, 3], False, 2)

    @pytest.mark.parametrize("mode", RebuildMode)
    def test_refuses_a_second_one(self, alice: User, mode: RebuildMode) -> None:
        first = noted(alice)

        with pytest.raises(lifecycle.AlreadyRunning, match="is running") as refusal:
            noted(alice, mode=mode)

        assert refusal.value.run == first

    def test_lets_others_have_theirs(self, alice: User, bob: User) -> None:
        noted(alice)
        noted(bob)

        assert RebuildRun.objects.count() == 2

    def test_drops_what_old_previews_found(self, alice: User) -> None:
        bring_in(alice, video(1), extend(2, of_id=1))
        looks = [done(noted(alice, mode=RebuildMode.PREVIEW)) for _ in range(6)]

        kept = set(RebuildFinding.objects.values_list("run_id", flat=True))

        assert kept == {look.pk for look in looks[1:]}


class TestExecute:
    def test_does_the_whole_library(self, alice: User, bob: User) -> None:
        bring_in(alice, video(1), extend(2, of_id=1), extend(3, of_id=2))
        bring_in(bob, extend(2, of_id=1))

        run = done(noted(alice))

        assert (run.state, run.total_count, run.done_count, run.new_edges) == (RunState.SUCCEEDED, 3, 3, 2)
        assert (run.changed_count, run.noted_count, run.removed_edges, run.unchanged_edges) == (2, 0, 0, 0)
        assert run.started_at is not None
        assert run.finished_at is not None
        assert set(LineageEdge.objects.values_list("owner_id", flat=True)) == {alice.pk}

    def test_does_only_what_is_named(self, alice: User, chain_of_six: list[int]) -> None:
        run = done(noted(alice, asset_ids=chain_of_six[:2]))

        assert (run.done_count, run.new_edges) == (2, 2)
        assert set(LineageEdge.objects.values_list("child_id", flat=True)) == set(chain_of_six[:2])

    def test_tells_of_every_asset_with_a_note(self, alice: User) -> None:
        quiet = AssetFactory(owner=alice)
        [odd] = bring_in(alice, extend(8, of_path="pixverse/mp4/media/web/ori/clip8_seed8.mp4"))

        run = done(noted(alice, asset_ids=[quiet.pk, odd, 2**40]))

        told = set(run.findings.values_list("asset_id", "status", "reason"))
        assert told == {
            (quiet.pk, "no_metadata", ""),
            (odd, "ok", "The asset is listed as its own parent."),
            (2**40, "not_found", ""),
        }
        assert run.noted_count == 3

    def test_lists_no_more_changes_than_a_page_can_use(
        self, alice: User, chain_of_six: list[int], small_batches: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lineage.rebuild.results.CHANGES_KEPT_MAX", 3)

        run = done(noted(alice))

        assert (run.changed_count, run.findings.count()) == (6, 3)

    def test_counts_what_comes_in_meanwhile(self, alice: User, chain_of_six: list[int]) -> None:
        run = noted(alice)
        bring_in(alice, extend(8, of_id=7))

        run = done(run)

        assert (run.done_count, run.total_count) == (7, 7)

    def test_reads_again_what_is_completed_behind_its_cursor(
        self, alice: User, chain_of_six: list[int], small_batches: None
    ) -> None:
        done(noted(alice, asset_ids=chain_of_six[:1]))
        stub = Asset.objects.get(is_stub=True)
        bring_in(alice, *(video(number) for number in range(20, 26)))
        run = noted(alice)

        execute(run.pk, clock=CLOCK, is_stopping=completing(alice, stub, run))

        run.refresh_from_db()
        assert LineageEdge.objects.filter(child=stub).exists()
        assert (run.done_count, run.total_count, run.was_import_running) == (12, 12, False)

    def test_says_when_an_import_is_not_over(self, alice: User, chain_of_six: list[int]) -> None:
        account = AccountFactory(owner=alice)
        open_import = begin_import(account, kind=RunKind.IMPORT, mode=RunMode.FULL, now=NOW)

        with_lineage = done(noted(alice))
        SyncRun.objects.filter(pk=open_import.pk).update(create_lineage=True)
        without = done(noted(alice))

        assert (with_lineage.was_import_running, without.was_import_running) == (True, False)

    def test_catches_up_on_the_page_that_an_import_is_at(self, alice: User) -> None:
        began_at = timezone.now()
        stored_at = began_at - timedelta(minutes=3)
        run = noted(alice)
        run.started_at = began_at
        account = AccountFactory(owner=alice)
        open_import = begin_import(account, kind=RunKind.IMPORT, mode=RunMode.FULL, now=NOW)

        before = first_change(run, now=began_at)
        SyncRun.objects.filter(pk=open_import.pk).update(progress_at=stored_at)

        assert (before, first_change(run, now=began_at)) == (began_at, stored_at)

    def test_goes_on_where_it_stopped(self, alice: User, chain_of_six: list[int], small_batches: None) -> None:
        run = noted(alice, provider_id="pixverse", asset_ids=chain_of_six)
        RebuildRun.objects.update(state=RunState.RUNNING, cursor=sorted(chain_of_six)[1], done_count=2)

        run = done(run)

        assert (run.state, run.done_count, run.new_edges) == (RunState.SUCCEEDED, 6, 4)

    def test_does_nothing_when_it_is_over(self, alice: User) -> None:
        run = done(noted(alice))
        bring_in(alice, extend(2, of_id=1))

        done(run)

        assert not LineageEdge.objects.exists()
        assert Asset.objects.count() == 1

    def test_counts_the_time_it_works(self, alice: User, chain_of_six: list[int], small_batches: None) -> None:
        run = noted(alice)
        ticks = iter(NOW + timedelta(seconds=number) for number in range(100))

        execute(run.pk, clock=Clock(now=lambda: next(ticks), sleep=time.sleep))

        run.refresh_from_db()
        assert 3 <= run.active_seconds <= 12

    def test_stops_before_the_next_batch_when_its_worker_does(
        self, alice: User, chain_of_six: list[int], small_batches: None
    ) -> None:
        run = noted(alice)
        answers = iter([False, True])

        with pytest.raises(Interrupted):
            execute(run.pk, clock=CLOCK, is_stopping=lambda: next(answers))

        run.refresh_from_db()
        assert (run.state, run.done_count) == (RunState.RUNNING, 2)
        assert done(run).done_count == 6

    def test_gives_way_to_a_later_worker(self, alice: User, chain_of_six: list[int], small_batches: None) -> None:
        run = noted(alice)

        execute(run.pk, clock=CLOCK, is_stopping=once(lambda: execute(run.pk, clock=CLOCK)))

        run.refresh_from_db()
        assert (run.state, run.execution, run.done_count, run.new_edges) == (RunState.SUCCEEDED, 2, 6, 6)

    def test_leaves_nothing_of_a_batch_that_breaks(
        self, alice: User, chain_of_six: list[int], small_batches: None
    ) -> None:
        run = noted(alice)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE lineage_rebuildfinding ADD CONSTRAINT full_disk CHECK (false)")

        with pytest.raises(IntegrityError):
            execute(run.pk, clock=CLOCK)

        run.refresh_from_db()
        assert (run.state, run.cursor, run.done_count) == (RunState.FAILED, 0, 0)
        assert not LineageEdge.objects.exists()


class TestPreview:
    def test_finds_what_a_rebuild_would_do_and_does_not_do_it(self, alice: User, chain_of_six: list[int]) -> None:
        look = done(noted(alice, mode=RebuildMode.PREVIEW))

        assert (look.state, look.done_count, look.changed_count, look.new_edges) == (RunState.SUCCEEDED, 6, 6, 6)
        assert not LineageEdge.objects.exists()
        assert not Asset.objects.filter(is_stub=True).exists()
        edges = RebuildFinding.objects.get(asset_id=chain_of_six[1]).edges
        assert [edge["parent"]["asset_id"] for edge in edges["added"]] == [chain_of_six[0]]
        assert edges["removed"] == []

    def test_finds_nothing_after_the_rebuild(self, alice: User, chain_of_six: list[int]) -> None:
        done(noted(alice))

        look = done(noted(alice, mode=RebuildMode.PREVIEW))

        assert (look.changed_count, look.new_edges, look.removed_edges, look.unchanged_edges) == (0, 0, 0, 6)
        assert not look.findings.exists()

    def test_goes_on_where_it_stopped(self, alice: User, chain_of_six: list[int], small_batches: None) -> None:
        look = noted(alice, mode=RebuildMode.PREVIEW)
        answers = iter([False, True])
        with pytest.raises(Interrupted):
            execute(look.pk, clock=CLOCK, is_stopping=lambda: next(answers))

        done(look)

        assert sorted(look.findings.values_list("asset_id", flat=True)) == sorted(chain_of_six)


class TestApply:
    @pytest.fixture
    def look(self, alice: User, chain_of_six: list[int]) -> RebuildRun:
        return done(noted(alice, mode=RebuildMode.PREVIEW, provider_id="pixverse", clear_existing=False))

    def test_rebuilds_all_that_would_change(self, look: RebuildRun, chain_of_six: list[int]) -> None:
        run = done(apply(look, now=NOW))

        assert (run.preview, run.provider_id, run.clear_existing) == (look, "pixverse", False)
        assert (run.done_count, run.new_edges) == (6, 6)

    def test_rebuilds_what_is_chosen(self, look: RebuildRun, chain_of_six: list[int]) -> None:
        look.findings.exclude(asset_id=chain_of_six[2]).update(is_chosen=False)

        done(apply(look, now=NOW))

        assert LineageEdge.objects.get().child_id == chain_of_six[2]

    def test_rebuilds_what_is_named_of_it(self, look: RebuildRun, chain_of_six: list[int]) -> None:
        stranger = AssetFactory(owner_id=look.owner_id)

        run = apply(look, asset_ids=[chain_of_six[3], stranger.pk], now=NOW)

        assert run.asset_ids == [chain_of_six[3]]

    def test_rebuilds_as_things_are_then(self, look: RebuildRun, alice: User, chain_of_six: list[int]) -> None:
        Asset.objects.filter(pk=chain_of_six[1]).update(media_metadata={})

        run = done(apply(look, now=NOW))

        assert (run.new_edges, run.noted_count) == (5, 1)

    def test_refuses_when_nothing_is_chosen(self, look: RebuildRun) -> None:
        look.findings.update(is_chosen=False)

        with pytest.raises(NotApplicable, match="No asset is selected"):
            apply(look, now=NOW)

    def test_refuses_a_rebuild(self, alice: User) -> None:
        run = done(noted(alice))

        with pytest.raises(NotApplicable):
            apply(run, now=NOW)

    def test_refuses_a_preview_that_is_not_over(self, alice: User) -> None:
        with pytest.raises(NotApplicable):
            apply(noted(alice, mode=RebuildMode.PREVIEW), now=NOW)


class TestCancel:
    def test_ends_one_that_waits_at_once(self, alice: User) -> None:
        run = lifecycle.cancel(noted(alice), now=NOW)

        assert (run.state, run.finished_at) == (RunState.CANCELLED, NOW)

    def test_ends_one_under_way_within_a_batch(self, alice: User, chain_of_six: list[int], small_batches: None) -> None:
        run = noted(alice)

        execute(run.pk, clock=CLOCK, is_stopping=once(lambda: lifecycle.cancel(run, now=NOW)))

        run.refresh_from_db()
        assert (run.state, run.done_count) == (RunState.CANCELLED, 4)

    def test_leaves_one_that_is_over_alone(self, alice: User) -> None:
        run = done(noted(alice))

        assert lifecycle.cancel(run, now=NOW).state == RunState.SUCCEEDED


class TestResume:
    @pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED])
    def test_goes_on_from_the_cursor(
        self, alice: User, chain_of_six: list[int], small_batches: None, state: RunState
    ) -> None:
        run = noted(alice)
        RebuildRun.objects.update(
            state=state, cursor=sorted(chain_of_six)[1], done_count=2, error_detail="It broke down."
        )

        run = lifecycle.resume(run)

        assert (run.state, run.error_text, run.finished_at) == (RunState.QUEUED, "", None)
        assert done(run).new_edges == 4

    def test_refuses_one_that_is_over(self, alice: User) -> None:
        with pytest.raises(lifecycle.NotResumable):
            lifecycle.resume(done(noted(alice)))

    def test_refuses_while_another_is_under_way(self, alice: User) -> None:
        stopped = lifecycle.cancel(noted(alice), now=NOW)
        noted(alice)

        with pytest.raises(lifecycle.AlreadyRunning):
            lifecycle.resume(stopped)


class TestFail:
    def test_says_that_a_run_stopped(self, alice: User) -> None:
        run = noted(alice)
        RebuildRun.objects.update(state=RunState.RUNNING)

        stop_by_error(RebuildRun, run.pk)

        run.refresh_from_db()
        assert (run.state, run.finished_at) == (RunState.FAILED, NOW)
        assert "log" in run.error_text


class TestOwner:
    def test_of_a_finding_is_that_of_its_run(self, alice: User, bob: User) -> None:
        run = noted(alice)

        with pytest.raises(Exception, match="owner"):
            RebuildFinding.objects.create(owner=bob, run=run, asset_id=1, status="ok")


class TestManualEdges:
    def test_are_untouched(self, alice: User, chain_of_six: list[int]) -> None:
        drawn = EdgeFactory(child_id=chain_of_six[0], parent=AssetFactory(owner=alice), owner=alice, evidence="manual")
        made = EdgeFactory(
            child_id=chain_of_six[1], parent=AssetFactory(owner=alice), owner=alice, evidence="generation"
        )

        look = done(noted(alice, mode=RebuildMode.PREVIEW))
        run = done(noted(alice))

        assert (look.removed_edges, run.removed_edges) == (0, 0)
        assert LineageEdge.objects.filter(pk__in=[drawn.pk, made.pk]).count() == 2


def once(act: Callable[[], object]) -> Callable[[], bool]:
    """Asked whether to stop: never, but the second time something happens first."""
    asked: list[datetime] = []

    def is_stopping() -> bool:
        asked.append(timezone.now())
        if len(asked) == 2:
            act()
        return False

    return is_stopping
