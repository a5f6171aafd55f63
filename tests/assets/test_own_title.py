"""Tests of the owner's own titles."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from assets.ingest.entries import Entry
from assets.ingest.merge import merge
from assets.models import Asset
from assets.own_title import InvalidTitle, set_own_title
from common.vocabulary import MediaType
from library import deletion
from lineage.graph.neighborhood import neighborhood
from lineage.graph.query import NeighborhoodQuery
from tests.assets.ingest.test_batch import bring_in, stub_for
from tests.factories import NOW, AssetFactory, chain, remote_asset


@pytest.fixture
def asset(alice: User) -> Asset:
    """An asset that its owner and its provider both gave a title."""
    found: Asset = AssetFactory(owner=alice, title="a provider's title", prompt="paper boats")
    set_own_title(found, " Harbour\u00a0at dawn ")
    return found


class TestSetOwnTitle:
    def test_stores_a_tidy_title(self, asset: Asset) -> None:
        assert Asset.objects.get().own_title == "Harbour at dawn"

    def test_returns_to_the_title_of_the_provider(self, asset: Asset) -> None:
        set_own_title(asset, "")

        assert Asset.objects.get().description == "a provider's title"

    @pytest.mark.parametrize("title", ["a\u202eb", "two\nlines", "\u3164", "x" * 301], ids=ascii)
    def test_refuses_what_cannot_be_read(self, asset: Asset, title: str) -> None:
        with pytest.raises(InvalidTitle):
            set_own_title(asset, title)

        assert Asset.objects.get().own_title == "Harbour at dawn"


class TestOwnTitle:
    def test_is_the_label_of_the_asset_everywhere(self, as_alice: Client, asset: Asset) -> None:
        query = NeighborhoodQuery(up=1, down=1)

        assert asset.description == "Harbour at dawn"
        assert neighborhood(asset, query).nodes[0].asset.description == "Harbour at dawn"
        assert "Harbour at dawn" in as_alice.get("/").content.decode()
        answer = as_alice.get(f"/api/v1/assets/{asset.pk}").json()
        assert (answer["own_title"], answer["title"]) == ("Harbour at dawn", "a provider's title")

    def test_leaves_the_prompt_on_the_page(self, as_alice: Client, asset: Asset) -> None:
        assert "paper boats" in as_alice.get(reverse("library:asset", args=[asset.pk])).content.decode()

    @pytest.mark.parametrize("words", ["harbour", "provider", "boats"])
    def test_is_searched_beside_the_other_words(self, as_alice: Client, asset: Asset, words: str) -> None:
        AssetFactory(owner=asset.owner, prompt="a tree")

        found = as_alice.get("/api/v1/assets", {"q": words}).json()["items"]

        assert [item["id"] for item in found] == [asset.pk]

    def test_is_written_by_no_import(self, alice: User) -> None:
        record = remote_asset(number=1)
        changed = replace(record, payload={**record.payload, "prompt": "new at the provider"})
        bring_in(alice, record)
        stored = Asset.objects.get()
        set_own_title(stored, "mine")

        bring_in(alice, changed)

        stored.refresh_from_db()
        assert (stored.own_title, stored.media_metadata["prompt"]) == ("mine", "new at the provider")

    def test_stays_when_a_placeholder_is_completed(self, alice: User) -> None:
        stub_for(alice, remote_asset(number=1).names[0])
        set_own_title(Asset.objects.get(), "mine")

        bring_in(alice, remote_asset(number=1))

        stored = Asset.objects.get()
        assert (stored.is_stub, stored.own_title) == (False, "mine")

    @pytest.mark.parametrize(("own", "kept"), [("", "mine"), ("better", "better")], ids=["untitled", "titled"])
    def test_outlives_a_merge(self, alice: User, own: str, kept: str) -> None:
        survivor = AssetFactory(owner=alice, own_title=own)
        first, second = AssetFactory.create_batch(2, owner=alice, is_stub=True, provider_asset_id="")
        set_own_title(second, "mine")

        kept_entry = Entry(MediaType.VIDEO, is_stub=False, asset_id=survivor.pk)
        absorbed = [Entry(MediaType.VIDEO, True, stub.pk, absorbed_by=kept_entry) for stub in (first, second)]
        merge(alice.pk, absorbed, now=NOW)

        survivor.refresh_from_db()
        assert survivor.own_title == kept

    def test_goes_with_a_deleted_asset(self, alice: User) -> None:
        parent, _ = chain(alice, 2)
        set_own_title(parent, "mine")

        deletion.delete(alice.pk, [parent.pk], now=NOW)

        parent.refresh_from_db()
        assert (parent.is_stub, parent.own_title) == (True, "")
