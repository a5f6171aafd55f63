"""Origins and impact through their doors: pages, files, JSON."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assets.models import Asset
from lineage.models import LineageEdge
from lineage.origins_impact.query import COUNTED_MAX
from tests.factories import NOW, AssetFactory, EdgeFactory, chain
from tests.journeys.walking import HTMX


@pytest.fixture
def family(alice: User) -> Asset:
    """A clip made of a still and of an extended first one; two takes were made of it."""
    first, extended, root = chain(alice, 3)
    still = AssetFactory(owner=alice, media_type="image", prompt="still", operation_type="text_to_image")
    EdgeFactory(parent=still, child=root, sequence_order=1)
    for number in range(2):
        take = AssetFactory(owner=alice, prompt=f"take {number}", provider_created_at=NOW + timedelta(days=number))
        EdgeFactory(parent=root, child=take)
    Asset.objects.filter(pk=first.pk).update(prompt="=HYPERLINK(first)", provider_created_at=NOW - timedelta(days=9))
    Asset.objects.filter(pk=extended.pk).update(prompt="extended")
    Asset.objects.filter(pk=root.pk).update(prompt="root")
    root.refresh_from_db()
    return root


def totals(asset: Asset) -> str:
    """URL of the totals of an asset."""
    return reverse("lineage:totals", args=[asset.pk])


def listed(client: Client, name: str, root: Asset, **query: Any) -> list[str]:
    """The words of the rows on a page, in order."""
    page = client.get(reverse(f"lineage:{name}", args=[root.pk]), query).content.decode()
    return re.findall(r'class="reach__words">([^<]*)<', page)


def pictured(part: str) -> set[int]:
    """The ids of the originals whose pictures a part shows."""
    return {int(number) for number in re.findall(r'class="originals__item" href="/assets/\d+/origins/(\d+)/"', part)}


def bushy(root: Asset, *, is_up: bool, assets: int) -> None:
    """Give an asset that many ancestors or descendants: a hundred beside it, and a hundred beyond each of those.

    A trigger writes an asset once for each of its edges, and each time reads what the last ones left of it in this
    transaction: all around one asset, they would take a minute.
    """
    stamps = {"provider_id": "pixverse", "media_type": "video", "created_at": NOW, "updated_at": NOW}
    around = Asset.objects.bulk_create(
        Asset(owner=root.owner, provider_asset_id=str(number), status="completed", **stamps) for number in range(assets)
    )
    nearer = [root] * 100 + [around[place // 100] for place in range(assets - 100)]
    LineageEdge.objects.bulk_create(
        EdgeFactory.build(**{"child" if is_up else "parent": near, "parent" if is_up else "child": far})
        for near, far in zip(nearer, around, strict=True)
    )


def in_file(client: Client, name: str, root: Asset, **query: Any) -> list[list[str]]:
    answer = client.get(reverse(f"lineage:{name}", args=[root.pk]), {**query, "format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text)))


class TestThePages:
    def test_list_what_it_was_made_from_and_what_was_made_from_it(self, as_alice: Client, family: Asset) -> None:
        assert listed(as_alice, "origins", family) == ["extended", "still", "=HYPERLINK(first)"]
        assert listed(as_alice, "impact", family) == ["take 0", "take 1"]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"sort": "farthest"}, ["=HYPERLINK(first)", "still", "extended"]),
            ({"sort": "oldest"}, ["=HYPERLINK(first)", "extended", "still"]),
            ({"sort": "media_type"}, ["still", "extended", "=HYPERLINK(first)"]),
            ({"sort": "operation"}, ["still", "extended", "=HYPERLINK(first)"]),
            ({"media_type": "image"}, ["still"]),
            ({"originals": "on"}, ["still", "=HYPERLINK(first)"]),
            ({"originals": "on", "media_type": "video"}, ["=HYPERLINK(first)"]),
            ({"operation_type": "text_to_video", "made_before": "2026-10-30"}, ["=HYPERLINK(first)"]),
            ({"made_after": "2026-11-02"}, []),
        ],
        ids=str,
    )
    def test_sort_and_filter(self, as_alice: Client, family: Asset, query: dict[str, str], expected: list[str]) -> None:
        assert listed(as_alice, "origins", family, **query) == expected
        assert [row[6].lstrip("'") for row in in_file(as_alice, "origins", family, **query)[1:]] == expected

    def test_count_both_ways_before_either_is_opened(self, as_alice: Client, family: Asset) -> None:
        page = as_alice.get(reverse("lineage:origins", args=[family.pk])).content.decode()

        assert re.search(r'Origins <span class="reach-count">3<', page)
        assert re.search(r'Impact <span class="reach-count">2<', page)
        assert "2 videos, 1 image" in page

    def test_lead_to_the_same_in_the_library(self, as_alice: Client, family: Asset) -> None:
        origins = as_alice.get(reverse("lineage:origins", args=[family.pk])).content.decode()
        impact = as_alice.get(reverse("lineage:impact", args=[family.pk])).content.decode()

        assert f'href="/?used_in={family.pk}"' in origins
        assert f'href="/?made_from={family.pk}"' in impact

    def test_page_through_long_lists(self, as_alice: Client, alice: User) -> None:
        hub = AssetFactory(owner=alice)
        for child in AssetFactory.create_batch(70, owner=alice):
            EdgeFactory(parent=hub, child=child)

        first = as_alice.get(reverse("lineage:impact", args=[hub.pk])).content.decode()
        address = re.search(r'id="page-next" class="[^"]*" href="([^"]*)"', first)
        assert address is not None
        second = as_alice.get(address[1].replace("&amp;", "&")).content.decode()

        assert first.count("reach__words") == 50
        assert second.count("reach__words") == 20
        assert "First page" in second

    def test_send_htmx_only_the_list(self, as_alice: Client, family: Asset) -> None:
        part = as_alice.get(reverse("lineage:origins", args=[family.pk]), headers=HTMX).content.decode()

        assert part.lstrip().startswith('<div id="reach"')

    @pytest.mark.parametrize("query", [{"sort": "smell"}, {"media_type": "smell"}, {"cursor": "smell"}], ids=str)
    def test_say_what_makes_no_sense(self, as_alice: Client, family: Asset, query: dict[str, str]) -> None:
        assert as_alice.get(reverse("lineage:origins", args=[family.pk]), query).status_code == 422

    @pytest.mark.parametrize("count", [2, 40], ids=str)
    def test_ask_as_often_for_few_as_for_many(self, as_alice: Client, alice: User, count: int) -> None:
        clips = chain(alice, count + 1)

        with CaptureQueriesContext(connection) as captured:
            as_alice.get(reverse("lineage:origins", args=[clips[-1].pk]))

        # Session, user, asset, both counts, the list.
        assert len(captured) == 6


class TestTheFile:
    def test_holds_the_whole_list_without_formulas(self, as_alice: Client, family: Asset) -> None:
        header, *rows = in_file(as_alice, "origins", family)

        assert header[:4] == ["depth", "asset", "provider", "provider ID"]
        assert [row[0] for row in rows] == ["1", "1", "2"]
        assert rows[2][6] == "'=HYPERLINK(first)"

    def test_is_made_for_spreadsheets(self, as_alice: Client, family: Asset) -> None:
        answer = as_alice.get(reverse("lineage:impact", args=[family.pk]), {"format": "csv"})

        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="impact-{family.pk}.csv"'
        assert b"".join(answer.streaming_content).startswith(b"\xef\xbb\xbf")  # type: ignore[attr-defined]

    def test_holds_ten_thousand_rows(self, as_alice: Client, alice: User) -> None:
        root = AssetFactory(owner=alice)
        bushy(root, is_up=False, assets=10_000)

        rows = in_file(as_alice, "impact", root)

        assert len(rows) == 10_001
        assert len({row[1] for row in rows}) == 10_001


class TestTotals:
    def test_tell_a_badge_what_is_above_and_below(self, as_alice: Client, family: Asset) -> None:
        part = as_alice.get(reverse("lineage:totals", args=[family.pk]), headers=HTMX).content.decode()

        assert " ".join(part.split()) == "2 parents, 2 children; 3 ancestors, 2 descendants"

    def test_lead_to_the_list_without_scripts(self, as_alice: Client, family: Asset) -> None:
        answer = as_alice.get(reverse("lineage:totals", args=[family.pk]))

        assert answer.headers["Location"] == reverse("lineage:origins", args=[family.pk])


class TestLinks:
    def test_show_the_originals_and_only_those(self, as_alice: Client, family: Asset) -> None:
        originals = Asset.objects.filter(prompt__in=["=HYPERLINK(first)", "still"])

        links = as_alice.get(totals(family), {"as": "links"}, headers=HTMX).content.decode()

        assert re.search(r'href="/assets/\d+/origins/\?originals=on">2 originals<', links)
        assert pictured(links) == {original.pk for original in originals}

    def test_show_no_originals_of_an_original(self, as_alice: Client, alice: User) -> None:
        loner = AssetFactory(owner=alice)

        assert "originals" not in as_alice.get(totals(loner), {"as": "links"}, headers=HTMX).content.decode()

    @pytest.mark.parametrize("count", [1, 32, 130])
    def test_show_all_originals_page_by_page(self, as_alice: Client, alice: User, count: int) -> None:
        child = AssetFactory(owner=alice)
        below = AssetFactory(owner=alice)
        EdgeFactory(parent=child, child=below)
        stills = [EdgeFactory(parent=AssetFactory(owner=alice), child=child).parent_id for _ in range(count)]

        with CaptureQueriesContext(connection) as captured:
            part = as_alice.get(totals(below), {"as": "links"}, headers=HTMX).content.decode()

        assert f"{count} original{'' if count == 1 else 's'}<" in part
        # Session, user, asset, both counts, the originals, the operations.
        assert len(captured) == 7
        shown = pictured(part)
        while more := re.search(r'hx-get="([^"]*cursor=[^"]*)"', part):
            part = as_alice.get(more[1].replace("&amp;", "&"), headers=HTMX).content.decode()
            assert part.lstrip().startswith("<li>")
            shown |= pictured(part)
        assert shown == set(stills)

    def test_load_originals_by_themselves_when_origins_are_too_many_to_count(
        self, as_alice: Client, alice: User
    ) -> None:
        child = AssetFactory(owner=alice)
        bushy(child, is_up=True, assets=COUNTED_MAX + 1)

        with CaptureQueriesContext(connection) as captured:
            links = as_alice.get(totals(child), {"as": "links"}, headers=HTMX).content.decode()

        assert "more than 10,000" in links
        assert f'hx-get="{reverse("lineage:originals", args=[child.pk])}"' in links
        # Session, user, asset, both counts, the operations.
        assert len(captured) == 6
        part = as_alice.get(reverse("lineage:originals", args=[child.pk]), headers=HTMX).content.decode()
        assert f"{COUNTED_MAX + 1 - 100:,} originals" in part
        assert len(pictured(part)) == 50

    def test_lead_to_the_list_without_scripts(self, as_alice: Client, family: Asset) -> None:
        answer = as_alice.get(reverse("lineage:originals", args=[family.pk]))

        assert answer.headers["Location"] == f"/assets/{family.pk}/origins/?originals=on"

    def test_start_again_when_a_page_has_expired(self, as_alice: Client, family: Asset) -> None:
        address = reverse("lineage:originals", args=[family.pk])

        answer = as_alice.get(address, {"cursor": "smell"}, headers=HTMX)

        assert answer.headers["Location"] == address


class TestThePath:
    def test_leads_from_an_original_down_to_the_asset(self, as_alice: Client, family: Asset) -> None:
        first = Asset.objects.get(prompt="=HYPERLINK(first)")

        page = as_alice.get(reverse("lineage:path", args=[family.pk, first.pk])).content.decode()

        assert re.findall(r'class="reach__words">([^<]*)<', page) == ["=HYPERLINK(first)", "extended", "root"]
        assert page.count("Source video · Extend") == 2
        assert "From the original" in page
        assert "2 levels up" in page

    def test_is_linked_from_origins_and_impact(self, as_alice: Client, family: Asset) -> None:
        first, take = Asset.objects.get(prompt="=HYPERLINK(first)"), Asset.objects.get(prompt="take 0")

        origins = as_alice.get(reverse("lineage:origins", args=[family.pk]), {"originals": "on"}).content.decode()
        impact = as_alice.get(reverse("lineage:impact", args=[family.pk])).content.decode()

        assert f'href="{reverse("lineage:path", args=[family.pk, first.pk])}"' in origins
        assert f'href="{reverse("lineage:path", args=[take.pk, family.pk])}"' in impact

    def test_is_not_there_where_none_leads(self, as_alice: Client, family: Asset) -> None:
        take = Asset.objects.get(prompt="take 0")

        assert as_alice.get(reverse("lineage:path", args=[family.pk, take.pk])).status_code == 404
        assert as_alice.get(reverse("lineage:path", args=[family.pk, family.pk])).status_code == 404

    def test_from_somebody_elses_asset_is_404(self, as_alice: Client, family: Asset, bob: User) -> None:
        theirs = AssetFactory(owner=bob)

        assert as_alice.get(reverse("lineage:path", args=[family.pk, theirs.pk])).status_code == 404

    def test_of_any_length_comes_in_pages(self, as_alice: Client, alice: User) -> None:
        clips = chain(alice, 121)
        address = reverse("lineage:path", args=[clips[-1].pk, clips[0].pk])

        with CaptureQueriesContext(connection) as captured:
            pages = [as_alice.get(address, {"page": page}).content.decode() for page in (1, 2, 3)]

        assert [page.count("reach__words") for page in pages] == [50, 50, 21]
        assert "120 levels up" in pages[0]
        # Session, user, both assets, the path.
        assert len(captured) == 3 * 5


class TestTheApi:
    def test_lists_both_ways(self, as_alice: Client, family: Asset) -> None:
        def asked(side: str, **query: Any) -> Any:
            return as_alice.get(f"/api/v1/assets/{family.pk}/{side}", query).json()

        origins = asked("origins", sort="farthest")
        assert [(item["asset"]["description"], item["depth"]) for item in origins["items"]] == [
            ("=HYPERLINK(first)", 2),
            ("still", 1),
            ("extended", 1),
        ]
        assert (origins["total"], origins["next_cursor"]) == (3, None)
        assert asked("impact")["total"] == 2
        assert asked("origins", media_type="image")["total"] == 1
        assert asked("origins", originals="true")["total"] == 2

    def test_pages_by_cursor(self, as_alice: Client, family: Asset) -> None:
        address = f"/api/v1/assets/{family.pk}/origins"

        first = as_alice.get(address, {"limit": 2}).json()
        second = as_alice.get(address, {"limit": 2, "cursor": first["next_cursor"]}).json()

        assert [len(page["items"]) for page in (first, second)] == [2, 1]
        assert as_alice.get(address, {"cursor": "nonsense"}).status_code == 404

    @pytest.mark.parametrize("address", ["origins", "impact", "lineage"])
    def test_refuse_what_no_provider_is_called(self, as_alice: Client, family: Asset, address: str) -> None:
        answer = as_alice.get(f"/api/v1/assets/{family.pk}/{address}", {"provider_id": "\x00"})

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "provider_id"

    def test_counts_both(self, as_alice: Client, family: Asset) -> None:
        assert as_alice.get(f"/api/v1/assets/{family.pk}/reach").json() == {
            "asset_id": family.pk,
            "origins": {"total": 3, "is_more": False, "by_media": {"image": 1, "video": 2}},
            "impact": {"total": 2, "is_more": False, "by_media": {"video": 2}},
        }
