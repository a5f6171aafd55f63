"""Everything an asset was made from, and everything made from it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import networkx
import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from assets.models import Asset
from common.cursors import InvalidCursor, write_cursor
from lineage.graph.query import AssetFilter
from lineage.origins_impact.path import shortest_path
from lineage.origins_impact.query import ClosureItem, ClosureSort, count_closure, iterate_closure, list_closure
from tests.factories import NOW, AssetFactory, EdgeFactory, chain


def every_page(root: Asset, *, size: int, **asked: Any) -> list[ClosureItem]:
    """All items of all pages."""
    found: list[ClosureItem] = []
    cursor = ""
    while True:
        page = list_closure(root.pk, cursor=cursor, size=size, **asked)
        found += page.items
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


@pytest.fixture
def family(alice: User) -> list[Asset]:
    """A root with five assets made from it: kinds, providers and dates mixed, two dates alike."""
    kinds = [("video", "pixverse", 1), ("image", "sora", 5), ("video", "sora", 3), ("image", "pixverse", 3)]
    root = AssetFactory(owner=alice)
    made = [
        AssetFactory(owner=alice, media_type=media, provider_id=provider, provider_created_at=NOW + timedelta(days=day))
        for media, provider, day in kinds
    ]
    for child in made[:3]:
        EdgeFactory(parent=root, child=child)
    EdgeFactory(parent=made[1], child=made[3])
    last = AssetFactory(owner=alice, provider_created_at=None, created_at=NOW + timedelta(days=9))
    EdgeFactory(parent=made[3], child=last)
    return [root, *made, last]


@st.composite
def family_trees(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Edges from older to newer assets, which cannot close a cycle."""
    size = draw(st.integers(2, 12))
    pairs = st.tuples(st.integers(0, size - 2), st.integers(1, size - 1)).filter(lambda pair: pair[0] < pair[1])
    return draw(st.lists(pairs, min_size=1, max_size=30, unique=True))


class TestOriginalsAndPaths:
    @given(tree=family_trees())
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_agree_with_networkx(self, alice: User, tree: list[tuple[int, int]]) -> None:
        assets = AssetFactory.create_batch(max(child for _, child in tree) + 1, owner=alice)
        for parent, child in tree:
            EdgeFactory(parent=assets[parent], child=assets[child])
        graph = networkx.DiGraph([(assets[parent].pk, assets[child].pk) for parent, child in tree])
        root = assets[max(child for _, child in tree)]
        ancestors = networkx.ancestors(graph, root.pk)

        found = every_page(root, size=3, is_up=True, only_originals=True)
        paths = {ancestor: shortest_path(root.pk, ancestor) for ancestor in ancestors}

        assert {item.asset.id for item in found} == {pk for pk in ancestors if graph.in_degree(pk) == 0}
        for ancestor, steps in paths.items():
            ids = [step.asset.id for step in steps]
            assert (ids[0], ids[-1]) == (ancestor, root.pk)
            assert networkx.is_path(graph, ids)
            assert len(ids) - 1 == networkx.shortest_path_length(graph, ancestor, root.pk)


class TestCountReach:
    def test_counts_each_asset_once_by_media_type(self, family: list[Asset]) -> None:
        root, first, *_, last = family
        EdgeFactory(parent=first, child=last)

        count = count_closure(root.pk, is_up=False)

        assert (count.total, count.is_more, dict(count.by_media)) == (5, False, {"image": 2, "video": 3})

    def test_counts_the_other_way(self, family: list[Asset]) -> None:
        assert count_closure(family[-1].pk, is_up=True).total == 3

    def test_is_nothing_for_an_asset_alone(self, alice: User) -> None:
        assert count_closure(AssetFactory(owner=alice).pk, is_up=True).total == 0

    @pytest.mark.parametrize(("most", "expected"), [(3, (3, True)), (4, (4, True)), (5, (5, False)), (6, (5, False))])
    def test_says_when_it_stopped_counting(self, family: list[Asset], most: int, expected: tuple[int, bool]) -> None:
        count = count_closure(family[0].pk, is_up=False, most=most)

        assert (count.total, count.is_more) == expected


class TestReach:
    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            (ClosureSort.NEAREST, [1, 2, 3, 4, 5]),
            (ClosureSort.FARTHEST, [5, 4, 3, 2, 1]),
            (ClosureSort.NEWEST, [5, 2, 4, 3, 1]),
            (ClosureSort.OLDEST, [1, 3, 4, 2, 5]),
            (ClosureSort.MEDIA_TYPE, [2, 4, 1, 3, 5]),
            (ClosureSort.PROVIDER, [1, 4, 5, 2, 3]),
        ],
    )
    @pytest.mark.parametrize("size", [1, 2, 50])
    def test_pages_in_every_order(self, family: list[Asset], sort: ClosureSort, expected: list[int], size: int) -> None:
        found = every_page(family[0], is_up=False, sort=sort, size=size)

        assert [item.asset.id for item in found] == [family[place].pk for place in expected]
        assert found == list(iterate_closure(family[0].pk, is_up=False, sort=sort))

    def test_tells_depth_and_totals(self, family: list[Asset]) -> None:
        root, *_, last = family

        page = list_closure(last.pk, is_up=True)

        assert (page.total, page.next_cursor) == (3, None)
        assert [(item.asset.id, item.depth) for item in page.items] == [
            (family[4].pk, 1),
            (family[2].pk, 2),
            (root.pk, 3),
        ]
        assert (page.items[-1].parent_count, page.items[-1].child_count) == (0, 3)

    @pytest.mark.parametrize(
        ("asset_filter", "expected"),
        [
            (AssetFilter(media_type="image"), [2, 4]),
            (AssetFilter(provider_id="sora"), [2, 3]),
            (AssetFilter(operation_type="fusion"), []),
            (AssetFilter(made_after=date(2026, 11, 4)), [2, 3, 4]),
            (AssetFilter(made_before=date(2026, 11, 4)), [1, 3, 4]),
            (AssetFilter(media_type="image", provider_id="pixverse"), [4]),
        ],
        ids=str,
    )
    def test_lists_what_is_wanted_beyond_what_is_not(
        self, family: list[Asset], asset_filter: AssetFilter, expected: list[int]
    ) -> None:
        page = list_closure(family[0].pk, is_up=False, asset_filter=asset_filter)

        assert [item.asset.id for item in page.items] == [family[place].pk for place in expected]
        assert page.total == len(expected)
        assert list(iterate_closure(family[0].pk, is_up=False, asset_filter=asset_filter)) == list(page.items)

    def test_refuses_a_cursor_of_another_order(self, family: list[Asset]) -> None:
        cursor = list_closure(family[0].pk, is_up=False, size=1).next_cursor
        assert cursor

        with pytest.raises(InvalidCursor):
            list_closure(family[0].pk, is_up=False, size=1, sort=ClosureSort.NEWEST, cursor=cursor)

    @pytest.mark.parametrize("offset", ["+23:59", "-23:59"])
    def test_takes_a_moment_in_any_time_zone(self, family: list[Asset], offset: str) -> None:
        cursor = write_cursor([ClosureSort.OLDEST, f"2000-01-01T00:00:00{offset}", 1, 1])

        assert list_closure(family[0].pk, is_up=False, sort=ClosureSort.OLDEST, cursor=cursor).items

    def test_refuses_a_moment_on_no_calendar(self, family: list[Asset]) -> None:
        cursor = write_cursor([ClosureSort.NEWEST, "9999-12-31T23:59:00-23:59", 1, 1])

        with pytest.raises(InvalidCursor):
            list_closure(family[0].pk, is_up=False, sort=ClosureSort.NEWEST, cursor=cursor)

    @pytest.mark.parametrize("cursor", ["x", "é", "W10", "bnVsbA", "WyJuZWFyZXN0IiwgLTEsIDFd", "W1tdLCAxLCAxXQ"])
    def test_refuses_a_cursor_that_is_none_of_ours(self, family: list[Asset], cursor: str) -> None:
        with pytest.raises(InvalidCursor):
            list_closure(family[0].pk, is_up=False, cursor=cursor)

    def test_asks_once_at_any_depth(self, alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        clips = chain(alice, 60)

        with django_assert_num_queries(1):
            page = list_closure(clips[-1].pk, is_up=True)

        assert page.total == 59
        assert page.items[-1].depth == 50

    def test_ends_on_a_cycle_that_should_not_exist(self, alice: User) -> None:
        first, _, last = chain(alice, 3)
        EdgeFactory(parent=last, child=first)

        page = list_closure(first.pk, is_up=True)

        assert [item.depth for item in page.items] == [1, 2]
        assert count_closure(first.pk, is_up=True).total == 2

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        pairs=st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda pair: pair[0] != pair[1])),
        is_up=st.booleans(),
        size=st.integers(1, 12),
    )
    def test_finds_what_networkx_finds(self, alice: User, pairs: set[tuple[int, int]], is_up: bool, size: int) -> None:
        Asset.objects.owned_by(alice).delete()
        assets = AssetFactory.create_batch(12, owner=alice)
        for parent, child in pairs:
            EdgeFactory(parent=assets[parent], child=assets[child])
        oracle = networkx.DiGraph([(assets[parent].pk, assets[child].pk) for parent, child in pairs])
        oracle.add_nodes_from(asset.pk for asset in assets)
        oracle = oracle.reverse() if is_up else oracle
        root = assets[5]

        found = every_page(root, is_up=is_up, size=size)

        expected = dict(networkx.single_source_shortest_path_length(oracle, root.pk))
        del expected[root.pk]
        assert {item.asset.id: item.depth for item in found} == expected
        assert [(item.depth, item.asset.id) for item in found] == sorted(
            (depth, asset_id) for asset_id, depth in expected.items()
        )
        assert count_closure(root.pk, is_up=is_up).total == len(expected)
