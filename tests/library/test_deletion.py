"""Deletion: imports skip deleted assets, and lineage stays connected."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from assets import tombstones
from assets.ingest.batch import ingest_parents
from assets.ingest.entries import Entry
from assets.ingest.merge import merge
from assets.ingest.results import Outcome
from assets.models import Asset, AssetMerge, Reference, Tombstone
from assets.sync.lookup import compare
from common.vocabulary import MediaType
from library import deletion
from library.browse import LibraryFilter, browse
from lineage.models import LineageEdge
from tests.assets.ingest.test_batch import bring_in, parent_named
from tests.factories import NOW, AccountFactory, AssetFactory, EdgeFactory, remote_asset


def imported(owner: User, *numbers: int) -> list[Asset]:
    batch = bring_in(owner, *(remote_asset(number=number) for number in numbers))
    return [Asset.objects.get(pk=item.asset_id or 0) for item in batch.items]


def delete(owner: User, *assets: Asset) -> deletion.DeletionReport:
    return deletion.delete(owner.pk, [asset.pk for asset in assets], now=NOW)


def library_cursor(client: Client) -> str:
    """Return the cursor of the library's second page; of one that begins after the first asset if there is none."""
    page = browse(client.session["_auth_user_id"], LibraryFilter(), cursor="", size=48)
    page = page if page.next_cursor else browse(client.session["_auth_user_id"], LibraryFilter(), cursor="", size=1)
    return page.next_cursor or ""


class TestDelete:
    def test_removes_the_asset_and_keeps_its_names(self, alice: User) -> None:
        [asset] = imported(alice, 1)
        names = set(Reference.objects.values_list("kind", "value"))

        report = delete(alice, asset)

        assert report.deleted_ids == (asset.pk,)
        assert not Asset.objects.exists()
        assert not Reference.objects.exists()
        assert set(Tombstone.objects.values_list("kind", "value")) == names

    def test_keeps_the_item_away_from_later_imports(self, alice: User) -> None:
        [gone, _] = imported(alice, 1, 2)
        delete(alice, gone)

        batch = bring_in(alice, remote_asset(number=1), remote_asset(number=2), remote_asset(number=3))

        assert [item.outcome for item in batch.items] == [Outcome.DELETED, Outcome.EXISTING, Outcome.CREATED]
        assert batch.items[0].asset_id is None
        assert Asset.objects.count() == 2

    def test_is_known_to_a_scan(self, alice: User) -> None:
        delete(alice, *imported(alice, 1))

        [item] = compare(alice.pk, [remote_asset(number=1)], provider_id="pixverse")

        assert (item.already_imported, item.is_deleted) == (False, True)

    def test_marks_a_stub_that_comes_to_be_afterwards(self, alice: User) -> None:
        delete(alice, *imported(alice, 1))
        named = [parent_named(*remote_asset(number=1).names), parent_named(*remote_asset(number=2).names)]

        [same, other] = ingest_parents(alice.pk, named, provider_id="pixverse", now=NOW).answers

        assert Asset.objects.get(pk=same.asset_id or 0).deleted_at == NOW
        assert Asset.objects.get(pk=other.asset_id or 0).deleted_at is None

    def test_says_nothing_of_media_of_another_type(self, alice: User) -> None:
        delete(alice, *imported(alice, 1))

        batch = bring_in(alice, remote_asset(number=1, media_type=MediaType.IMAGE))

        assert batch.items[0].outcome is Outcome.CREATED

    def test_says_nothing_to_other_owners(self, alice: User, bob: User) -> None:
        delete(alice, *imported(alice, 1))

        batch = bring_in(bob, remote_asset(number=1))

        assert batch.items[0].outcome is Outcome.CREATED

    def test_finds_only_the_owners_assets(self, alice: User, bob: User) -> None:
        [asset] = imported(bob, 1)

        report = delete(alice, asset)

        assert report.not_found_ids == (asset.pk,)
        assert Asset.objects.get() == asset
        assert not Tombstone.objects.exists()

    def test_leaves_a_stub_where_others_were_made_from_it(self, alice: User) -> None:
        [parent, child] = imported(alice, 1, 2)
        EdgeFactory(parent=parent, child=child)
        AssetMerge.objects.create(owner=alice, survivor=parent, absorbed_payload={"a": 1}, merged_at=NOW)

        report = delete(alice, parent)

        parent.refresh_from_db()
        assert (report.deleted_ids, report.stub_ids) == ((), (parent.pk,))
        assert (parent.is_stub, parent.prompt, parent.media_metadata, parent.child_count) == (True, "", {}, 1)
        assert parent.deleted_at == NOW
        assert set(parent.references.values_list("is_indirect", flat=True)) == {True}
        assert not AssetMerge.objects.exists()
        assert Tombstone.objects.count() == 2

    def test_keeps_a_stub_from_being_completed(self, alice: User) -> None:
        [parent, child] = imported(alice, 1, 2)
        EdgeFactory(parent=parent, child=child)
        delete(alice, parent)

        batch = bring_in(alice, remote_asset(number=1))

        assert batch.items[0].outcome is Outcome.DELETED
        stub = Asset.objects.get(pk=parent.pk)
        assert (stub.is_stub, stub.deleted_at) == (True, NOW)

    def test_keeps_the_mark_when_another_name_turns_out_to_be_it(self, alice: User) -> None:
        [parent, child] = imported(alice, 1, 2)
        older = AssetFactory(pk=parent.pk - 1, owner=alice, is_stub=True, provider_asset_id="")
        EdgeFactory(parent=parent, child=child)
        delete(alice, parent)

        survivor = Entry(MediaType.VIDEO, is_stub=True, asset_id=older.pk)
        merge(alice.pk, [Entry(MediaType.VIDEO, True, parent.pk, absorbed_by=survivor)], now=NOW)

        assert Asset.objects.get(pk=older.pk).deleted_at == NOW

    def test_removes_a_family_that_goes_together(self, alice: User) -> None:
        family = imported(alice, 1, 2, 3)
        EdgeFactory(parent=family[0], child=family[1])
        EdgeFactory(parent=family[1], child=family[2])

        report = delete(alice, *family)

        assert set(report.deleted_ids) == {asset.pk for asset in family}
        assert not Asset.objects.exists()
        assert not LineageEdge.objects.exists()

    def test_keeps_the_way_up_from_an_asset_that_stays(self, alice: User) -> None:
        [grandparent, parent, child] = imported(alice, 1, 2, 3)
        EdgeFactory(parent=grandparent, child=parent)
        EdgeFactory(parent=parent, child=child)

        report = delete(alice, grandparent, parent)

        assert set(report.stub_ids) == {grandparent.pk, parent.pk}
        assert LineageEdge.objects.count() == 2

    def test_forgets_stubs_that_nothing_is_made_from_any_more(self, alice: User) -> None:
        [grandparent, parent, child] = imported(alice, 1, 2, 3)
        EdgeFactory(parent=grandparent, child=parent)
        EdgeFactory(parent=parent, child=child)
        delete(alice, grandparent, parent)

        delete(alice, child)

        assert not Asset.objects.exists()
        assert Tombstone.objects.values("provider_asset_id").distinct().count() == 3

    @pytest.mark.parametrize("size", [1, 40], ids=str)
    def test_runs_a_fixed_number_of_statements(self, alice: User, size: int) -> None:
        assets = imported(alice, *range(2 * size))
        for parent in assets[:size]:
            EdgeFactory(parent=parent, child=AssetFactory(owner=alice))

        with CaptureQueriesContext(connection) as captured:
            report = delete(alice, *assets)

        assert (len(report.stub_ids), len(report.deleted_ids)) == (size, size)
        assert len(captured) == 10


class TestAllowReimport:
    def test_allows_the_item_by_all_its_names(self, alice: User) -> None:
        [asset, other] = imported(alice, 1, 2)
        delete(alice, asset, other)

        forgotten = tombstones.allow_reimport(Tombstone.objects.filter(provider_asset_id=asset.provider_asset_id)[:1])

        batch = bring_in(alice, remote_asset(number=1), remote_asset(number=2))
        assert forgotten == 2
        assert [item.outcome for item in batch.items] == [Outcome.CREATED, Outcome.DELETED]

    def test_completes_the_stub_that_was_left(self, alice: User) -> None:
        [parent, child] = imported(alice, 1, 2)
        edge = EdgeFactory(parent=parent, child=child)
        delete(alice, parent)
        tombstones.allow_reimport(Tombstone.objects.all())

        batch = bring_in(alice, remote_asset(number=1))

        assert (batch.items[0].outcome, batch.items[0].asset_id) == (Outcome.COMPLETED, parent.pk)
        assert LineageEdge.objects.get() == edge
        assert Asset.objects.get(pk=parent.pk).deleted_at is None


class TestTheDoors:
    def test_api_deletes_one(self, as_alice: Client, alice: User) -> None:
        [asset] = imported(alice, 1)

        answer = as_alice.delete(f"/api/v1/assets/{asset.pk}")

        assert answer.status_code == 204
        assert Tombstone.objects.count() == 2
        assert as_alice.delete(f"/api/v1/assets/{asset.pk}").status_code == 404

    @pytest.mark.parametrize("has_child", [False, True], ids=["alone", "with a child"])
    def test_pages_return_to_the_list_of_the_selection(self, as_alice: Client, alice: User, has_child: bool) -> None:
        [asset, child] = imported(alice, 1, 2)
        if has_child:
            EdgeFactory(parent=asset, child=child)
        here = {"text": "", "media_type": "video", "cursor": library_cursor(as_alice)}

        library = as_alice.get("/", here)
        named = library.context["list_query"]
        asked = as_alice.get("/library/delete/", {"asset": asset.pk, "list": named})
        done = as_alice.post("/library/delete/", {"asset": asset.pk, "list": named})

        there = f"/?media_type=video&cursor={here['cursor']}"
        assert f'name="list" value="{escape(named)}"' in library.content.decode()
        assert f'name="list" value="{escape(named)}"' in asked.content.decode()
        assert f'href="{escape(there)}" data-returns>Cancel' in asked.content.decode()
        assert done["Location"] == there

    @pytest.mark.parametrize("has_child", [False, True], ids=["alone", "with a child"])
    def test_page_of_an_asset_returns_to_the_list_it_was_opened_from(
        self, as_alice: Client, alice: User, has_child: bool
    ) -> None:
        [asset, child] = imported(alice, 1, 2)
        if has_child:
            EdgeFactory(parent=asset, child=child)
        opened = f"/assets/{asset.pk}/?list=media_type%3Dvideo"

        card = as_alice.get("/", {"media_type": "video"}).content.decode()
        link = as_alice.get(opened).content.decode()
        asked = as_alice.get(f"/assets/{asset.pk}/delete/", {"list": "media_type=video"}).content.decode()
        done = as_alice.post(f"/assets/{asset.pk}/delete/", {"list": "media_type=video"})

        assert f'href="{opened}"' in card
        assert f'href="/assets/{asset.pk}/delete/?list=media_type%3Dvideo"' in link
        assert f'href="{opened}" >Cancel' in asked
        assert done["Location"] == (opened if has_child else "/?media_type=video")

    def test_page_that_was_emptied_gives_way_to_the_first(self, as_alice: Client, alice: User) -> None:
        imported(alice, *range(50))
        cursor = library_cursor(as_alice)
        last = as_alice.get("/", {"cursor": cursor, "media_type": "video"}).context["assets"]

        delete(alice, *last)
        answer = as_alice.get("/", {"cursor": cursor, "media_type": "video"})

        assert len(last) == 2
        assert answer["Location"] == "/?media_type=video"

    def test_page_of_a_deleted_asset_offers_to_restore_it(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice)
        [parent, child] = imported(alice, 1, 2)
        EdgeFactory(parent=parent, child=child)
        name = parent.provider_asset_id
        delete(alice, parent)

        page = as_alice.get(f"/assets/{parent.pk}/").content.decode()
        lineage = as_alice.get(f"/assets/{parent.pk}/lineage/").content.decode()

        assert "Restore</button>" in page
        for field, value in (("ids", name), ("kind", "videos"), ("bring_back", "true"), ("account", account.pk)):
            assert f'<input type="hidden" name="{field}" value="{value}">' in page
        assert "Rebuild lineage" not in lineage
        assert "Preview changes" not in lineage

    def test_page_shows_the_id_that_searches_accept(self, as_alice: Client, alice: User) -> None:
        [asset] = imported(alice, 1)

        page = as_alice.get(f"/assets/{asset.pk}/").content.decode()

        assert f'<dt>ID</dt><dd class="mono">{asset.pk}</dd>' in page

    @pytest.mark.parametrize("way", ["action", "page"])
    def test_admin_deletes_and_reports_placeholders(self, client: Client, alice: User, way: str) -> None:
        client.force_login(User.objects.create_superuser("admin", password="admin's password"))
        [parent, child] = imported(alice, 1, 2)
        EdgeFactory(parent=parent, child=child)
        posted: dict[str, Any] = {"action": "delete_selected", "_selected_action": [parent.pk], "post": "yes"}
        address = "/admin/assets/asset/" if way == "action" else f"/admin/assets/asset/{parent.pk}/delete/"

        answer = client.post(address, posted, follow=True)

        assert "1 asset was kept as a placeholder" in answer.content.decode()
        assert Asset.objects.get(pk=parent.pk).is_stub
        assert Tombstone.objects.count() == 2

    def test_admin_deletes_all_tombstones_of_an_asset(self, client: Client, alice: User) -> None:
        client.force_login(User.objects.create_superuser("admin", password="admin's password"))
        delete(alice, *imported(alice, 1))
        first = Tombstone.objects.earliest("pk")

        client.post(f"/admin/assets/tombstone/{first.pk}/delete/", {"post": "yes"})

        assert not Tombstone.objects.exists()
