"""The lists of the tree view: nesting, repeated assets, and completeness."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from assets.models import Asset
from lineage.graph.neighborhood import LineageGraph, neighborhood
from lineage.inspector.forms import InspectorForm
from lineage.inspector.tree import Line, Token, Tree, build_tree
from tests.factories import AssetFactory, EdgeFactory, UserFactory, chain


def picture(root: Asset, asked: dict[str, Any]) -> tuple[LineageGraph, Tree]:
    form = InspectorForm(asked)
    assert form.is_valid()
    state = form.state(root.pk)
    graph = neighborhood(root, state.query)
    return graph, build_tree(graph, state, {})


def outline(tokens: tuple[Token, ...]) -> list[tuple[int, int, str]]:
    """Level, asset and place of each line."""
    return [(line.level, line.node.asset.id, line.place) for line in lines(tokens)]


def lines(tokens: tuple[Token, ...]) -> list[Line]:
    return [token.line for token in tokens if token.line]


class TestBuildTree:
    def test_nests_ancestors_and_descendants(self, alice: User) -> None:
        first, second, middle, fourth, fifth = chain(alice, 5)

        _, tree = picture(middle, {"up": 2, "down": 2})

        assert outline(tree.up) == [(1, second.pk, ""), (2, first.pk, "")]
        assert outline(tree.down) == [(1, fourth.pk, ""), (2, fifth.pk, "")]

    def test_tells_a_diamonds_end_once_and_points_to_it(self, alice: User) -> None:
        source, left, right, root = AssetFactory.create_batch(4, owner=alice)
        for parent, child in ((source, left), (source, right), (left, root), (right, root)):
            EdgeFactory(parent=parent, child=child)

        _, tree = picture(root, {"up": 2})

        assert outline(tree.up) == [
            (1, left.pk, ""),
            (2, source.pk, ""),
            (1, right.pk, ""),
            (2, source.pk, "above"),
        ]

    def test_puts_an_asset_under_its_nearest_relative(self, alice: User) -> None:
        source, between, root = chain(alice, 3)
        EdgeFactory(parent=source, child=root, relation_type="KEYFRAME", sequence_order=1)

        _, tree = picture(root, {"up": 2})

        assert outline(tree.up) == [(1, between.pk, ""), (2, source.pk, "below"), (1, source.pk, "")]

    def test_says_where_a_list_turns_round(self, alice: User) -> None:
        parent, child, other = AssetFactory.create_batch(3, owner=alice)
        EdgeFactory(parent=parent, child=child)
        EdgeFactory(parent=other, child=child, sequence_order=1)

        _, tree = picture(parent, {"open": f"{child.pk}p"})

        assert outline(tree.down) == [(1, child.pk, ""), (2, other.pk, "")]
        assert [token.title for token in tree.down if token.kind == "begin"] == ["", "Also made from"]

    def test_keeps_a_chain_from_stepping_in(self, alice: User) -> None:
        clips = chain(alice, 45)

        _, tree = picture(clips[-1], {"up": 50})

        assert len(lines(tree.up)) == 44
        assert all(token.is_chain for token in tree.up if token.kind == "begin")

    def test_orders_inputs_as_they_were_used(self, alice: User) -> None:
        later, earlier, child = AssetFactory.create_batch(3, owner=alice)
        EdgeFactory(parent=later, child=child, sequence_order=1)
        EdgeFactory(parent=earlier, child=child, sequence_order=0)

        _, tree = picture(child, {})

        assert [line.texts[0].position for line in lines(tree.up)] == [1, 2]
        assert [line.node.asset.id for line in lines(tree.up)] == [earlier.pk, later.pk]


class TestWhateverTheFamily(TestCase):
    @settings(max_examples=30, deadline=None)
    @given(
        pairs=st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] < pair[1])),
        root=st.integers(0, 8),
        up=st.integers(0, 3),
        down=st.integers(0, 3),
        opened=st.lists(st.tuples(st.integers(0, 8), st.sampled_from("pc")), max_size=4),
        fan_out=st.integers(1, 4),
    )
    def test_every_asset_and_every_edge_is_told_once(
        self, pairs: Any, root: int, up: int, down: int, opened: Any, fan_out: int
    ) -> None:
        clips = AssetFactory.create_batch(9, owner=UserFactory())
        for parent, child in sorted(pairs):
            EdgeFactory(parent=clips[parent], child=clips[child])
        sides = ".".join(f"{clips[number].pk}{way}" for number, way in opened)

        graph, tree = picture(clips[root], {"up": up, "down": down, "open": sides, "fan_out": fan_out})

        told = lines(tree.up) + lines(tree.down)
        own_lines = [line.node.asset.id for line in told if not line.place]
        edges = [text.edge.id for line in told for text in line.texts]
        assert sorted([clips[root].pk, *own_lines]) == sorted(node.asset.id for node in graph.nodes)
        assert sorted(edges) == sorted(edge.id for edge in graph.edges)
