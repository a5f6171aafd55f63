"""Rebuild runs: noted by a person, done by the worker."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assets.models import Asset
from lineage import rebuild_runs
from lineage.models import LineageEdge, RebuildRun, RebuildState
from lineage.rebuild_runs import run, start_run
from tests.assets.test_order import extend, video
from tests.factories import NOW
from tests.lineage.test_rebuild import bring_in


class TestRun:
    def test_does_the_whole_library(self, alice: User, bob: User) -> None:
        bring_in(alice, video(1), extend(2, of_id=1), extend(3, of_id=2))
        bring_in(bob, extend(2, of_id=1))
        noted = start_run(alice.pk, provider_id="", asset_ids=None, clear_existing=True, now=NOW)

        done = run(noted.pk, clock=timezone.now)

        assert (done.state, done.total_count, done.done_count, done.new_edges) == (RebuildState.SUCCEEDED, 3, 3, 2)
        assert set(LineageEdge.objects.values_list("owner_id", flat=True)) == {alice.pk}

    def test_goes_on_where_it_stopped(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rebuild_runs, "BATCH_SIZE", 2)
        ids = bring_in(alice, *(extend(n, of_id=n - 1) for n in range(2, 8)))
        noted = start_run(alice.pk, provider_id="pixverse", asset_ids=ids, clear_existing=True, now=NOW)
        noted.state, noted.cursor, noted.done_count = RebuildState.RUNNING, sorted(ids)[1], 2
        noted.save()

        done = run(noted.pk, clock=lambda: NOW)

        assert (done.state, done.done_count, done.new_edges) == (RebuildState.SUCCEEDED, 6, 4)

    def test_does_nothing_when_it_is_done(self, alice: User) -> None:
        noted = start_run(alice.pk, provider_id="", asset_ids=None, clear_existing=True, now=NOW)
        run(noted.pk, clock=lambda: NOW)
        bring_in(alice, extend(2, of_id=1))

        run(noted.pk, clock=lambda: NOW)

        assert not LineageEdge.objects.exists()
        assert Asset.objects.count() == 1


class TestTwoWorkers:
    def test_store_each_batch_once(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rebuild_runs, "BATCH_SIZE", 2)
        bring_in(alice, *(extend(n, of_id=n - 1) for n in range(2, 8)))
        noted = start_run(alice.pk, provider_id="", asset_ids=None, clear_existing=True, now=NOW)
        run(noted.pk, clock=lambda: NOW)
        stale = RebuildRun.objects.get(pk=noted.pk)
        stale.state, stale.cursor = RebuildState.RUNNING, 0

        rebuild_runs._run_batch(stale, NOW)

        noted.refresh_from_db()
        assert (noted.done_count, noted.new_edges) == (6, 6)


class TestFail:
    def test_says_why_a_run_stopped(self, alice: User) -> None:
        noted = start_run(alice.pk, provider_id="", asset_ids=None, clear_existing=True, now=NOW)
        RebuildRun.objects.update(state=RebuildState.RUNNING)

        rebuild_runs.fail(noted.pk, reason="A batch could not be stored.", now=NOW)

        noted.refresh_from_db()
        assert (noted.state, noted.error, noted.finished_at) == (
            RebuildState.FAILED,
            "A batch could not be stored.",
            NOW,
        )
