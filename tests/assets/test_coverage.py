"""What is here and there of an account's library."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets import execution, runs
from assets.coverage import coverage
from assets.models import RunKind, RunMode
from assets.pace import Clock
from providers.models import ProviderAccount
from tests.factories import NOW


class TestCoverage:
    @pytest.mark.parametrize(("mode", "counts"), [(RunMode.FULL, 0), (RunMode.INCREMENTAL, 1)], ids=str)
    def test_counts_the_library_only_when_no_run_has_met_everything(
        self, account: ProviderAccount, mode: RunMode, counts: int
    ) -> None:
        run = runs.start(account, kind=RunKind.IMPORT, mode=mode, now=NOW)
        execution.execute(run.pk, clock=Clock(now=timezone.now, sleep=_no_time))

        with CaptureQueriesContext(connection) as captured:
            found = coverage(account)

        assert sum("COUNT(" in query["sql"] for query in captured) == counts
        assert sum(shelf.here for shelf in found.lists) == sum(shelf.there or 0 for shelf in found.lists) == 60


def _no_time(_seconds: float) -> None:
    """Let a rest be over at once."""
