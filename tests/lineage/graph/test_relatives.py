"""The direct relatives of one asset."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from assets.models import Asset
from common.cursors import InvalidCursor
from lineage.graph.neighborhood import neighborhood
from lineage.graph.query import NeighborhoodQuery
from lineage.graph.relatives import RelatedAsset, flat, relatives
from tests.factories import AssetFactory, EdgeFactory


def every_page(asset: Asset, *, is_up: bool, size: int) -> list[RelatedAsset]:
    """All items of all pages."""
    found: list[RelatedAsset] = []
    cursor = ""
    while True:
        page = relatives(asset, is_up=is_up, cursor=cursor, size=size)
        found += page.items
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


@pytest.fixture
def hub(alice: User) -> Asset:
    """An asset with seven children."""
    hub = AssetFactory(owner=alice)
    for _ in range(7):
        EdgeFactory(parent=hub, child=AssetFactory(owner=alice))
    hub.refresh_from_db()
    return hub


class TestFlat:
    def test_gives_direct_relatives_once_for_each_edge(self, alice: User) -> None:
        clip, parent, child = AssetFactory.create_batch(3, owner=alice)
        EdgeFactory(parent=parent, child=clip, sequence_order=1)
        EdgeFactory(parent=parent, child=clip, sequence_order=0)
        EdgeFactory(parent=clip, child=child)

        found = flat(clip)

        assert [(relative.asset.id, relative.sequence_order) for relative in found.parents] == [
            (parent.pk, 0),
            (parent.pk, 1),
        ]
        assert [relative.asset.id for relative in found.children] == [child.pk]

    def test_says_when_a_side_holds_more(self, alice: User) -> None:
        hub = AssetFactory(owner=alice)
        for child in AssetFactory.create_batch(4, owner=alice):
            EdgeFactory(parent=hub, child=child)

        found = flat(hub, limit=3)

        assert len(found.children) == 3
        assert found.truncated


class _Deleting:
    """Deletes an asset right before the assets of a page are read, as another session may."""

    def __init__(self, asset: Asset) -> None:
        self.asset = asset

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        if "FROM assets_asset a WHERE a.id = ANY" in sql:
            with connection.cursor() as cursor:
                cursor.cursor.execute("DELETE FROM assets_asset WHERE id = %s", [self.asset.pk])
        return execute(sql, *rest)


class TestWhileOneIsDeleted:
    def test_both_leave_it_out(self, hub: Asset) -> None:
        first, second, *others = Asset.objects.filter(parent_edges__parent=hub).order_by("pk")

        with connection.execute_wrapper(_Deleting(first)):
            page = relatives(hub, is_up=False)
        with connection.execute_wrapper(_Deleting(second)):
            children = flat(hub).children

        assert [item.asset.id for item in page.items] == [second.pk, *(other.pk for other in others)]
        assert [child.asset.id for child in children] == [other.pk for other in others]


class TestRelatives:
    def test_gives_a_page_and_the_whole_number(self, hub: Asset) -> None:
        page = relatives(hub, is_up=False, size=3)

        assert [item.asset.id for item in page.items] == [hub.pk + place for place in (1, 2, 3)]
        assert (page.total, page.items[0].parent_count) == (7, 1)
        assert page.next_cursor

    @pytest.mark.parametrize("size", [1, 3, 6, 7, 8])
    def test_gives_each_once_over_all_pages(self, hub: Asset, size: int) -> None:
        found = every_page(hub, is_up=False, size=size)

        assert [item.asset.id for item in found] == [hub.pk + place for place in range(1, 8)]

    def test_gives_a_relative_once_with_all_its_edges(self, alice: User) -> None:
        clip, first, second = AssetFactory.create_batch(3, owner=alice)
        for parent, order in [(second, 1), (first, 2), (second, 0)]:
            EdgeFactory(parent=parent, child=clip, sequence_order=order)

        found = every_page(clip, is_up=True, size=1)

        assert [(item.asset.id, [edge.sequence_order for edge in item.edges]) for item in found] == [
            (second.pk, [0, 1]),
            (first.pk, [2]),
        ]

    @pytest.mark.parametrize("cursor", ["x", "W10", "WzEsIDEsIDFd", "WzEsICJhIl0"])
    def test_refuses_a_cursor_that_is_none_of_ours(self, hub: Asset, cursor: str) -> None:
        with pytest.raises(InvalidCursor):
            relatives(hub, is_up=False, cursor=cursor)

    @pytest.mark.parametrize("size", [2, 200])
    def test_asks_three_times(self, hub: Asset, size: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(3):
            relatives(hub, is_up=False, size=size)

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        uses=st.sets(st.tuples(st.integers(1, 8), st.integers(0, 4), st.sampled_from(["SOURCE_VIDEO", "KEYFRAME"]))),
        is_up=st.booleans(),
        size=st.integers(1, 5),
    )
    def test_gives_them_in_the_order_of_a_picture(
        self, alice: User, uses: set[tuple[int, int, str]], is_up: bool, size: int
    ) -> None:
        Asset.objects.owned_by(alice).delete()
        assets = AssetFactory.create_batch(9, owner=alice)
        for place, order, relation in uses:
            parent, child = (assets[place], assets[0]) if is_up else (assets[0], assets[place])
            EdgeFactory(parent=parent, child=child, sequence_order=order, relation_type=relation)
        picture = neighborhood(assets[0], NeighborhoodQuery(up=1, down=1))

        found = every_page(assets[0], is_up=is_up, size=size)

        first_use = {
            place: min(order for other, order, _ in uses if other == place) for place in {place for place, *_ in uses}
        }
        assert [item.asset.id for item in found] == [node.asset.id for node in picture.nodes[1:]]
        assert [item.asset.id for item in found] == [
            assets[place].pk for place in sorted(first_use, key=lambda place: (first_use[place], place))
        ]
        assert sum(len(item.edges) for item in found) == len(uses)
