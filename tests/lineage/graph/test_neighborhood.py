"""The only reader of the graph."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import networkx
import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from assets.models import Asset
from lineage.graph.neighborhood import LineageGraph, neighborhood
from lineage.graph.query import AssetFilter, Direction, NeighborhoodQuery, Side, hops
from tests.factories import AssetFactory, EdgeFactory, chain


def around(root: Asset, *, direction: Direction = Direction.BOTH, max_depth: int = 1, **asked: Any) -> LineageGraph:
    up, down = hops(direction, max_depth)
    return neighborhood(root, NeighborhoodQuery(up=up, down=down, **asked))


def depths(root: Asset, **changes: Any) -> dict[int, int]:
    return {node.asset.id: node.depth for node in around(root, **changes).nodes}


class TestNeighborhood:
    def test_is_the_root_alone_when_nothing_is_known(self, alice: User) -> None:
        clip = AssetFactory(owner=alice)

        graph = around(clip)

        assert [(node.asset.id, node.depth) for node in graph.nodes] == [(clip.pk, 0)]
        assert graph.edges == ()
        assert not graph.truncated

    def test_puts_parents_below_zero_and_children_above(self, alice: User) -> None:
        first, middle, last = chain(alice, 3)

        assert depths(middle) == {middle.pk: 0, first.pk: -1, last.pk: 1}

    @pytest.mark.parametrize(
        ("direction", "expected"), [(Direction.PARENTS, [0, -1, -2]), (Direction.CHILDREN, [0, 1, 2])]
    )
    def test_walks_one_way_when_asked(self, alice: User, direction: Direction, expected: list[int]) -> None:
        clips = chain(alice, 5)

        found = depths(clips[2], direction=direction, max_depth=9)

        assert list(found.values()) == expected

    def test_stops_at_the_depth_asked_for(self, alice: User) -> None:
        clips = chain(alice, 6)

        graph = around(clips[0], max_depth=3)

        assert [node.depth for node in graph.nodes] == [0, 1, 2, 3]
        assert not graph.truncated
        assert graph.nodes[-1].child_count == 1

    def test_takes_the_shortest_way_through_a_diamond(self, alice: User) -> None:
        top, left, right, bottom = AssetFactory.create_batch(4, owner=alice)
        for parent, child in [(top, left), (top, right), (left, bottom), (right, bottom), (top, bottom)]:
            EdgeFactory(parent=parent, child=child)

        graph = around(top, max_depth=5)

        assert {node.asset.id: node.depth for node in graph.nodes} == {top.pk: 0, left.pk: 1, right.pk: 1, bottom.pk: 1}
        assert len(graph.edges) == 5

    def test_keeps_the_nearest_when_the_cap_cuts(self, alice: User) -> None:
        clip = AssetFactory(owner=alice)
        parents = AssetFactory.create_batch(3, owner=alice)
        for order, parent in enumerate(reversed(parents)):
            EdgeFactory(parent=parent, child=clip, sequence_order=order)
        EdgeFactory(parent=AssetFactory(owner=alice), child=parents[0])

        graph = around(clip, max_depth=5, max_nodes=3)

        assert [node.asset.id for node in graph.nodes] == [clip.pk, parents[2].pk, parents[1].pk]
        assert graph.truncated
        assert graph.nodes[0].parent_count == 3

    def test_is_not_truncated_when_it_just_fits(self, alice: User) -> None:
        first, *_ = chain(alice, 3)

        assert not around(first, max_depth=9, max_nodes=3).truncated

    @pytest.mark.parametrize("bounds", [{"max_depth": 51}, {"max_nodes": 0}, {"max_nodes": 2001}, {"fan_out": 0}])
    def test_refuses_bounds_out_of_range(self, alice: User, bounds: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="must be"):
            around(AssetFactory(owner=alice), **bounds)

    @pytest.mark.parametrize("length", [2, 10, 40], ids=str)
    def test_runs_two_statements_at_any_depth(
        self, alice: User, length: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        clips = chain(alice, length)

        with django_assert_num_queries(2):
            around(clips[0], max_depth=50, max_nodes=2000)

    def test_ends_on_a_cycle_that_should_not_exist(self, alice: User) -> None:
        first, _, last = chain(alice, 3)
        EdgeFactory(parent=last, child=first)

        assert len(around(first, max_depth=50).nodes) == 3

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        pairs=st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda pair: pair[0] < pair[1])),
        depth=st.integers(1, 5),
    )
    def test_finds_what_networkx_finds(self, alice: User, pairs: set[tuple[int, int]], depth: int) -> None:
        Asset.objects.owned_by(alice).delete()
        assets = AssetFactory.create_batch(12, owner=alice)
        for parent, child in pairs:
            EdgeFactory(parent=assets[parent], child=assets[child])
        oracle = networkx.DiGraph([(assets[parent].pk, assets[child].pk) for parent, child in pairs])
        oracle.add_nodes_from(asset.pk for asset in assets)
        root = assets[5]
        below = networkx.single_source_shortest_path_length(oracle, root.pk, cutoff=depth)
        above = networkx.single_source_shortest_path_length(oracle.reverse(), root.pk, cutoff=depth)

        graph = around(root, max_depth=depth, max_nodes=100)

        expected = {**{node: -hops for node, hops in above.items()}, **below}
        assert {node.asset.id: node.depth for node in graph.nodes} == expected
        assert {(edge.parent_asset_id, edge.child_asset_id) for edge in graph.edges} == set(
            oracle.subgraph(expected).edges
        )


class TestWhatIsOpenedAndClosed:
    def test_shows_at_most_so_many_relatives_of_one_asset(self, alice: User) -> None:
        hub, *_ = hub_of(alice, 5)

        graph = around(hub, fan_out=2)

        assert len(graph.nodes) == 3
        assert (graph.nodes[0].child_count, graph.nodes[0].hidden_children) == (5, 3)
        assert graph.truncated

    def test_opens_a_side_beyond_the_steps(self, alice: User) -> None:
        first, second, third, _ = chain(alice, 4)

        graph = around(first, opened={Side(second.pk, False): 1})

        assert {node.asset.id: node.depth for node in graph.nodes} == {first.pk: 0, second.pk: 1, third.pk: 2}
        assert [node.hidden_children for node in graph.nodes] == [0, 0, 1]

    def test_opens_what_is_opened_inside_what_is_opened(self, alice: User) -> None:
        first, second, third, fourth = chain(alice, 4)

        found = depths(first, opened={Side(third.pk, False): 1, Side(second.pk, False): 1})

        assert found == {first.pk: 0, second.pk: 1, third.pk: 2, fourth.pk: 3}

    def test_opens_the_other_parents_of_a_child(self, alice: User) -> None:
        source, clip, other = AssetFactory.create_batch(3, owner=alice)
        EdgeFactory(parent=source, child=clip)
        EdgeFactory(parent=other, child=clip, sequence_order=1)

        assert depths(source, opened={Side(clip.pk, True): 1}) == {source.pk: 0, clip.pk: 1, other.pk: 0}

    def test_shows_one_helping_more_each_time(self, alice: User) -> None:
        hub, *_ = hub_of(alice, 7)

        graph = around(hub, fan_out=2, opened={Side(hub.pk, False): 3})

        assert len(graph.nodes) == 7
        assert graph.nodes[0].hidden_children == 1

    def test_does_not_open_what_is_not_shown(self, alice: User) -> None:
        first, second, third, _ = chain(alice, 4)

        assert depths(first, opened={Side(third.pk, False): 1}) == {first.pk: 0, second.pk: 1}

    def test_does_not_walk_what_is_closed(self, alice: User) -> None:
        first, second, *_ = chain(alice, 4)

        graph = around(first, max_depth=5, closed=frozenset({Side(second.pk, False)}))

        assert [node.asset.id for node in graph.nodes] == [first.pk, second.pk]
        assert not graph.truncated

    def test_keeps_to_the_cap(self, alice: User) -> None:
        hub, *_ = hub_of(alice, 9)

        graph = around(hub, fan_out=2, max_nodes=4, opened={Side(hub.pk, False): 4})

        assert len(graph.nodes) == 4
        assert graph.truncated


class TestWhatIsWanted:
    def test_keeps_what_joins_the_wanted_to_the_root(self, alice: User) -> None:
        picture = AssetFactory(owner=alice, media_type="image")
        clip, last = AssetFactory.create_batch(2, owner=alice)
        other = AssetFactory(owner=alice)
        for parent, child in [(picture, clip), (clip, last), (last, other)]:
            EdgeFactory(parent=parent, child=child)

        graph = around(last, max_depth=5, asset_filter=AssetFilter(media_type="image"))

        assert [(node.asset.id, node.is_on_the_way) for node in graph.nodes] == [
            (last.pk, False),
            (clip.pk, True),
            (picture.pk, False),
        ]
        assert len(graph.edges) == 2

    @pytest.mark.parametrize(
        ("asset_filter", "is_shown"),
        [
            (AssetFilter(made_after=date(2026, 5, 1)), True),
            (AssetFilter(made_after=date(2026, 5, 2)), False),
            (AssetFilter(made_before=date(2026, 5, 1)), True),
            (AssetFilter(made_before=date(2026, 4, 30)), False),
            (AssetFilter(operation_type="video_extend"), True),
            (AssetFilter(operation_type="fusion"), False),
            (AssetFilter(provider_id="sora"), False),
        ],
        ids=str,
    )
    def test_picks_by_day_operation_and_provider(self, alice: User, asset_filter: AssetFilter, is_shown: bool) -> None:
        made = {"provider_created_at": datetime(2026, 5, 1, 23, tzinfo=UTC), "operation_type": "video_extend"}
        root, clip = AssetFactory(owner=alice), AssetFactory(owner=alice, **made)
        EdgeFactory(parent=root, child=clip)

        assert (clip.pk in depths(root, asset_filter=asset_filter)) is is_shown


def hub_of(owner: User, size: int) -> list[Asset]:
    """An asset and that many made from it."""
    hub, *children = AssetFactory.create_batch(size + 1, owner=owner)
    for child in children:
        EdgeFactory(parent=hub, child=child)
    return [hub, *children]
