"""Ingest: one way in, nothing lost, nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from assets.ingest.batch import ingest, ingest_parents
from assets.ingest.results import Batch, Outcome
from assets.models import Asset, Reference
from common.vocabulary import AssetStatus, MediaType, NameKind, OperationType, RelationType
from providers import registry
from providers.records import InvalidItem, Name, ParentRef
from tests.factories import NOW, AssetFactory, EdgeFactory, ReferenceFactory, remote_asset

UPLOAD = Name(NameKind.PATH, "upload/harbor.png")


def bring_in(owner: User, *records: Any) -> Batch:
    return ingest(owner.pk, records, provider_id="pixverse", account_id=None, now=NOW)


def parent_named(*names: Name, media_type: MediaType = MediaType.VIDEO) -> ParentRef:
    return ParentRef(RelationType.SOURCE_VIDEO, OperationType.VIDEO_EXTEND, 0, media_type, names)


def stub_for(owner: User, *names: Name, media_type: MediaType = MediaType.VIDEO) -> int:
    found = ingest_parents(
        owner.pk, [parent_named(*names, media_type=media_type)], provider_id="pixverse", now=NOW
    ).answers[0]
    assert found.asset_id is not None
    return found.asset_id


class TestIngest:
    def test_creates_what_is_new(self, alice: User) -> None:
        batch = bring_in(alice, remote_asset(number=1), remote_asset(number=2))

        assert [item.outcome for item in batch.items] == [Outcome.CREATED, Outcome.CREATED]
        assert Asset.objects.owned_by(alice).count() == 2
        assert Reference.objects.owned_by(alice).count() == 4

    def test_again_changes_nothing(self, alice: User) -> None:
        bring_in(alice, remote_asset())
        before = list(Asset.objects.values())

        batch = ingest(alice.pk, [remote_asset()], provider_id="pixverse", account_id=None, now=NOW + timedelta(days=1))

        assert batch.items[0].outcome is Outcome.EXISTING
        assert list(Asset.objects.values()) == before

    def test_takes_an_item_twice_in_one_batch_once(self, alice: User) -> None:
        batch = bring_in(alice, remote_asset(), remote_asset())

        assert [item.outcome for item in batch.items] == [Outcome.CREATED, Outcome.EXISTING]
        assert Asset.objects.count() == 1

    def test_completes_a_stub_in_place(self, alice: User) -> None:
        stub = stub_for(alice, Name(NameKind.ID, "400000000000001"))
        child = AssetFactory(owner=alice)
        edge = EdgeFactory(parent_id=stub, child=child, owner=alice)

        batch = bring_in(alice, remote_asset(number=1))

        assert batch.items[0].outcome is Outcome.COMPLETED
        assert batch.items[0].asset_id == stub
        edge.refresh_from_db()
        assert edge.parent_id == stub
        assert Asset.objects.get(pk=stub).prompt == "clip 1"

    def test_joins_two_assets_that_turn_out_to_be_one(self, alice: User) -> None:
        older = stub_for(alice, Name(NameKind.ID, "400000000000001"))
        newer = stub_for(alice, Name(NameKind.PATH, "pixverse/mp4/media/web/ori/clip1_seed1.mp4"))
        child = AssetFactory(owner=alice)
        EdgeFactory(parent_id=newer, child=child, owner=alice)

        batch = bring_in(alice, remote_asset(number=1))

        assert (batch.items[0].asset_id, batch.merged) == (older, 1)
        assert not Asset.objects.filter(pk=newer).exists()
        assert child.parent_edges.get().parent_id == older
        assert Asset.objects.get(pk=older).child_count == 1

    def test_adds_the_full_name_of_a_url_that_is_known_without_its_query(self, alice: User) -> None:
        asset = AssetFactory(owner=alice, provider_asset_id="7")
        for kind, value in [("id", "7"), ("url", "http://example.com/view")]:
            ReferenceFactory(asset=asset, kind=kind, value=value)
        payload = {"video_id": 7, "video_status": 1, "url": "http://example.com/view?filename=one.mp4"}

        batch = bring_in(alice, registry.extractor("pixverse").asset(payload))

        assert [item.outcome for item in batch.items] == [Outcome.EXISTING]
        assert set(Reference.objects.filter(asset=asset).values_list("kind", "value")) == {
            ("id", "7"),
            ("url", "http://example.com/view"),
            ("url", "https://example.com/view?filename=one.mp4"),
        }

    def test_never_joins_media_of_different_types(self, alice: User) -> None:
        bring_in(alice, remote_asset(number=1))

        batch = bring_in(alice, remote_asset(number=1, media_type=MediaType.IMAGE))

        assert batch.items[0].outcome is Outcome.CREATED
        assert set(Asset.objects.values_list("media_type", "provider_asset_id")) == {
            ("video", "400000000000001"),
            ("image", "400000000000001"),
        }

    def test_refuses_an_id_of_other_media_where_both_have_one_kind(self, alice: User) -> None:
        own = Name(NameKind.ID, "7")
        bring_in(alice, remote_asset(provider_asset_id="7", names=(own,)))

        batch = bring_in(alice, remote_asset(provider_asset_id="7", names=(own,), media_type=MediaType.MODEL))

        assert batch.items[0].outcome is Outcome.INVALID
        assert "never the same thing" in batch.items[0].reason
        assert Asset.objects.get().media_type == "video"

    def test_passes_rotten_items_through(self, alice: User) -> None:
        batch = bring_in(alice, InvalidItem("", "It is null.", None), remote_asset())

        assert [item.outcome for item in batch.items] == [Outcome.INVALID, Outcome.CREATED]

    def test_refuses_an_id_that_no_column_holds(self, alice: User) -> None:
        batch = bring_in(alice, remote_asset(provider_asset_id="9" * 201), remote_asset(number=2))

        assert [item.outcome for item in batch.items] == [Outcome.INVALID, Outcome.CREATED]

    @pytest.mark.parametrize(
        "payload",
        [
            pytest.param({"prompt": "nul \x00 inside"}, id="nul"),
            pytest.param({"prompt": "half \ud83c of a pair"}, id="lone surrogate"),
            pytest.param({"seed": 2**80}, id="huge number"),
            pytest.param({"seed": float("nan")}, id="not a number"),
        ],
    )
    def test_keeps_what_json_columns_cannot_hold(self, alice: User, payload: dict[str, Any]) -> None:
        batch = bring_in(alice, remote_asset(payload=payload, prompt=str(payload.get("prompt", ""))))

        assert batch.items[0].outcome is Outcome.CREATED
        assert set(Asset.objects.get().media_metadata) == set(payload)

    def test_keeps_values_that_a_later_answer_lacks(self, alice: User) -> None:
        url = "https://media.pixverse.ai/pixverse/mp4/media/web/ori/clip1_seed1.mp4"
        rich = {"video_id": 400_000_000_000_001, "video_status": 1, "url": url, "prompt": "clip 1", "asset_type": 1}
        poor = {**rich, "url": "", "prompt": None}
        bring_in(alice, remote_asset(payload=rich, remote_url=url))

        bring_in(alice, remote_asset(payload=poor, remote_url="", prompt=""))

        asset = Asset.objects.get()
        assert (asset.remote_url, asset.prompt, asset.media_metadata["url"]) == (url, "clip 1", url)

    def test_learns_what_a_later_answer_adds(self, alice: User) -> None:
        bring_in(alice, remote_asset(payload={"video_id": 400_000_000_000_001, "asset_type": 1, "video_status": 5}))
        done = {
            "video_id": 400_000_000_000_001, "asset_type": 1, "video_status": 1, "prompt": "clip 1",
            "url": "https://media.pixverse.ai/pixverse/mp4/media/web/ori/clip1_seed1.mp4",
        }  # fmt: skip

        bring_in(alice, remote_asset(payload=done))

        assert Asset.objects.get().status == AssetStatus.COMPLETED

    def test_keeps_owners_apart(self, alice: User, bob: User) -> None:
        bring_in(alice, remote_asset())

        batch = bring_in(bob, remote_asset())

        assert batch.items[0].outcome is Outcome.CREATED
        assert Asset.objects.count() == 2

    @pytest.mark.parametrize("size", [1, 50, 200], ids=str)
    def test_runs_a_fixed_number_of_statements(self, alice: User, size: int) -> None:
        with CaptureQueriesContext(connection) as captured:
            bring_in(alice, *(remote_asset(number=number) for number in range(size)))

        # lock, names and ids, two COPYs
        assert len(captured) == 4

    @pytest.mark.parametrize("size", [2, 40, 150], ids=str)
    def test_merges_and_completes_in_a_fixed_number_of_statements(self, alice: User, size: int) -> None:
        by_id = [parent_named(Name(NameKind.ID, str(400_000_000_000_000 + number))) for number in range(size)]
        by_path = [
            parent_named(Name(NameKind.PATH, f"pixverse/mp4/media/web/ori/clip{number}_seed{number}.mp4"))
            for number in range(size)
        ]
        ingest_parents(alice.pk, [*by_id, *by_path], provider_id="pixverse", now=NOW)

        with CaptureQueriesContext(connection) as captured:
            batch = bring_in(alice, *(remote_asset(number=number) for number in range(size)))

        assert batch.merged == size
        assert len(captured) == 6


class TestTwoAtOnce:
    @pytest.mark.django_db(transaction=True)
    def test_make_no_duplicate_and_do_not_crash(self, django_user_model: type[User]) -> None:
        owner = django_user_model.objects.create_user("alice")
        records = [remote_asset(number=number) for number in range(300)]

        def import_all(step: int) -> int:
            try:
                pages = [records[start : start + 50] for start in range(0, 300, 50)][::step]
                return sum(bring_in(owner, *page).count(Outcome.CREATED) for page in pages)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            created = sum(pool.map(import_all, [1, -1, 1, -1]))

        assert created == 300
        assert Asset.objects.count() == 300
        assert Reference.objects.count() == 600


class TestTheDatabase:
    def test_refuses_a_name_of_somebody_elses_asset(self, alice: User, bob: User) -> None:
        theirs = AssetFactory(owner=bob)

        with pytest.raises(IntegrityError, match="another owner"), transaction.atomic():
            Reference.objects.create(
                owner=alice, asset=theirs, provider_id="pixverse", kind="id", value="1", created_at=NOW
            )
            connection.check_constraints()

    def test_refuses_one_name_twice(self, alice: User) -> None:
        bring_in(alice, remote_asset())
        asset = Asset.objects.get()

        with pytest.raises(IntegrityError, match="unique_name"), transaction.atomic():
            Reference.objects.create(
                owner=alice, asset=asset, provider_id="pixverse", kind="id", value="400000000000001", created_at=NOW
            )


class TestIngestParents:
    def test_makes_one_stub_of_all_names(self, alice: User) -> None:
        stub = stub_for(alice, UPLOAD, Name(NameKind.ID, "7"), media_type=MediaType.IMAGE)

        assert Asset.objects.get(pk=stub).is_stub
        assert Reference.objects.filter(asset_id=stub, is_indirect=True).count() == 2

    def test_follows_the_more_specific_of_two_known_names(self, alice: User) -> None:
        bring_in(alice, remote_asset(number=1), remote_asset(number=2))
        path = Name(NameKind.PATH, "pixverse/mp4/media/web/ori/clip2_seed2.mp4")

        [found] = ingest_parents(
            alice.pk, [parent_named(path, Name(NameKind.ID, "400000000000001"))], provider_id="pixverse", now=NOW
        ).answers

        assert found.is_contradicted
        assert found.asset_id == Reference.objects.get(value=path.value).asset_id
        assert Asset.objects.count() == 2

    def test_finds_a_stub_that_holds_a_name_of_its_own(self, alice: User) -> None:
        stub = stub_for(alice, UPLOAD)
        Reference.objects.filter(asset_id=stub).update(is_indirect=False)

        found = stub_for(alice, UPLOAD, Name(NameKind.ID, "7"))

        assert found == stub
        assert Reference.objects.filter(asset_id=stub).count() == 2

    def test_refuses_a_parent_of_another_media_type(self, alice: User) -> None:
        bring_in(alice, remote_asset(number=1))

        [found] = ingest_parents(
            alice.pk,
            [parent_named(Name(NameKind.ID, "400000000000001"), media_type=MediaType.IMAGE)],
            provider_id="pixverse",
            now=NOW,
        ).answers

        assert found.asset_id is None
        assert "other media" in found.reason
