"""The drift check: what is stored against what the provider says now, over real HTTP to the sandbox."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from assets.drift.check import Comparison, Paths, check, check_paths
from assets.drift.payload_diff import compare
from assets.models import Asset, AssetMerge, Reference
from assets.sync.page import import_page
from common.throttle import Clock
from lineage.models import LineageEdge
from lineage.rebuild.batch import rebuild
from lineage.rebuild.edge_drift import check_edges
from providers.base import RemoteList
from providers.errors import AccountDisabled, Unavailable, UnsupportedOperation
from providers.models import ProviderAccount
from providers.pixverse.volatile import VOLATILE_FIELDS
from providers.sandbox.server.server import SandboxServer
from tests.assets.sync import test_by_id
from tests.assets.sync_runs.test_runner import TickingClock
from tests.factories import NOW, AccountFactory, AssetFactory

unlisted = test_by_id.unlisted

CLOCK = Clock(now=lambda: NOW, sleep=TickingClock().sleep)
CDN = "https://media.pixverse.ai"


@pytest.fixture(autouse=True)
def unhurried(settings: Any) -> None:
    settings.SYNC_REQUESTS_PER_SECOND = 0


@pytest.fixture
def library(account: ProviderAccount) -> ProviderAccount:
    """The sandbox account with its newest videos imported."""
    import_page(account, remote_list=RemoteList.VIDEOS, position="", size=10, create_lineage=False, now=NOW)
    return account


def rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Asset, Reference, LineageEdge)]


def change_stored(**fields: Any) -> Asset:
    """Let the newest stored payload differ from the provider's."""
    asset = Asset.objects.listed().newest_first()[0]
    asset.media_metadata = {**asset.media_metadata, **fields}
    asset.save(update_fields=["media_metadata"])
    return asset


class TestCompare:
    @pytest.mark.parametrize(
        ("stored", "now"),
        [
            ({"video_id": 7}, {"video_id": "7"}),
            ({"prompt": ""}, {}),
            ({"lip_sync": {}}, {"lip_sync": None}),
            ({"url": f"{CDN}/a%2Fb.mp4?sign=1"}, {"url": f"{CDN}/a/b.mp4?sign=2"}),
            ({"audio": False}, {"audio": 0}),
            ({"duration": 5.0}, {"duration": 5}),
            ({"customer_paths": {"prompts": ["a"]}}, {"customer_paths": {"prompts": ["a"]}}),
        ],
        ids=["id as text", "blank", "empty", "address", "false", "whole number", "nested"],
    )
    def test_takes_what_means_the_same_for_the_same(self, stored: Any, now: Any) -> None:
        assert compare(stored, now, expected={}) == ()

    def test_tells_fields_by_their_paths(self) -> None:
        [found] = compare({"a": {"b": ["x", "y"]}}, {"a": {"b": ["x", "z"]}}, expected={})

        assert (found.field, found.stored, found.now, found.is_expected) == ("a.b.1", "y", "z", False)

    @pytest.mark.parametrize("field", ["video_status", "likes", "is_collected"])
    def test_expects_what_the_provider_calls_volatile(self, field: str) -> None:
        [found] = compare({field: 5}, {field: 1}, expected=VOLATILE_FIELDS)

        assert found.expected_because == VOLATILE_FIELDS[field]

    def test_expects_all_of_a_volatile_object(self) -> None:
        [found] = compare({"queue_data": {"left": 5}}, {"queue_data": {"left": 1}}, expected=VOLATILE_FIELDS)

        assert found.is_expected

    def test_expects_that_more_is_known_later_and_never_less(self) -> None:
        [later] = compare({"url": ""}, {"url": f"{CDN}/a.mp4"}, expected={})
        [lost] = compare({"url": f"{CDN}/a.mp4"}, {"url": ""}, expected={})

        assert (later.is_expected, lost.is_expected) == (True, False)


class TestCheck:
    def test_finds_no_drift_in_what_was_just_imported(self, library: ProviderAccount) -> None:
        report = check(library, clock=CLOCK)

        assert len(report.items) == 10
        assert report.unexpected_count == 0
        assert report.count(Comparison.DIFFERENT) == 0

    def test_shows_what_differs_and_writes_nothing(self, library: ProviderAccount) -> None:
        asset = change_stored(prompt="another prompt", likes=99)
        before = rows()

        report = check(library, asset_ids=[asset.pk], clock=CLOCK)

        [item] = report.items
        assert item.comparison is Comparison.DIFFERENT
        assert [(found.field, found.stored) for found in item.unexpected] == [("prompt", "another prompt")]
        assert sum(report.expected_by_reason.values()) == 1
        assert rows() == before

    def test_tells_of_what_the_provider_does_not_know(self, library: ProviderAccount, alice: User) -> None:
        asset = AssetFactory(owner=alice, account=library, provider_asset_id="999", media_metadata={"video_id": 999})

        [item] = check(library, asset_ids=[asset.pk], clock=CLOCK).items

        assert item.comparison is Comparison.NOT_FOUND
        assert item.reason

    def test_keeps_to_the_accounts_own_assets(self, library: ProviderAccount, bob: User) -> None:
        theirs = AssetFactory(owner=bob)

        assert check(library, asset_ids=[theirs.pk], clock=CLOCK).items == ()

    def test_refuses_a_disabled_account(self, library: ProviderAccount) -> None:
        library.is_enabled = False

        with pytest.raises(AccountDisabled):
            check(library, clock=CLOCK)

    def test_raises_when_nothing_could_be_compared(self, library: ProviderAccount, sandbox: SandboxServer) -> None:
        sandbox.stop()

        with pytest.raises(Unavailable):
            check(library, sample=1, clock=CLOCK)

    def test_keeps_the_pace(self, library: ProviderAccount, settings: Any) -> None:
        settings.SYNC_REQUESTS_PER_SECOND = 0.1
        ticking = TickingClock()

        check(library, sample=3, clock=Clock(now=ticking.now, sleep=ticking.sleep))

        assert len(ticking.slept) == 2


class TestCheckPaths:
    def test_asks_for_listed_items_by_their_ids_too(self, library: ProviderAccount) -> None:
        before = rows()

        report = check_paths(library, sample=6, clock=CLOCK)

        assert {item.paths for item in report.items} == {Paths.LIST_AND_ITEM}
        assert len({item.description for item in report.items}) > 3
        assert report.unexpected_count == 0
        assert rows() == before

    def test_knows_which_of_them_are_here(self, library: ProviderAccount) -> None:
        report = check_paths(library, sample=3, clock=CLOCK)

        assert [item.asset_id is not None for item in report.items] == [True, False, False]

    def test_compares_merged_assets_with_what_they_brought_along(self, library: ProviderAccount) -> None:
        asset = Asset.objects.listed().newest_first()[0]
        other = {**asset.media_metadata, "video_id": 41, "asset_id": 41, "prompt": "another prompt", "likes": 99}
        AssetMerge.objects.create(
            owner=asset.owner,
            survivor=asset,
            absorbed_provider_asset_id="41",
            absorbed_payload=other,
            merged_at=NOW,
        )

        [item] = [found for found in check_paths(library, clock=CLOCK).items if found.paths is Paths.KEPT_AND_JOINED]

        assert (item.asset_id, item.comparison) == (asset.pk, Comparison.DIFFERENT)
        assert [(found.field, found.now) for found in item.unexpected] == [("prompt", "another prompt")]
        assert "video_id" in {found.field for found in item.differences if found.is_expected}

    def test_refuses_a_provider_without_a_list(self, unlisted: ProviderAccount) -> None:
        with pytest.raises(UnsupportedOperation, match="does not offer a list"):
            check_paths(unlisted, clock=CLOCK)


class TestTheDoors:
    def test_api_answers_with_every_difference(self, as_alice: Client, library: ProviderAccount) -> None:
        asset = change_stored(prompt="another prompt")
        address = f"/api/v1/providers/pixverse/accounts/{library.pk}/drift"

        answer = as_alice.post(address, {"limit": 3}, content_type="application/json").json()

        assert (answer["compared"], answer["different"], answer["unexpected_count"]) == (3, 1, 1)
        [drifted] = [item for item in answer["items"] if item["comparison"] == "different"]
        assert (drifted["asset_id"], drifted["differences"][0]["field"]) == (asset.pk, "prompt")

    def test_api_compares_two_ways(self, as_alice: Client, library: ProviderAccount) -> None:
        address = f"/api/v1/providers/pixverse/accounts/{library.pk}/drift"

        answer = as_alice.post(address, {"compare": "paths", "limit": 3}, content_type="application/json").json()

        assert [item["paths"] for item in answer["items"]] == ["list_and_item"] * 3

    def test_page_compares_two_ways(self, as_alice: Client, library: ProviderAccount) -> None:
        answer = as_alice.post(f"/accounts/{library.pk}/drift/", {"compare": "paths", "limit": "3"})

        assert "3 compared, 3 identical" in answer.content.decode()

    @pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["plain", "htmx"])
    def test_page_shows_them(self, as_alice: Client, library: ProviderAccount, headers: dict[str, str]) -> None:
        change_stored(prompt="another prompt")

        form = as_alice.get(f"/accounts/{library.pk}/drift/").content.decode()
        answer = as_alice.post(f"/accounts/{library.pk}/drift/", {"limit": "2"}, headers=headers)

        assert "Compare" in form
        assert answer.status_code == 200
        assert "2 compared" in answer.content.decode()
        assert "another prompt" in answer.content.decode()
        assert ("<html" in answer.content.decode()) is not bool(headers)

    def test_page_refuses_too_many(self, as_alice: Client, library: ProviderAccount) -> None:
        assert as_alice.post(f"/accounts/{library.pk}/drift/", {"limit": "51"}).status_code == 422

    def test_page_says_what_went_wrong(
        self, as_alice: Client, library: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.stop()

        answer = as_alice.post(f"/accounts/{library.pk}/drift/", {"limit": "1"})

        assert 'role="alert"' in answer.content.decode()

    def test_command_prints_a_table(self, library: ProviderAccount) -> None:
        change_stored(prompt="another prompt")
        said = StringIO()

        call_command("check_drift", library.pk, "--limit", "4", stdout=said)

        assert '"another prompt"' in said.getvalue()
        assert "4 compared" in said.getvalue()
        assert "a rebuild would add" in said.getvalue()

    def test_command_compares_two_ways(self, library: ProviderAccount) -> None:
        said = StringIO()

        call_command("check_drift", library.pk, "--paths", "--limit", "3", stdout=said)

        assert "3 compared" in said.getvalue()

    @pytest.mark.parametrize("arguments", [["0"], ["{account}", "--limit", "0"], ["{account}", "--limit", "101"]])
    def test_command_refuses_what_cannot_be(self, alice: User, arguments: list[str]) -> None:
        account = AccountFactory(owner=alice)

        with pytest.raises(CommandError):
            call_command("check_drift", *(word.format(account=account.pk) for word in arguments))


class TestCheckEdges:
    def test_says_what_a_rebuild_would_do_and_does_it_not(self, library: ProviderAccount) -> None:
        asset_ids = list(Asset.objects.order_by("pk").values_list("pk", flat=True))
        before = rows()

        drift = check_edges(library.owner_id, asset_ids, now=NOW)

        assert rows() == before
        results = rebuild(library.owner_id, asset_ids=asset_ids, clear_existing=True, now=NOW)
        assert drift.added == sum(result.new_edges for result in results) > 0
        assert {result.asset_id for result in drift.changed} == {
            result.asset_id for result in results if result.new_edges
        }

    def test_finds_nothing_after_a_rebuild(self, library: ProviderAccount) -> None:
        asset_ids = list(Asset.objects.order_by("pk").values_list("pk", flat=True))
        rebuild(library.owner_id, asset_ids=asset_ids, clear_existing=True, now=NOW)

        drift = check_edges(library.owner_id, asset_ids, now=NOW)

        assert (drift.added, drift.removed, drift.changed) == (0, 0, ())
        assert drift.unchanged == LineageEdge.objects.count()

    def test_finds_an_edge_that_no_payload_gives(self, library: ProviderAccount, bob: User) -> None:
        asset_ids = list(Asset.objects.order_by("pk").values_list("pk", flat=True))
        rebuild(library.owner_id, asset_ids=asset_ids, clear_existing=True, now=NOW)
        edge = LineageEdge.objects.earliest("pk")
        LineageEdge.objects.filter(pk=edge.pk).update(sequence_order=7)

        drift = check_edges(library.owner_id, [edge.child_id, AssetFactory(owner=bob).pk], now=NOW)

        assert (drift.asset_count, drift.added, drift.removed) == (1, 1, 1)
