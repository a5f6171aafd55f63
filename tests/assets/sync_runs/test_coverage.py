"""Coverage of an account."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Asset, RunKind, RunMode
from assets.sync_runs import runner
from assets.sync_runs.coverage import coverage
from assets.sync_runs.start import start
from common.throttle import Clock
from common.vocabulary import MediaType
from library import deletion
from providers.base import RemoteList
from providers.models import ProviderAccount
from tests.factories import NOW


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


def _no_time(_seconds: float) -> None:
    """Let a rest be over at once."""
