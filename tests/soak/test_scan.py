"""A scan of a whole library leaves the database as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from assets.models import Asset, RunKind, RunMode, SyncRun, Tombstone
from assets.sync.page import import_page
from assets.sync_runs.progress import summarize
from assets.sync_runs.runner import execute
from assets.sync_runs.start import start
from common.runs import RunState
from common.throttle import Clock
from library import deletion
from lineage.models import LineageEdge
from providers.base import RemoteList
from providers.credentials.sealing import seal
from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import AccountFactory

# The record of the run itself and of what the provider lists, the only things a scan writes.
OF_THE_RUN = {"assets_syncrun", "assets_synclist", "assets_syncproblem", "assets_listeditem"}

SIZES = [
    pytest.param(600, id="six hundred items"),
    pytest.param(100_000, id="a hundred thousand items", marks=pytest.mark.soak),
]


@pytest.fixture
def account(request: pytest.FixtureRequest, settings: Any, alice: User) -> Iterator[ProviderAccount]:
    """An account with so many items, of which some are here, some are deleted here, and some are known as parents."""
    settings.SYNC_REQUESTS_PER_SECOND = 0
    with SandboxServer(size=request.param, seed=5) as server:
        settings.STEMMA_PRIVATE_HOSTS = settings.PIXVERSE_MEDIA_HOSTS = [server.url.removeprefix("http://")]
        account = AccountFactory(
            owner=alice, base_url=server.url, sealed_credentials=seal({"access_key": server.access_key})
        )
        for remote_list in (RemoteList.VIDEOS, RemoteList.IMAGES):
            now = timezone.now()
            import_page(account, remote_list=remote_list, position="", size=100, create_lineage=True, now=now)
        some = Asset.objects.listed().order_by("pk").values_list("pk", flat=True)[:5]
        deletion.delete(alice.pk, list(some), now=timezone.now())
        yield account


def contents() -> dict[str, tuple[int, str | None]]:
    """Count the rows of each table, and hash their values."""
    with connection.cursor() as cursor:
        tables = [table for table in connection.introspection.table_names(cursor) if table not in OF_THE_RUN]
        return {table: _content(cursor, table) for table in tables}


def _content(cursor: Any, table: str) -> tuple[int, str | None]:
    cursor.execute(f"SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM \"{table}\" t")
    return tuple(cursor.fetchone())


@pytest.mark.parametrize("account", SIZES, indirect=True)
def test_leaves_the_database_as_it_was(account: ProviderAccount) -> None:
    run = start(account, kind=RunKind.SCAN, mode=RunMode.FULL, now=timezone.now())
    before = contents()

    execute(run.pk, clock=Clock(now=timezone.now, sleep=_must_not_wait))

    progress = summarize(SyncRun.objects.get(pk=run.pk), now=timezone.now())
    assert SyncRun.objects.get(pk=run.pk).state == RunState.SUCCEEDED
    assert progress.progress.done == progress.progress.total
    assert progress.existing > 100
    assert Tombstone.objects.exists()
    assert LineageEdge.objects.exists()
    assert contents() == before


def _must_not_wait(seconds: float) -> None:
    raise AssertionError(f"The run wants to wait for {seconds} s.")
