"""Previews that no longer hold, since the library has changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assets.ingest.batch import ingest
from assets.models import AssetMerge
from common.throttle import Clock
from library import deletion
from lineage.models import LineageEdge, RebuildMode, RebuildRun
from lineage.rebuild.batch import rebuild
from lineage.rebuild.outdated import is_outdated
from lineage.rebuild.runner import execute
from lineage.rebuild.start import PreviewOutdated, apply, start
from providers import registry
from tests.factories import EdgeFactory
from tests.lineage.rebuild.test_batch import bring_in
from tests.payloads import extend, video


def import_again(owner: User, *payloads: dict[str, object]) -> None:
    extractor = registry.extractor("pixverse")
    records = [extractor.asset(payload) for payload in payloads]
    ingest(owner.pk, records, provider_id="pixverse", account_id=None, now=timezone.now())


@pytest.fixture
def clips(alice: User) -> list[int]:
    """Clips, the second and third each extended from the one before; the third has an edge that its payload denies."""
    found = bring_in(alice, video(1), extend(2, of_id=1), extend(3, of_id=2))
    EdgeFactory(owner=alice, parent_id=found[0], child_id=found[2])
    return found


@pytest.fixture
def found(alice: User, clips: list[int]) -> RebuildRun:
    """A finished preview of the whole library."""
    run = start(alice.pk, mode=RebuildMode.PREVIEW, clear_existing=True, now=timezone.now())
    execute(run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
    run.refresh_from_db()
    return run


def _import_a_clip(owner: User, clips: list[int], now: datetime) -> None:
    import_again(owner, video(9))


def _import_a_changed_clip(owner: User, clips: list[int], now: datetime) -> None:
    import_again(owner, video(1, prompt="another prompt"))


def _delete(owner: User, clips: list[int], now: datetime) -> None:
    deletion.delete(owner.pk, [clips[2]], now=now)


def _rebuild_one(owner: User, clips: list[int], now: datetime) -> None:
    rebuild(owner.pk, asset_ids=[clips[1]], clear_existing=True, now=now)


def _add_by_hand(owner: User, clips: list[int], now: datetime) -> None:
    EdgeFactory(owner=owner, parent_id=clips[0], child_id=clips[1], evidence="manual", created_at=now)


def _remove_an_edge(owner: User, clips: list[int], now: datetime) -> None:
    LineageEdge.objects.filter(child_id=clips[2]).delete()


def _merge(owner: User, clips: list[int], now: datetime) -> None:
    AssetMerge.objects.create(owner=owner, survivor_id=clips[0], absorbed_provider_asset_id="7", merged_at=now)


class TestIsOutdated:
    def test_not_while_nothing_changes(self, found: RebuildRun, alice: User, bob: User) -> None:
        import_again(alice, video(1), extend(2, of_id=1))
        import_again(bob, video(1), extend(2, of_id=1))

        assert not is_outdated(found)

    @pytest.mark.parametrize(
        "change",
        [_import_a_clip, _import_a_changed_clip, _delete, _rebuild_one, _add_by_hand, _remove_an_edge, _merge],
        ids=lambda change: change.__name__,
    )
    def test_once_something_changes_that_a_rebuild_reads(
        self, found: RebuildRun, alice: User, clips: list[int], change: Callable[[User, list[int], datetime], None]
    ) -> None:
        change(alice, clips, timezone.now())

        assert is_outdated(found)
        with pytest.raises(PreviewOutdated):
            apply(found, now=timezone.now())

    def test_takes_one_statement(self, found: RebuildRun, django_assert_num_queries: Callable[[int], object]) -> None:
        with django_assert_num_queries(1):  # type: ignore[attr-defined]
            is_outdated(found)
