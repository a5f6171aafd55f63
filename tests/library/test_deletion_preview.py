"""Preview of a deletion: it matches the deletion, on pages, API and admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assets.models import Asset, AssetMerge, Reference, SyncList, SyncProblem, SyncRun, Tombstone
from library import deletion
from library.deletion_preview import facts, preview_deletion, summary
from lineage.models import LineageEdge
from providers.models import ProviderAccount
from tests.factories import NOW, AccountFactory, AssetFactory, EdgeFactory, ReferenceFactory, chain


@pytest.fixture
def everything(alice: User) -> Asset:
    """An asset with two parents, one of them a stub with a stub above it, a child, a grandchild, names and runs."""
    account: ProviderAccount = AccountFactory(owner=alice)
    asset: Asset = AssetFactory(owner=alice, prompt="the one in the middle")
    stub, stub_above = AssetFactory.create_batch(2, owner=alice, is_stub=True, provider_asset_id="", prompt="")
    child, grandchild = AssetFactory.create_batch(2, owner=alice)
    EdgeFactory(parent=AssetFactory(owner=alice), child=asset)
    EdgeFactory(parent=stub, child=asset, sequence_order=1)
    EdgeFactory(parent=stub_above, child=stub)
    EdgeFactory(parent=asset, child=child)
    EdgeFactory(parent=child, child=grandchild)
    ReferenceFactory(asset=asset)
    ReferenceFactory(asset=asset, kind="path", value="pixverse/mp4/the-middle.mp4")
    AssetMerge.objects.create(owner=alice, survivor=asset, absorbed_payload={"a": 1}, merged_at=NOW)
    run = SyncRun.objects.create(
        owner=alice, account=account, provider_id="pixverse", account_label="A", kind="import", created_at=NOW
    )
    SyncList.objects.create(owner=alice, run=run, list_key="videos:generated", invalid=1)
    SyncProblem.objects.create(
        owner=alice,
        run=run,
        list_key="videos:generated",
        provider_asset_id=asset.provider_asset_id,
        reason="It was torn.",
    )
    return asset


class TestPreviewDeletion:
    def test_counts_everything_affected(self, alice: User, everything: Asset) -> None:
        found = preview_deletion(alice.pk, [everything.pk])

        assert (found.marked_ids, found.gone_ids, found.stub_ids) == ((everything.pk,), (), ())
        assert (found.parent_count, found.child_count, found.descendant_count) == (2, 1, 2)
        assert (found.name_count, found.merge_count, found.run_count) == (2, 1, 1)

    def test_lists_stubs_that_would_be_deleted_too(self, alice: User, everything: Asset) -> None:
        below = list(Asset.objects.filter(pk__gt=everything.pk, is_stub=False))

        found = preview_deletion(alice.pk, [everything.pk, *(asset.pk for asset in below)])

        assert set(found.stub_ids) == set(Asset.objects.filter(is_stub=True).values_list("pk", flat=True))
        assert found.child_count == 0

    @pytest.mark.parametrize("with_family", [False, True], ids=["alone", "with its descendants"])
    def test_matches_what_happens(self, alice: User, everything: Asset, with_family: bool) -> None:
        descendants = Asset.objects.filter(parent_edges__isnull=False).exclude(is_stub=True)
        asset_ids = [everything.pk, *(descendants.values_list("pk", flat=True) if with_family else [])]
        before = set(Asset.objects.values_list("pk", flat=True))

        found = preview_deletion(alice.pk, asset_ids)
        report = deletion.delete(alice.pk, asset_ids, now=NOW)

        assert (set(report.deleted_ids), report.stub_ids) == (set(found.gone_ids), found.marked_ids)
        after = set(Asset.objects.values_list("pk", flat=True))
        assert before - after == {*found.gone_ids, *found.stub_ids}

    def test_changes_nothing(self, alice: User, everything: Asset) -> None:
        before = list(Asset.objects.order_by("pk").values())

        preview_deletion(alice.pk, [everything.pk])

        assert list(Asset.objects.order_by("pk").values()) == before

    def test_finds_only_the_owners(self, bob: User, everything: Asset) -> None:
        found = preview_deletion(bob.pk, [everything.pk])

        assert (found.asset_ids, found.not_found_ids) == ((), (everything.pk,))

    @pytest.mark.parametrize("length", [3, 30], ids=str)
    def test_runs_a_fixed_number_of_statements(self, alice: User, length: int) -> None:
        clips = chain(alice, length)

        with CaptureQueriesContext(connection) as captured:
            found = preview_deletion(alice.pk, [clips[0].pk])

        assert found.descendant_count == length - 1
        assert len(captured) == 7


class TestInWords:
    def test_describes_the_consequences_for_one_asset(self, alice: User, everything: Asset) -> None:
        found = preview_deletion(alice.pk, [everything.pk])

        assert summary(found).startswith("Kept as a placeholder so its children keep their lineage")
        assert dict(facts(found)) == {
            "Children": "1 directly, 2 in total",
            "Parents": "2",
            "Future imports": "Won’t be imported again (2 IDs blocked)",
            "Merge history": "1 merged copy, also deleted",
            "Run reports": "Mentioned in 1 report, which won’t change",
        }

    def test_describes_the_consequences_for_several_assets(self, alice: User) -> None:
        first, second, _ = chain(alice, 3)
        single = AssetFactory(owner=alice)

        found = preview_deletion(alice.pk, [first.pk, second.pk, single.pk])

        assert summary(found).startswith(
            "1 deleted completely. 2 kept as placeholders so their children keep their lineage"
        )
        assert dict(facts(found))["Children"] == "1 directly, 1 in total"


class TestThePages:
    def test_preview_on_get_and_delete_on_post(self, as_alice: Client, everything: Asset) -> None:
        address = reverse("library:delete", args=[everything.pk])

        page = as_alice.get(address).content.decode()
        answer = as_alice.post(address, follow=True)

        assert "Kept as a placeholder so its children keep their lineage" in page
        assert "1 directly, 2 in total" in page
        assert "Deleted on" in answer.content.decode()
        everything.refresh_from_db()
        assert everything.deleted_at is not None
        assert LineageEdge.objects.count() == 5
        assert SyncProblem.objects.count() == 1

    def test_delete_a_selection(self, as_alice: Client, alice: User) -> None:
        first, second, kept = AssetFactory.create_batch(3, owner=alice)
        for asset in (first, second):
            ReferenceFactory(asset=asset)
        address = reverse("library:delete_selected")

        page = as_alice.get(address, {"asset": [first.pk, second.pk]}).content.decode()
        answer = as_alice.post(address, {"asset": [first.pk, second.pk]}, follow=True)

        assert "Delete these 2 assets?" in page
        assert "2 assets deleted." in answer.content.decode()
        assert list(Asset.objects.all()) == [kept]
        assert Tombstone.objects.count() == 2

    @pytest.mark.parametrize("asked", [{}, {"asset": "x"}, {"asset": "0"}, {"asset": "99999999"}], ids=str)
    def test_answer_404_for_an_invalid_selection(self, as_alice: Client, asked: dict[str, Any]) -> None:
        assert as_alice.get(reverse("library:delete_selected"), asked).status_code == 404


class TestTheOtherDoors:
    def test_api_previews(self, as_alice: Client, everything: Asset) -> None:
        answer = as_alice.get(f"/api/v1/assets/{everything.pk}/removal").json()

        assert answer == {
            "asset_id": everything.pk,
            "stays_as_stub": True,
            "parent_count": 2,
            "child_count": 1,
            "descendant_count": 2,
            "name_count": 2,
            "merge_count": 1,
            "run_count": 1,
            "stub_ids": [],
        }

    def test_admin_previews(self, client: Client, everything: Asset) -> None:
        client.force_login(User.objects.create_superuser("admin", password="admin's password"))

        page = client.get(f"/admin/assets/asset/{everything.pk}/delete/").content.decode()

        assert "Kept as a placeholder so its children keep their lineage" in page
        assert "Children: 1 directly, 2 in total" in page

    def test_deletes_an_asset_that_has_everything(self, as_alice: Client, everything: Asset) -> None:
        answer = as_alice.delete(f"/api/v1/assets/{everything.pk}")

        mark = Asset.objects.get(pk=everything.pk)
        assert answer.status_code == 204
        assert (mark.is_stub, mark.parent_count, mark.child_count, mark.media_metadata) == (True, 2, 1, {})
        assert mark.deleted_at is not None
        assert set(Reference.objects.values_list("is_indirect", flat=True)) == {True}
