"""The checkpoint of a page, and its number of statements."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.ingest.batch import ingest, ingest_parents
from assets.models import SyncProblem, SyncRun, SyncSeen
from assets.sync.unlisted import Listed
from assets.sync_runs import checkpoint
from common.runs import RunState
from common.vocabulary import MediaType, NameKind, OperationType, RelationType
from lineage.models import LineageEdge
from providers.models import ProviderAccount
from providers.pixverse.extractor import PixverseExtractor
from providers.records import InvalidItem, Name, ParentRef
from tests.assets.sync_runs.test_runner import MADE, UPLOADED, ScriptedAdapter, TickingClock, begin, clips, script, work
from tests.factories import NOW, AccountFactory, AssetFactory, EdgeFactory
from tests.payloads import MP4, video

__all__ = ["script"]

SIZE = 200


@pytest.fixture
def account(alice: User) -> ProviderAccount:
    return AccountFactory(owner=alice, provider_id="scripted")


def name_as_parents(owner: User, *names: Name) -> list[int]:
    """Stubs with these identifiers, each the parent of an asset."""
    parents = [
        ParentRef(RelationType.SOURCE_VIDEO, OperationType.VIDEO_EXTEND, 0, MediaType.VIDEO, (name,)) for name in names
    ]
    found = ingest_parents(owner.pk, parents, provider_id="scripted", now=NOW)
    stubs = [parent.asset_id for parent in found.answers if parent.asset_id is not None]
    for stub in stubs:
        EdgeFactory(owner=owner, child=AssetFactory(owner=owner), parent_id=stub)
    return stubs


class TestAPageOfEverything:
    def test_takes_at_most_twelve_statements(
        self, alice: User, account: ProviderAccount, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """New items, known ones that say more, stubs completed, stubs joined, second ids, and malformed items."""
        known = [PixverseExtractor().asset(video(number, prompt="")) for number in range(1, 6)]
        ingest(alice.pk, known, provider_id="scripted", account_id=None, now=NOW)
        by_id = [Name(NameKind.ID, str(4_000_000_000_000 + number)) for number in range(6, 16)]
        by_path = [Name(NameKind.PATH, MP4.format(number, number)) for number in range(11, 16)]
        stubs = name_as_parents(alice, *by_id, *by_path)
        second_ids = [PixverseExtractor().asset(video(n + 20, path=MP4.format(n, n))) for n in (1, 2)]
        malformed = [InvalidItem("77", "It is malformed.", {"video_id": 77}), InvalidItem("", "It is nothing.", None)]
        fresh = [video(1, video_id=5_000_000_000_000 + number, path=f"clip/{number}.mp4") for number in range(SIZE)]
        everything = [*clips(*range(1, 16)), *second_ids, *malformed, *map(PixverseExtractor().asset, fresh)]
        ScriptedAdapter.items = {MADE.key: everything[:SIZE], UPLOADED.key: []}
        monkeypatch.setattr(ScriptedAdapter, "page_size", SIZE)
        clock, seen = TickingClock(), list[int]()
        run = begin(account, now=clock.now())

        with CaptureQueriesContext(connection) as captured:
            ScriptedAdapter.before_page = [lambda: seen.append(len(captured))] * 2
            work(run, clock)

        page = run.lists.get(list_key=MADE.key)
        assert (page.created, page.existing, page.completed, page.merged, page.invalid) == (SIZE - 17, 5, 10, 5, 2)
        assert LineageEdge.objects.filter(parent_id__in=stubs).count() == len(stubs)
        assert seen[1] - seen[0] <= 12


class TestKeep:
    def test_writes_nothing_when_another_worker_has_the_run(self, account: ProviderAccount) -> None:
        run = begin(account)
        SyncRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, execution=2)
        run.execution, sync_list = 1, run.lists.get(list_key=MADE.key)
        sync_list.position, sync_list.seen = "7", 7
        asset = AssetFactory(owner=account.owner, not_listed_since=NOW)

        is_written = checkpoint.keep(run, sync_list, [a_problem(run)], Listed([asset.pk], [], is_counted=True))

        asset.refresh_from_db()
        assert not is_written
        assert run.lists.get(list_key=MADE.key).position == ""
        assert not SyncProblem.objects.exists()
        assert not SyncSeen.objects.exists()
        assert asset.not_listed_since == NOW

    def test_writes_everything_at_once(self, account: ProviderAccount) -> None:
        run = begin(account)
        SyncRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
        run.pending_lineage, run.active_seconds, run.progress_at = [5], 1.5, NOW
        sync_list = run.lists.get(list_key=MADE.key)
        sync_list.position, sync_list.seen, sync_list.total = "7", 7, None
        asset = AssetFactory(owner=account.owner, not_listed_since=NOW)

        is_written = checkpoint.keep(run, sync_list, [a_problem(run)], Listed([asset.pk], [], is_counted=True))

        run.refresh_from_db()
        asset.refresh_from_db()
        assert is_written
        assert (run.pending_lineage, run.active_seconds, run.progress_at) == ([5], 1.5, NOW)
        assert run.lists.get(list_key=MADE.key).position == "7"
        assert SyncProblem.objects.get().payload == {"video_id": "seventy-seven"}
        assert SyncSeen.objects.get().asset_id == asset.pk
        assert asset.not_listed_since is None


def a_problem(run: SyncRun) -> SyncProblem:
    return SyncProblem(
        provider_asset_id="77", reason="It is malformed.", payload={"video_id": "seventy-seven"}, run=run
    )
