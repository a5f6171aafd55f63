"""Coverage of an account."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assets.models import Asset, ListedItem, RunKind, RunMode
from assets.sync.page import import_page
from assets.sync_runs import runner
from assets.sync_runs.coverage import coverage
from assets.sync_runs.start import start
from common.throttle import Clock
from common.vocabulary import MediaType
from library import deletion
from providers.base import RemoteList
from providers.models import ProviderAccount
from tests.factories import NOW
from tests.journeys.walking import HTMX


class TestCoverage:
    @pytest.mark.parametrize(("mode", "counts"), [(RunMode.FULL, 0), (RunMode.INCREMENTAL, 1)], ids=str)
    def test_counts_the_library_only_when_no_run_has_met_everything(
        self, account: ProviderAccount, mode: RunMode, counts: int
    ) -> None:
        run = start(account, kind=RunKind.IMPORT, mode=mode, now=NOW)
        runner.execute(run.pk, clock=Clock(now=timezone.now, sleep=_no_time))

        with CaptureQueriesContext(connection) as captured:
            found = coverage(account)

        assert sum("COUNT(" in query["sql"] for query in captured) == counts
        assert sum(part.here for part in found.lists) == sum(part.there or 0 for part in found.lists) == 60

    def test_counts_what_is_left_once_something_was_deleted(self, account: ProviderAccount) -> None:
        run = start(account, kind=RunKind.IMPORT, mode=RunMode.FULL, now=NOW)
        runner.execute(run.pk, clock=Clock(now=timezone.now, sleep=_no_time))
        [gone, *_] = Asset.objects.filter(account=account, media_type=MediaType.VIDEO)
        before = {part.remote_list: part.here for part in coverage(account).lists}

        deletion.delete(account.owner_id, [gone.pk], now=timezone.now())

        after = {part.remote_list: part.here for part in coverage(account).lists}
        assert after == before | {RemoteList.VIDEOS: before[RemoteList.VIDEOS] - 1}

    def test_says_what_was_deleted_and_keeps_what_is_there(self, as_alice: Client, account: ProviderAccount) -> None:
        run = start(account, kind=RunKind.IMPORT, mode=RunMode.FULL, now=NOW)
        runner.execute(run.pk, clock=Clock(now=timezone.now, sleep=_no_time))
        ids = list(Asset.objects.filter(account=account, media_type=MediaType.VIDEO).values_list("pk", flat=True)[:2])
        [videos, *_] = coverage(account).lists

        deletion.delete(account.owner_id, ids, now=timezone.now())

        page = as_alice.get(reverse("assets:report"), {"account": account.pk}, headers=HTMX).content.decode()
        line = as_alice.get(reverse("assets:coverage"), {"account": account.pk}, headers=HTMX).content.decode()
        assert f"Videos: {videos.there} remote / {videos.here - 2} imported" in page
        assert f"{videos.here - 2} of {videos.there}" in line
        assert "· 2 deleted here" in page
        assert "· 2 deleted here" in line
        told = as_alice.get(f"/api/v1/providers/pixverse/accounts/{account.pk}/coverage").json()["lists"][0]
        assert told == {
            "list": "videos",
            "there": videos.there,
            "here": videos.here - 2,
            "missing": 0,
            "deleted_here": 2,
            "unreadable": 0,
            "no_longer_there": 0,
        }

    def test_is_redrawn_while_a_run_is_open(self, as_alice: Client, account: ProviderAccount) -> None:
        start(account, kind=RunKind.IMPORT, mode=RunMode.FULL, now=NOW)

        line = as_alice.get(reverse("assets:coverage"), {"account": account.pk}, headers=HTMX).content.decode()

        assert 'hx-trigger="every 15s"' in line

    @pytest.mark.parametrize("kind", RunKind)
    def test_counts_a_window_that_was_imported(self, account: ProviderAccount, kind: RunKind) -> None:
        run = start(account, kind=kind, mode=RunMode.FULL, now=NOW)
        runner.execute(run.pk, clock=Clock(now=timezone.now, sleep=_no_time))
        ListedItem.objects.filter(account=account).delete()

        found = import_page(
            account, remote_list=RemoteList.VIDEOS, position="", size=5, create_lineage=False, now=timezone.now()
        )

        [videos, *_] = coverage(account).lists
        assert (found.scanned, videos.there, videos.here) == (5, 5, 5)


def _no_time(_seconds: float) -> None:
    """Let a rest be over at once."""
