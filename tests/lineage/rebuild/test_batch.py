"""Rebuild: stored payloads → edges again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.ingest.batch import ingest
from lineage.models import LineageEdge
from lineage.rebuild.batch import RebuildStatus, rebuild
from providers import registry
from tests.factories import NOW, AssetFactory, EdgeFactory
from tests.payloads import extend, image, picture_path, video


def bring_in(owner: User, *payloads: dict[str, Any]) -> list[int]:
    extractor = registry.extractor("pixverse")
    records = [extractor.asset(payload) for payload in payloads]
    batch = ingest(owner.pk, records, provider_id="pixverse", account_id=None, now=NOW)
    return [item.asset_id for item in batch.items if item.asset_id is not None]


def rebuild_one(owner: User, asset_id: int, **changes: Any):  # type: ignore[no-untyped-def]
    [result] = rebuild(owner.pk, **{"asset_ids": [asset_id], "clear_existing": True, "now": NOW, **changes})
    return result


class TestRebuild:
    def test_writes_the_edges_of_the_payload(self, alice: User) -> None:
        source, clip = bring_in(alice, video(1), extend(2, of_id=1))

        result = rebuild_one(alice, clip)

        assert (result.status, result.new_edges, result.removed_edges) == (RebuildStatus.OK, 1, 0)
        edge = LineageEdge.objects.get()
        assert (edge.parent_id, edge.relation_type, edge.operation_type) == (source, "SOURCE_VIDEO", "video_extend")

    def test_again_writes_nothing(self, alice: User) -> None:
        _, clip = bring_in(alice, video(1), extend(2, of_id=1))
        rebuild_one(alice, clip)
        before = LineageEdge.objects.get()

        result = rebuild_one(alice, clip)

        assert (result.new_edges, result.removed_edges, result.unchanged_edges) == (0, 0, 1)
        assert LineageEdge.objects.get().pk == before.pk

    def test_makes_a_stub_of_a_parent_nobody_listed(self, alice: User) -> None:
        [clip] = bring_in(alice, extend(2, of_id=1))

        rebuild_one(alice, clip)

        assert LineageEdge.objects.get().parent.is_stub

    def test_tells_parents_of_other_sites_apart_by_their_query(self, alice: User) -> None:
        view = "https://example.com/view?Expires=1&filename="
        urls = [f"{view}one.png", f"{view}two.png", f"{view.replace('https', 'http')}one.png&w=300"]
        clips = bring_in(alice, *(video(number, customer_img_url=url) for number, url in enumerate(urls, start=1)))

        rebuild(alice.pk, asset_ids=clips, clear_existing=True, now=NOW)

        first, second, third = LineageEdge.objects.order_by("child_id").values_list("parent_id", flat=True)
        assert first == third != second

    def test_removes_edges_the_payload_does_not_give(self, alice: User) -> None:
        [clip] = bring_in(alice, video(1))
        EdgeFactory(child_id=clip, parent=AssetFactory(owner=alice), owner=alice)

        result = rebuild_one(alice, clip)

        assert result.removed_edges == 1
        assert not LineageEdge.objects.exists()

    def test_keeps_them_when_asked_only_to_add(self, alice: User) -> None:
        [clip] = bring_in(alice, video(1))
        EdgeFactory(child_id=clip, parent=AssetFactory(owner=alice), owner=alice)

        result = rebuild_one(alice, clip, clear_existing=False)

        assert result.removed_edges == 0
        assert LineageEdge.objects.count() == 1

    def test_reports_a_clip_that_names_itself(self, alice: User) -> None:
        [clip] = bring_in(alice, extend(8, of_path="pixverse/mp4/media/web/ori/clip8_seed8.mp4"))

        result = rebuild_one(alice, clip)

        assert (result.status, result.reason) == (RebuildStatus.OK, "The asset is listed as its own parent.")

    def test_reports_names_that_mean_two_known_clips(self, alice: User) -> None:
        _, by_path, clip = bring_in(
            alice, video(1), video(2), extend(3, of_id=1, of_path="pixverse/mp4/media/web/ori/clip2_seed2.mp4")
        )

        result = rebuild_one(alice, clip)

        assert "Two assets match this parent" in result.reason
        assert LineageEdge.objects.get().parent_id == by_path

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            pytest.param({"is_stub": True, "provider_asset_id": ""}, RebuildStatus.NO_METADATA, id="stub"),
            pytest.param({}, RebuildStatus.NO_METADATA, id="no payload"),
            pytest.param(
                {"provider_id": "closed", "media_metadata": {"a": 1}}, RebuildStatus.UNSUPPORTED, id="unknown"
            ),
        ],
    )
    def test_says_why_an_asset_has_none(self, alice: User, changes: dict[str, Any], status: RebuildStatus) -> None:
        asset = AssetFactory(owner=alice, **changes)

        assert rebuild_one(alice, asset.pk).status is status

    def test_does_not_find_what_is_not_the_owners(self, alice: User, bob: User) -> None:
        theirs = AssetFactory(owner=bob, media_metadata=extend(2, of_id=1))

        assert rebuild_one(alice, theirs.pk).status is RebuildStatus.NOT_FOUND
        assert not LineageEdge.objects.exists()

    def test_leaves_other_providers_alone(self, alice: User) -> None:
        [clip] = bring_in(alice, extend(2, of_id=1))

        assert rebuild_one(alice, clip, provider_id="runway").status is RebuildStatus.PROVIDER_MISMATCH

    @pytest.mark.parametrize("size", [3, 30, 300], ids=str)
    def test_runs_a_fixed_number_of_statements(self, alice: User, size: int) -> None:
        ids = bring_in(alice, *(image(n, customer_img_paths=[picture_path(n + 1000)]) for n in range(10, 10 + size)))

        with CaptureQueriesContext(connection) as captured:
            rebuild(alice.pk, asset_ids=ids, clear_existing=True, now=NOW)

        assert len(captured) == 17


class TestBrokenPayload:
    def test_never_costs_its_batch(self, alice: User) -> None:
        good, bad = bring_in(
            alice, extend(2, of_id=1), image(3, customer_img_paths=[picture_path(n) for n in range(40_000)])
        )

        results = rebuild(alice.pk, asset_ids=[bad, good], clear_existing=True, now=NOW)

        assert [result.status for result in results] == [RebuildStatus.FAILED, RebuildStatus.OK]
        assert LineageEdge.objects.get().child_id == good
