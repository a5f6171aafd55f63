"""Assets that are no longer listed are marked, and only after a complete full import."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assets.models import Asset, Reference, RunKind, RunMode, SyncList, SyncRun, SyncSeen
from common.runs import RunState, lifecycle
from common.runs.lifecycle import AlreadyRunning
from library import deletion
from providers.errors import Authentication
from providers.models import ProviderAccount
from providers.records import InvalidItem
from tests.assets.sync_runs.test_runner import (
    MADE,
    UPLOADED,
    ScriptedAdapter,
    TickingClock,
    begin,
    clips,
    counted,
    script,
    work,
)
from tests.factories import AccountFactory, AssetFactory
from tests.payloads import video

__all__ = ["script"]

GONE = "4000000000012"


@pytest.fixture
def account(alice: User) -> ProviderAccount:
    return AccountFactory(owner=alice, provider_id="scripted")


@pytest.fixture
def ticking() -> TickingClock:
    return TickingClock()


def run_once(account: ProviderAccount, clock: TickingClock, **changes: Any) -> SyncRun:
    run = begin(account, now=clock.now(), **changes)
    work(run, clock)
    return run


def take_away(provider_asset_id: str) -> None:
    ScriptedAdapter.items[MADE.key] = [
        item for item in ScriptedAdapter.items[MADE.key] if item.provider_asset_id != provider_asset_id
    ]


def marked() -> list[str]:
    rows = Asset.objects.filter(not_listed_since__isnull=False).order_by("pk")
    return list(rows.values_list("provider_asset_id", flat=True))


class TestAFullImport:
    def test_marks_what_it_did_not_meet(self, account: ProviderAccount, ticking: TickingClock) -> None:
        run_once(account, ticking)
        take_away(GONE)

        run = run_once(account, ticking)

        assert marked() == [GONE]
        assert Asset.objects.get(provider_asset_id=GONE).not_listed_since == run.finished_at
        assert not SyncSeen.objects.exists()

    def test_keeps_the_first_date(self, account: ProviderAccount, ticking: TickingClock) -> None:
        run_once(account, ticking)
        take_away(GONE)
        run = run_once(account, ticking)

        run_once(account, ticking)

        assert Asset.objects.get(provider_asset_id=GONE).not_listed_since == run.finished_at

    @pytest.mark.parametrize("mode", [RunMode.FULL, RunMode.INCREMENTAL], ids=str)
    def test_unmarks_what_is_listed_again(self, account: ProviderAccount, ticking: TickingClock, mode: RunMode) -> None:
        run_once(account, ticking)
        take_away("4000000000010")
        run_once(account, ticking)
        before = marked()
        ScriptedAdapter.items[MADE.key].insert(0, clips(10)[0])

        run_once(account, ticking, mode=mode)

        assert (before, marked()) == (["4000000000010"], [])

    def test_marks_nothing_of_lists_it_does_not_read(
        self, account: ProviderAccount, alice: User, ticking: TickingClock
    ) -> None:
        AssetFactory(owner=alice, account=account, provider_id="scripted", media_type="image")
        AssetFactory(owner=alice, provider_id="scripted")

        run_once(account, ticking)

        assert marked() == []

    def test_marks_nothing_when_a_list_was_cut_short(self, account: ProviderAccount, ticking: TickingClock) -> None:
        run_once(account, ticking)
        take_away(GONE)
        run = begin(account, now=ticking.now())
        SyncList.objects.filter(run=run, list_key=UPLOADED.key).update(is_complete=False)

        work(run, ticking)

        assert (run.state, marked()) == (RunState.SUCCEEDED, [])

    def test_does_not_mark_what_came_but_could_not_be_read(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run_once(account, ticking)
        take_away(GONE)
        script.items[MADE.key].append(InvalidItem(GONE, "It is malformed.", {"video_id": int(GONE)}))

        run_once(account, ticking)

        assert marked() == []

    def test_does_not_mark_what_came_in_while_it_ran(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        def come_in() -> None:
            AssetFactory(
                owner=account.owner, account=account, provider_id="scripted",
                created_at=ticking.time, updated_at=ticking.time,
            )  # fmt: skip

        script.before_page = [lambda: None, come_in]

        run_once(account, ticking)

        assert marked() == []

    def test_counts_what_was_met_before_it_stopped(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run_once(account, ticking)
        take_away(GONE)
        script.failures = [None, None, Authentication("The token has ended.")]
        run = run_once(account, ticking)
        stopped = (run.state, marked(), SyncSeen.objects.filter(run=run).exists())

        work(lifecycle.resume(run), ticking)

        assert stopped == (RunState.FAILED, [], True)
        assert marked() == [GONE]

    def test_marks_nothing_when_a_newer_run_has_begun(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run_once(account, ticking)
        script.failures = [None, None, Authentication("The token has ended.")]
        old = run_once(account, ticking)
        lifecycle.cancel(begin(account, now=ticking.now(), kind=RunKind.SCAN), now=ticking.now())

        work(lifecycle.resume(old), ticking)

        old.refresh_from_db()
        assert (old.state, marked()) == (RunState.SUCCEEDED, [])
        assert not SyncSeen.objects.exists()

    def test_leaves_the_notes_of_an_open_run_alone_when_another_is_refused(
        self, account: ProviderAccount, ticking: TickingClock, script: type[ScriptedAdapter]
    ) -> None:
        run_once(account, ticking)

        def ask_for_another() -> None:
            with pytest.raises(AlreadyRunning):
                begin(account)

        script.before_page = [lambda: None, lambda: None, ask_for_another]

        run_once(account, ticking)

        assert marked() == []

    def test_needs_at_most_twelve_statements_a_page(
        self,
        account: ProviderAccount,
        ticking: TickingClock,
        script: type[ScriptedAdapter],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(script, "page_size", 5)
        script.items = {MADE.key: clips(*range(10, 20)), UPLOADED.key: []}
        run_once(account, ticking)
        script.items[MADE.key] = [*clips(21, 22), *clips(*range(10, 13)), *clips(*range(23, 28)), *clips(13, 14, 15)]
        run = begin(account, now=ticking.now())
        pages: list[int] = []

        with CaptureQueriesContext(connection) as captured:
            script.before_page = [lambda: pages.append(len(captured)) for _ in range(4)]
            work(run, ticking)

        assert len(pages) == 4
        assert max(later - earlier for earlier, later in pairwise(pages)) <= 12


class TestAScanAndAnIncrementalImport:
    @pytest.mark.parametrize(
        "changes", [{"kind": RunKind.SCAN}, {"mode": RunMode.INCREMENTAL}], ids=["scan", "incremental"]
    )
    def test_mark_and_note_nothing(
        self, account: ProviderAccount, ticking: TickingClock, changes: dict[str, Any]
    ) -> None:
        run_once(account, ticking)
        take_away(GONE)

        run_once(account, ticking, **changes)

        assert marked() == []
        assert not SyncSeen.objects.exists()


class TestWhatWasDeletedHere:
    @pytest.mark.parametrize("mode", [RunMode.FULL, RunMode.INCREMENTAL], ids=str)
    def test_is_counted_and_skipped(self, account: ProviderAccount, ticking: TickingClock, mode: RunMode) -> None:
        run_once(account, ticking)
        gone = Asset.objects.get(provider_asset_id="4000000000010")
        deletion.delete(gone.owner_id, [gone.pk], now=ticking.now())

        run = run_once(account, ticking, mode=mode)

        assert sum(run.lists.values_list("deleted", flat=True)) == 1
        assert counted(run)[1] == 0
        assert not Reference.objects.filter(value="4000000000010").exists()

    def test_is_not_new_to_a_scan(self, account: ProviderAccount, ticking: TickingClock) -> None:
        run_once(account, ticking)
        gone = Asset.objects.get(provider_asset_id="4000000000010")
        deletion.delete(gone.owner_id, [gone.pk], now=ticking.now())

        run = run_once(account, ticking, kind=RunKind.SCAN)

        assert counted(run) == (9, 0, 8, 0)


class TestTheAssetPage:
    def test_says_since_when_it_is_not_listed(self, as_alice: Client, alice: User, ticking: TickingClock) -> None:
        asset = AssetFactory(owner=alice, not_listed_since=ticking.now(), media_metadata=video(1))

        page = as_alice.get(f"/assets/{asset.pk}/").content.decode()
        library = as_alice.get("/").content.decode()

        assert "No longer listed at Pixverse since" in page
        assert "No longer listed" in library
