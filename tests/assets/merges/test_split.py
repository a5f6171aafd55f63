"""Splitting what was merged: everything goes back, and stays apart."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from assets.ingest.batch import ingest_parents
from assets.merges.split import CannotSplit, split
from assets.models import Asset, AssetMerge, Reference
from common.vocabulary import MediaType, OperationType, RelationType
from lineage.models import LineageEdge
from providers import registry
from tests.assets.ingest.test_order import rebuild_all
from tests.assets.ingest.test_shared_names import asset_of, bring, parents_of
from tests.factories import NOW, AssetFactory, EdgeFactory, ReferenceFactory
from tests.payloads import MP4, extend, video

BY_ID, BY_PATH = extend(2, of_id=1), extend(3, of_path=MP4.format(1, 1))


@pytest.fixture
def merge(alice: User) -> AssetMerge:
    """A clip that one child knows by its ID and another by its path: two placeholders become one asset."""
    bring(alice, BY_ID)
    bring(alice, BY_PATH)
    batch = bring(alice, video(1))
    assert batch.merged == 1
    return AssetMerge.objects.get(owner=alice)


class TestSplit:
    def test_gives_back_the_identifiers_and_links_of_both(self, alice: User, merge: AssetMerge) -> None:
        assert parents_of(BY_ID) == parents_of(BY_PATH) == [asset_of(video(1))]
        assert merge.joined_by[1] in MP4.format(1, 1) + str(video(1)["video_id"])

        found = split(merge, now=NOW)

        apart = Asset.objects.get(pk=found.asset_id)
        assert (found.survivor_id, apart.is_stub) == (asset_of(video(1)).pk, True)
        assert parents_of(BY_ID) == [asset_of(video(1))]
        assert parents_of(BY_PATH) == [apart]
        assert set(apart.references.values_list("kind", flat=True)) == {"path"}
        assert [row.child_count for row in (asset_of(video(1)), apart)] == [1, 1]

    def test_stays_at_the_next_import_and_rebuild(self, alice: User, merge: AssetMerge) -> None:
        found = split(merge, now=NOW)

        batches = [bring(alice, video(1), BY_ID, BY_PATH, extend(4, of_id=1, of_path=MP4.format(1, 1)))] * 2
        rebuild_all(alice)

        assert [batch.merged for batch in batches] == [0, 0]
        assert [parent.pk for parent in parents_of(BY_PATH)] == [found.asset_id]
        assert parents_of(BY_ID) == parents_of(extend(4)) == [asset_of(video(1))]
        assert asset_of(video(1)).media_metadata["video_path"] == MP4.format(1, 1)

    @pytest.mark.parametrize("is_rebuilt", [True, False], ids=["rebuilt", "as it is"])
    def test_of_placeholders_stays_when_the_item_comes(self, alice: User, is_rebuilt: bool) -> None:
        other = MP4.format(9, 9)
        bring(alice, extend(2, of_path=MP4.format(1, 1)))
        bring(alice, extend(3) | {"customer_video_url": f"https://files.example/{other}"})
        both = {"customer_video_path": MP4.format(1, 1), "customer_video_url": f"https://files.example/{other}"}
        bring(alice, extend(4) | both)
        found = split(AssetMerge.objects.get(), now=NOW)
        if is_rebuilt:
            rebuild_all(alice)

        batch = bring(alice, video(1) | {"url": f"https://files.example/{other}"})

        assert batch.merged == 0
        assert Asset.objects.filter(is_stub=True).count() == 1
        assert {found.survivor_id, found.asset_id} >= {asset_of(video(1)).pk}

    def test_gives_back_manual_links(self, alice: User) -> None:
        stub = name_of(alice, "id", str(video(1)["video_id"]))
        other = name_of(alice, "path", MP4.format(1, 1))
        child = AssetFactory(owner=alice)
        EdgeFactory(owner=alice, parent_id=stub, child=AssetFactory(owner=alice))
        EdgeFactory(owner=alice, parent_id=other, child=child, evidence="manual")
        bring(alice, video(1))
        assert LineageEdge.objects.get(child=child).parent == asset_of(video(1))

        found = split(AssetMerge.objects.get(), now=NOW)

        assert LineageEdge.objects.get(child=child).parent_id == found.asset_id

    def test_is_refused_twice(self, merge: AssetMerge) -> None:
        split(merge, now=NOW)

        with pytest.raises(CannotSplit, match="split before"):
            split(merge, now=NOW)

        assert Asset.objects.filter(is_stub=True).count() == 1

    def test_is_refused_when_no_identifier_is_left(self, merge: AssetMerge) -> None:
        Reference.objects.exclude(kind="id").delete()

        with pytest.raises(CannotSplit, match="None of its identifiers"):
            split(merge, now=NOW)

        merge.refresh_from_db()
        assert merge.split_at is None
        assert not Asset.objects.filter(is_stub=True).exists()

    def test_gives_back_an_item_that_an_earlier_version_merged(self, alice: User) -> None:
        bring(alice, video(1), extend(5, of_id=2))
        survivor = asset_of(video(1))
        Asset.objects.filter(is_stub=True).delete()
        ReferenceFactory(asset=survivor, kind="id", value=str(video(2)["video_id"]))
        twin = video(2, path=MP4.format(1, 1))
        record = AssetMerge.objects.create(
            owner=alice, survivor=survivor, absorbed_provider_asset_id=str(twin["video_id"]), absorbed_payload=twin,
            merged_at=NOW,
        )  # fmt: skip
        rebuild_all(alice)
        assert parents_of(extend(5)) == [survivor]

        found = split(record, now=NOW)

        apart = asset_of(video(2))
        assert (found.asset_id, apart.media_metadata, apart.is_stub) == (apart.pk, twin, False)
        assert parents_of(extend(5)) == [apart]
        assert Reference.objects.get(value=MP4.format(1, 1)).asset is None
        assert bring(alice, video(1), twin).merged == 0
        assert Asset.objects.listed().count() == 3


class TestTheDoors:
    def test_list_and_split_by_the_api(self, as_alice: Client, merge: AssetMerge) -> None:
        [listed] = as_alice.get("/api/v1/merges").json()["items"]
        assert (listed["id"], listed["survivor_id"], listed["split_at"]) == (merge.pk, merge.survivor_id, None)
        assert listed["joined_by"]["value"] == merge.joined_by[1]

        answer = as_alice.post(f"/api/v1/merges/{merge.pk}/split")
        again = as_alice.post(f"/api/v1/merges/{merge.pk}/split")

        assert Asset.objects.get(pk=answer.json()["asset_id"]).is_stub
        assert (again.status_code, again.json()["code"]) == (409, "cannot_split")

    def test_list_and_split_on_the_page(self, as_alice: Client, merge: AssetMerge) -> None:
        page = as_alice.get(reverse("assets:merges")).content.decode()
        assert merge.joined_by[1] in page
        assert reverse("assets:split_merge", args=[merge.pk]) in page

        answer = as_alice.post(reverse("assets:split_merge", args=[merge.pk]), follow=True)

        assert "Imports keep the two assets apart" in answer.content.decode()
        assert (
            reverse("assets:split_merge", args=[merge.pk])
            not in as_alice.get(reverse("assets:merges")).content.decode()
        )

    def test_split_in_the_admin(self, admin_client: Client, merge: AssetMerge) -> None:
        body: dict[str, Any] = {"action": "split_merges", "_selected_action": [merge.pk]}

        answer = admin_client.post(reverse("admin:assets_assetmerge_changelist"), body, follow=True)

        assert "was given back" in answer.content.decode()
        merge.refresh_from_db()
        assert merge.split_at is not None


def name_of(owner: User, kind: str, value: str) -> int:
    """Return the placeholder with this name."""
    parent = next(
        parent
        for parent in registry.extractor("pixverse").parents(BY_ID if kind == "id" else BY_PATH)
        if any(name.value == value for name in parent.names)
    )
    assert (parent.media_type, parent.relation_type, parent.operation_type) == (
        MediaType.VIDEO, RelationType.SOURCE_VIDEO, OperationType.VIDEO_EXTEND,
    )  # fmt: skip
    [found] = ingest_parents(owner.pk, [parent], provider_id="pixverse", now=NOW).answers
    assert found.asset_id is not None
    return found.asset_id
