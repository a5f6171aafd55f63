"""Find edges that would make an asset its own ancestor, with a short walk."""

from __future__ import annotations

from datetime import datetime, timedelta

import networkx
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.models import Asset
from lineage.edges import cycle_check
from lineage.edges.cycle_check import break_cycles
from lineage.models import LineageEdge
from tests.factories import NOW, AssetFactory, EdgeFactory, chain

SIZE = 8
places = st.integers(0, SIZE - 1)
pairs = st.sets(st.tuples(places, places).filter(lambda pair: pair[0] != pair[1]), max_size=14)
dates = st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=SIZE, max_size=SIZE)


def day(number: int | None) -> datetime | None:
    return None if number is None else NOW + timedelta(days=number)


def by_the_whole_graph(fresh: set[tuple[int, int]], going: set[int]) -> tuple[set[tuple[int, int]], list[int]]:
    """Expected result of `break_cycles`, from all edges."""
    asset = dict(Asset.objects.values_list("pk", "provider_created_at"))
    age = {pk: (made_at is not None, made_at or NOW, pk) for pk, made_at in asset.items()}
    stored = [edge for edge in LineageEdge.objects.all() if edge.pk not in going]

    def in_cycles(edges: set[tuple[int, int]]) -> set[tuple[int, int]]:
        graph = networkx.DiGraph(list(edges))
        knots = [cycle for cycle in networkx.strongly_connected_components(graph) if len(cycle) > 1]
        return {pair for cycle in knots for pair in graph.subgraph(cycle).edges}

    closed = in_cycles(fresh | {(edge.child_id, edge.parent_id) for edge in stored})
    against_time = {(child, parent) for child, parent in closed if age[parent] >= age[child]}
    said = {(edge.child_id, edge.parent_id) for edge in stored if edge.evidence == "provider"}
    broken = [edge for edge in stored if (edge.child_id, edge.parent_id) in against_time & said]
    refused = against_time & fresh
    rest = {(edge.child_id, edge.parent_id) for edge in stored if edge not in broken} | (fresh - refused)
    return refused | (in_cycles(rest) & fresh), sorted(edge.pk for edge in broken)


class TestBreakCycles:
    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        first=dates,
        later=dates,
        order=st.permutations(range(SIZE)),
        stored=st.sets(st.tuples(places, places).filter(lambda pair: pair[0] < pair[1]), max_size=14),
        drawn=st.sets(places),
        new=pairs,
        gone=st.sets(places),
    )
    def test_finds_what_the_whole_graph_tells(
        self,
        alice: User,
        first: list[int | None],
        later: list[int | None],
        order: list[int],
        stored: set[tuple[int, int]],
        drawn: set[int],
        new: set[tuple[int, int]],
        gone: set[int],
    ) -> None:
        Asset.objects.owned_by(alice).delete()
        assets = [AssetFactory(owner=alice, provider_created_at=day(number)) for number in first]
        edges = [
            EdgeFactory(
                child=assets[order[low]], parent=assets[order[high]], evidence="manual" if low in drawn else "provider"
            )
            for low, high in sorted(stored)
        ]
        for asset, number in zip(assets, later, strict=True):
            Asset.objects.filter(pk=asset.pk).update(provider_created_at=day(number))
        joined = {(edge.child_id, edge.parent_id) for edge in edges}
        fresh = {(assets[child].pk, assets[parent].pk) for child, parent in new} - joined
        going = {edge.pk for place, edge in enumerate(edges) if place in gone}

        assert break_cycles(alice.pk, fresh, going) == by_the_whole_graph(fresh, going)

    def test_finds_a_cycle_that_a_merge_closed(self, alice: User) -> None:
        older, newer, newest = (AssetFactory(owner=alice, provider_created_at=day(number)) for number in range(3))
        EdgeFactory(child=newer, parent=older)
        EdgeFactory(child=newest, parent=newer)
        backward = EdgeFactory(child=older, parent=newest)

        assert break_cycles(alice.pk, set(), set(), around=[newer.pk]) == (set(), [backward.pk])

    def test_finds_it_among_more_edges_against_time_than_are_read(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cycle_check, "AGAINST_TIME_MAX", 0)
        older, newer = (AssetFactory(owner=alice, provider_created_at=day(number)) for number in range(2))
        stored = EdgeFactory(child=older, parent=newer)

        assert break_cycles(alice.pk, {(newer.pk, older.pk)}, set()) == (set(), [stored.pk])

    def test_looks_at_ends_alone_when_nothing_hangs_below(self, alice: User) -> None:
        clips = chain(alice, 5)
        fresh = {(AssetFactory(owner=alice).pk, clips[-1].pk)}

        with CaptureQueriesContext(connection) as captured:
            assert break_cycles(alice.pk, fresh, set()) == (set(), [])

        assert len(captured) == 1

    def test_does_not_walk_where_time_is_kept(self, alice: User) -> None:
        clips = [AssetFactory(owner=alice, provider_created_at=day(number)) for number in range(6)]
        for child, parent in zip(clips[1:], clips, strict=False):
            EdgeFactory(child=child, parent=parent)

        with CaptureQueriesContext(connection) as captured:
            assert break_cycles(alice.pk, {(clips[4].pk, clips[2].pk)}, set()) == (set(), [])

        assert len(captured) == 2


class TestEdgesAgainstTime:
    def test_are_noted_and_forgotten(self, alice: User) -> None:
        older, newer, undated = (AssetFactory(owner=alice, provider_created_at=day(number)) for number in (0, 1, None))
        EdgeFactory(child=newer, parent=older)
        EdgeFactory(child=newer, parent=undated)
        against_time = EdgeFactory(child=older, parent=newer)
        second = EdgeFactory(child=older, parent=newer, sequence_order=1)

        assert noted() == [(older.pk, newer.pk)]
        against_time.delete()
        assert noted() == [(older.pk, newer.pk)]
        second.delete()
        assert noted() == []

    def test_are_noted_when_a_date_becomes_known(self, alice: User) -> None:
        child, parent = AssetFactory(owner=alice), AssetFactory(owner=alice, provider_created_at=None)
        EdgeFactory(child=child, parent=parent)
        assert noted() == []

        Asset.objects.filter(pk=parent.pk).update(provider_created_at=day(9))

        assert noted() == [(child.pk, parent.pk)]


def noted() -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT child_id, parent_id FROM lineage_against_time ORDER BY 1, 2")
        return list(cursor.fetchall())
