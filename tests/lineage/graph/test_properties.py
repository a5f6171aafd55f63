"""The neighborhood beside a plain walk over random graphs, as networkx holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.models import Asset
from lineage.graph.neighborhood import neighborhood
from lineage.graph.query import NeighborhoodQuery, Side
from tests.factories import AssetFactory, EdgeFactory

SIZE = 10
ROOT = 4
places = st.integers(0, SIZE - 1)
orders = st.integers(0, 2)
# Cycles, too: rows that should not exist.
any_uses = st.sets(st.tuples(places, places, orders).filter(lambda use: use[0] != use[1]), max_size=24)
uses = st.sets(st.tuples(places, places, orders).filter(lambda use: use[0] < use[1]), max_size=24)
sides = st.builds(Side, places, st.booleans())
opened_sides = st.dictionaries(sides, st.integers(1, 2), max_size=4)
closed_sides = st.frozensets(sides, max_size=3)
patient = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def family(alice: User, used: Iterable[tuple[int, int, int]]) -> tuple[list[Asset], networkx.MultiDiGraph]:
    """Assets with these uses (parent, child, order), and the same as a graph of their places."""
    Asset.objects.owned_by(alice).delete()
    assets = AssetFactory.create_batch(SIZE, owner=alice)
    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(range(SIZE))
    for parent, child, order in sorted(used):
        EdgeFactory(parent=assets[parent], child=assets[child], sequence_order=order)
        graph.add_edge(parent, child, order=order)
    return assets, graph


def relatives(graph: networkx.MultiDiGraph, place: int, is_up: bool) -> list[tuple[int, int]]:
    """(order, relative) of one side, each relative once, in the order in which they are taken."""
    found = graph.in_edges(place, data="order") if is_up else graph.out_edges(place, data="order")
    first: dict[int, int] = {}
    for parent, child, order in found:
        other = parent if is_up else child
        first[other] = min(order, first.get(other, order))
    return sorted((order, other) for other, order in first.items())


def walk(
    graph: networkx.MultiDiGraph, is_up: bool, steps: int, most: int, fan_out: int, closed: frozenset[Side]
) -> dict[int, tuple[int, int]]:
    """place → (depth, rank), nearest first, cut at `most` with the root."""
    reached, level = {ROOT: (0, -1)}, [ROOT]
    for depth in range(1, steps + 1):
        best: dict[int, int] = {}
        for place in level:
            if Side(place, is_up) not in closed:
                for order, other in relatives(graph, place, is_up)[:fan_out]:
                    if other not in reached:
                        best[other] = min(order, best.get(other, order))
        level = sorted(best, key=lambda place: (best[place], place))[: most - len(reached)]
        reached |= {place: (-depth if is_up else depth, best[place]) for place in level}
    return reached


def picture(
    graph: networkx.MultiDiGraph, query: NeighborhoodQuery, opened: Mapping[Side, int], closed: frozenset[Side]
) -> dict[int, int]:
    """place → depth, as `neighborhood` promises it."""
    fan_out = min(query.fan_out or query.max_nodes, query.max_nodes)
    up = walk(graph, True, query.up, query.max_nodes, fan_out, closed)
    down = walk(graph, False, query.down, query.max_nodes, fan_out, closed)
    nearest: dict[int, tuple[int, int]] = {}
    for place, (depth, rank) in [*up.items(), *down.items()]:
        held = nearest.get(place)
        nearest[place] = (depth, rank) if held is None or abs(depth) < abs(held[0]) else held
    order = sorted(nearest, key=lambda place: (abs(nearest[place][0]), nearest[place][1], place))
    shown = {place: nearest[place][0] for place in order[: query.max_nodes]}
    waiting = dict(opened)
    while ready := [side for side in waiting if side.asset_id in shown]:
        for side in [side for side in waiting if side in ready or side.asset_id in shown]:
            times = waiting.pop(side)
            helping = relatives(graph, side.asset_id, side.is_up)[: min(times * fan_out, query.max_nodes)]
            fresh = [other for _, other in helping if other not in shown][: query.max_nodes - len(shown)]
            shown |= dict.fromkeys(fresh, shown[side.asset_id] + (-1 if side.is_up else 1))
    return shown


class TestNeighborhood:
    @patient
    @given(
        used=uses,
        up=st.integers(0, 3),
        down=st.integers(0, 3),
        most=st.integers(1, SIZE + 1),
        fan_out=st.one_of(st.none(), st.integers(1, 3)),
        opened=opened_sides,
        closed=closed_sides,
    )
    def test_shows_what_it_promises(
        self,
        alice: User,
        used: set[tuple[int, int, int]],
        up: int,
        down: int,
        most: int,
        fan_out: int | None,
        opened: dict[Side, int],
        closed: frozenset[Side],
    ) -> None:
        assets, graph = family(alice, used)
        place_of = {asset.pk: place for place, asset in enumerate(assets)}
        query = NeighborhoodQuery(
            up=up,
            down=down,
            max_nodes=most,
            fan_out=fan_out,
            opened={Side(assets[side.asset_id].pk, side.is_up): times for side, times in opened.items()},
            closed=frozenset(Side(assets[side.asset_id].pk, side.is_up) for side in closed),
        )

        found = neighborhood(assets[ROOT], query)

        shown = {place_of[node.asset.id]: node.depth for node in found.nodes}
        assert list(shown.items()) == list(picture(graph, query, opened, closed).items())
        # All edges between what is shown, and the truth about what is not.
        assert len(found.edges) == graph.subgraph(shown).number_of_edges()
        for node in found.nodes:
            parents, children = (
                {other for _, other in relatives(graph, place_of[node.asset.id], is_up)} for is_up in (True, False)
            )
            assert (node.parent_count, node.hidden_parents) == (len(parents), len(parents - shown.keys()))
            assert (node.child_count, node.hidden_children) == (len(children), len(children - shown.keys()))
        within = walk(graph, True, up, SIZE, SIZE, closed) | walk(graph, False, down, SIZE, SIZE, closed)
        assert found.truncated is bool(within.keys() - shown.keys())

    @patient
    @given(used=any_uses, up=st.integers(0, 50), down=st.integers(0, 50), most=st.integers(1, SIZE))
    def test_ends_on_rows_that_should_not_exist(
        self, alice: User, used: set[tuple[int, int, int]], up: int, down: int, most: int
    ) -> None:
        assets, graph = family(alice, used)
        within = walk(graph, True, up, SIZE, SIZE, frozenset()) | walk(graph, False, down, SIZE, SIZE, frozenset())

        found = neighborhood(assets[ROOT], NeighborhoodQuery(up=up, down=down, max_nodes=most))

        assert len(found.nodes) == len({node.asset.id for node in found.nodes}) == min(most, len(within))
        assert found.truncated is (len(within) > most)
