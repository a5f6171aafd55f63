"""Names that items with different IDs have: they identify none of them, in any order and over several runs."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from django.contrib.auth.models import User

from assets.ingest.batch import ingest
from assets.ingest.results import Batch
from assets.models import Asset, AssetMerge, Reference
from assets.signals import assets_imported
from assets.sync.lookup import compare
from common.vocabulary import AssetStatus
from lineage.models import LineageEdge
from lineage.rebuild.batch import rebuild
from providers import registry
from tests.assets.ingest.test_order import clear, differences, library_of, rebuild_all
from tests.factories import NOW, AccountFactory
from tests.payloads import MP4, extend, image, picture_path, video

PROCESSING = "https://media.pixverse.ai/pixverse/mp4/media/web/processing.mp4"
NOTHING_YET: dict[str, Any] = {"video_status": 5, "video_path": "", "url": PROCESSING}
CHILD_OF_THE_THIRD = extend(4, of_id=3) | {"customer_video_url": PROCESSING}


def bring(owner: User, *items: dict[str, Any], account_id: int | None = None) -> Batch:
    """Import items as one page, with their lineage."""
    records = [registry.extractor("pixverse").asset(item) for item in items]
    batch = ingest(owner.pk, records, provider_id="pixverse", account_id=account_id, now=NOW)
    assets_imported.send(
        sender=bring,
        owner_id=owner.pk,
        asset_ids=batch.lineage_ids,
        lost_name_ids=batch.lost_name_ids,
        create_lineage=True,
        now=NOW,
    )
    return batch


def asset_of(item: dict[str, Any]) -> Asset:
    return Asset.objects.get(provider_asset_id=str(item.get("video_id") or item["image_id"]))


def parents_of(item: dict[str, Any]) -> list[Asset]:
    edges = LineageEdge.objects.filter(child=asset_of(item)).order_by("sequence_order")
    return [edge.parent for edge in edges.select_related("parent")]


class TestSharedNames:
    @pytest.mark.parametrize("order", list(permutations(range(4)))[::5], ids=str)
    def test_join_nothing_in_any_order_and_over_several_runs(self, alice: User, order: tuple[int, ...]) -> None:
        clips = [video(number, **NOTHING_YET) for number in (1, 2, 3)]
        steps = [*clips, CHILD_OF_THE_THIRD]

        batches = [bring(alice, steps[index]) for index in order]

        assert Asset.objects.listed().count() == 4
        assert sum(batch.merged for batch in batches) == AssetMerge.objects.count() == 0
        assert parents_of(CHILD_OF_THE_THIRD) == [asset_of(clips[2])]

    def test_join_nothing_within_a_page(self, alice: User) -> None:
        bring(alice, *[video(number, **NOTHING_YET) for number in (1, 2, 3)], CHILD_OF_THE_THIRD)

        assert Asset.objects.listed().count() == 4
        assert parents_of(CHILD_OF_THE_THIRD) == [asset_of(video(3))]

    def test_leave_each_item_its_file_once_it_has_one(self, alice: User) -> None:
        bring(alice, *[video(number, **NOTHING_YET) for number in (1, 2, 3)])

        bring(alice, video(1), video(2), video(3), extend(5, of_path=MP4.format(2, 2)))

        assert sorted(Asset.objects.filter(status=AssetStatus.COMPLETED).values_list("prompt", flat=True)) == [
            "clip 1", "clip 2", "clip 3", "clip 5",
        ]  # fmt: skip
        assert parents_of(extend(5)) == [asset_of(video(2))]

    def test_identify_no_parent_and_the_rebuild_says_so(self, alice: User) -> None:
        child = extend(4) | {"customer_video_url": PROCESSING}
        bring(alice, child)
        bring(alice, video(1, **NOTHING_YET))
        assert parents_of(child) == [asset_of(video(1))]

        bring(alice, video(2, **NOTHING_YET))

        [result] = rebuild(alice.pk, asset_ids=[asset_of(child).pk], clear_existing=True, now=NOW)
        assert parents_of(child) == []
        assert "Several items have its file name" in result.reason

    def test_are_two_items_for_a_scan(self, alice: User) -> None:
        bring(alice, video(1))
        twin = registry.extractor("pixverse").asset(video(2, path=MP4.format(1, 1)))

        [item] = compare(alice.pk, [twin], provider_id="pixverse")

        assert (item.already_imported, item.asset_id) == (False, None)

    def test_of_different_media_join_nothing(self, alice: User) -> None:
        path = picture_path(1)
        bring(alice, image(1))
        bring(alice, video(1, path=path))

        assert sorted(Asset.objects.values_list("media_type", flat=True)) == ["image", "video"]
        assert Reference.objects.get(value=path).asset is None

    def test_come_apart_where_an_earlier_version_joined_two_items(self, alice: User) -> None:
        bring(alice, video(1))
        joined = asset_of(video(1))
        Reference.objects.create(
            owner=alice,
            asset=joined,
            provider_id="pixverse",
            kind="id",
            value=str(video(2)["video_id"]),
            created_at=NOW,
        )

        bring(alice, video(2, path=MP4.format(1, 1)))

        assert Asset.objects.count() == 2
        assert Reference.objects.get(value=str(video(2)["video_id"])).asset == asset_of(video(2))


class TestOneNumberForTwoMedia:
    def test_is_two_assets(self, alice: User) -> None:
        number = video(1)["video_id"]
        batch = bring(alice, video(1), image(1) | {"image_id": number, "asset_id": number})

        assert [item.reason for item in batch.items] == ["", ""]
        assert sorted(Asset.objects.values_list("media_type", flat=True)) == ["image", "video"]

        again = bring(alice, image(1) | {"image_id": number, "asset_id": number}, extend(2, of_id=1))
        assert again.items[0].outcome == "existing"
        assert [parent.media_type for parent in parents_of(extend(2))] == ["video"]


class TestAWrongChild:
    def test_costs_its_siblings_nothing(self, alice: User) -> None:
        url = f"https://media.pixverse.ai/{picture_path(1)}"
        wrong = extend(1) | {"customer_video_url": url}
        right = video(2, customer_paths={"customer_img_url": url})

        bring(alice, wrong, right)
        bring(alice, image(1))

        assert parents_of(right) == [asset_of(image(1))]
        assert parents_of(wrong) == []
        assert not Asset.objects.filter(is_stub=True).exists()


class TestChangedInputs:
    def test_are_drawn_when_a_clip_is_finished(self, alice: User) -> None:
        bring(alice, image(1), video(1, video_status=5))

        batch = bring(alice, video(1, customer_paths={"customer_img_path": picture_path(1)}))

        assert batch.changed_ids == (asset_of(video(1)).pk,)
        assert parents_of(video(1)) == [asset_of(image(1))]

    @pytest.mark.parametrize("is_nested", [True, False], ids=["in customer_paths", "at top level"])
    def test_replace_a_longer_list_of_others(self, alice: User, is_nested: bool) -> None:
        before = {"customer_img_paths": [picture_path(n) for n in (1, 2, 3)], "customer_img_urls": ["", "", ""]}
        after = {"customer_img_paths": [picture_path(4)]}
        bring(alice, *map(image, (1, 2, 3, 4)), video(1, customer_paths=before))

        bring(alice, video(1, customer_paths=after) if is_nested else video(1, customer_paths={}) | after)

        assert parents_of(video(1)) == [asset_of(image(4))]
        rebuild_all(alice)
        assert parents_of(video(1)) == [asset_of(image(4))]

    @pytest.mark.parametrize(
        "poorer",
        [{}, {"customer_img_paths": []}, {"customer_img_paths": [picture_path(2)]}, {"customer_img_paths": None}],
        ids=["missing", "blank", "fewer of the same", "null"],
    )
    def test_are_kept_when_a_later_answer_is_poorer(self, alice: User, poorer: dict[str, Any]) -> None:
        before = {"customer_img_paths": [picture_path(n) for n in (1, 2, 3)]}
        bring(alice, *map(image, (1, 2, 3)), video(1, customer_paths=before))

        batch = bring(alice, video(1, customer_paths=poorer))

        assert batch.changed_ids == ()
        assert parents_of(video(1)) == [asset_of(image(n)) for n in (1, 2, 3)]


class TestAnAccountThatIsConnectedAgain:
    def test_takes_over_what_belongs_to_no_account(self, alice: User) -> None:
        first, second = AccountFactory(owner=alice), AccountFactory(owner=alice)
        bring(alice, video(1), video(2), account_id=first.pk)
        first.delete()

        bring(alice, video(1), video(2, prompt="another"), account_id=second.pk)

        assert set(Asset.objects.values_list("account_id", flat=True)) == {second.pk}

    def test_leaves_what_another_account_has(self, alice: User) -> None:
        first, second = AccountFactory(owner=alice), AccountFactory(owner=alice)
        bring(alice, video(1), account_id=first.pk)

        bring(alice, video(1), account_id=second.pk)

        assert asset_of(video(1)).account_id == first.pk


# Kinds 1, 3, 4, 6 and 7 of awkward items in one library, a page each.
PAGES = [
    [
        video(1, **NOTHING_YET),
        image(1),
        image(2) | {"image_id": video(1)["video_id"], "asset_id": video(1)["video_id"]},
    ],
    [video(2, **NOTHING_YET), extend(6) | {"customer_video_url": f"https://media.pixverse.ai/{picture_path(1)}"}],
    [video(7, customer_paths={"customer_img_url": f"https://media.pixverse.ai/{picture_path(1)}"})],
    [video(3, **NOTHING_YET), CHILD_OF_THE_THIRD],
    [video(8, customer_paths={"customer_img_path": "https://files.example/view?filename=one.png"})],
    [video(9, customer_paths={"customer_img_path": "https://files.example/view?filename=two.png"})],
]


class TestALibraryOfAllKinds:
    def test_ends_the_same_in_any_order_and_repetition(self, alice: User) -> None:
        ends = []
        for order in list(permutations(PAGES))[::45]:
            clear(alice)
            for page in (*order, *order[::2]):
                bring(alice, *page)
            at_once = library_of(alice)
            rebuild_all(alice)
            ends.append((at_once, library_of(alice)))

        assert [differences(end, ends[0][1]) for pair in ends for end in pair if end != ends[0][1]] == []
