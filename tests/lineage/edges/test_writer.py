"""The only writer of edges."""

from __future__ import annotations

import networkx
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.models import Asset
from common.vocabulary import Evidence, OperationType, RelationType
from lineage.edges.feedback_edges import against_time_in, edges_in_cycles
from lineage.edges.moves import move_to_survivors
from lineage.edges.writer import EdgeDraft, replace
from lineage.models import LineageEdge
from tests.factories import NOW, AssetFactory, EdgeFactory, chain


def draft(parent: Asset, order: int = 0, **changes: object) -> EdgeDraft:
    return EdgeDraft(parent.pk, RelationType.SOURCE_VIDEO, OperationType.VIDEO_EXTEND, order, **changes)  # type: ignore[arg-type]


def write(child: Asset, *drafts: EdgeDraft, clear_existing: bool = True, evidence: Evidence = Evidence.PROVIDER):  # type: ignore[no-untyped-def]
    changes = replace(child.owner_id, {child.pk: drafts}, evidence=evidence, clear_existing=clear_existing, now=NOW)
    return changes[child.pk]


@pytest.fixture
def clips(alice: User) -> list[Asset]:
    return AssetFactory.create_batch(4, owner=alice)


class TestMoveToSurvivors:
    def test_keeps_the_used_part_and_prefers_the_stronger_evidence(self, clips: list[Asset]) -> None:
        child, survivor, absorbed, other = clips
        write(child, draft(survivor, parent_frame=1, parent_end_time=5.0))
        write(child, draft(absorbed, parent_frame=2, parent_start_time=2.0), evidence=Evidence.MANUAL)
        write(other, draft(absorbed, parent_frame=3))

        move_to_survivors(child.owner_id, {absorbed.pk: survivor.pk})

        assert list(
            LineageEdge.objects.filter(parent=survivor)
            .order_by("parent_frame")
            .values_list("child_id", "parent_frame", "parent_start_time", "parent_end_time")
        ) == [(child.pk, 2, 2.0, None), (other.pk, 3, None, None)]


class TestReplace:
    def test_writes_new_edges_in_order(self, clips: list[Asset]) -> None:
        child, first, second, _ = clips

        change = write(child, draft(first, 0), draft(second, 1))

        assert change.new == 2
        assert list(child.parent_edges.order_by("sequence_order").values_list("parent_id", flat=True)) == [
            first.pk,
            second.pk,
        ]

    def test_writes_nothing_when_nothing_changed(self, clips: list[Asset]) -> None:
        child, parent, *_ = clips
        write(child, draft(parent, transformation={"prompt": "dawn"}))
        before = list(LineageEdge.objects.values_list("pk", "created_at"))

        change = write(child, draft(parent, transformation={"prompt": "dawn"}))

        assert (change.new, change.removed, change.unchanged) == (0, 0, 1)
        assert list(LineageEdge.objects.values_list("pk", "created_at")) == before

    def test_writes_an_edge_again_when_its_frame_becomes_known(self, clips: list[Asset]) -> None:
        child, parent, *_ = clips
        write(child, draft(parent))

        change = write(child, draft(parent, parent_frame=7))

        assert (change.new, change.removed) == (1, 1)
        assert LineageEdge.objects.get().parent_frame == 7
        assert write(child, draft(parent, parent_frame=7)).unchanged == 1

    def test_removes_what_is_no_longer_said(self, clips: list[Asset]) -> None:
        child, first, second, _ = clips
        write(child, draft(first))

        change = write(child, draft(second))

        assert (change.removed, change.new) == (1, 1)
        assert child.parent_edges.get().parent_id == second.pk

    def test_only_adds_when_asked_to_keep(self, clips: list[Asset]) -> None:
        child, first, second, _ = clips
        write(child, draft(first))

        change = write(child, draft(second), clear_existing=False)

        assert (change.removed, change.new) == (0, 1)
        assert child.parent_edges.count() == 2

    def test_keeps_edges_of_other_evidence(self, clips: list[Asset]) -> None:
        child, drawn, made, said = clips
        EdgeFactory(child=child, parent=drawn, evidence="manual")
        EdgeFactory(child=child, parent=made, evidence="generation")

        write(child, draft(said))
        write(child)

        assert set(child.parent_edges.values_list("evidence", flat=True)) == {"manual", "generation"}

    def test_does_not_write_over_the_same_edge_of_other_evidence(self, clips: list[Asset]) -> None:
        child, parent, *_ = clips
        EdgeFactory(child=child, parent=parent, evidence="generation")

        change = write(child, draft(parent))

        assert change.unchanged == 1
        assert child.parent_edges.get().evidence == "generation"

    def test_refuses_an_edge_to_itself(self, clips: list[Asset]) -> None:
        child, *_ = clips

        change = write(child, draft(child))

        assert change.refused == ["The asset is listed as its own parent."]
        assert not LineageEdge.objects.exists()

    def test_refuses_an_edge_that_closes_a_cycle(self, alice: User) -> None:
        first, _, last = chain(alice, 3)

        change = write(first, draft(last))

        assert change.refused == ["This link would make the asset its own ancestor."]
        assert LineageEdge.objects.count() == 2

    @pytest.mark.parametrize("newer_first", [True, False])
    def test_refuses_what_is_made_from_something_later(self, clips: list[Asset], newer_first: bool) -> None:
        older, newer, *_ = clips
        steps = [(newer, draft(older)), (older, draft(newer))]

        for child, edge in steps if newer_first else reversed(steps):
            write(child, edge)

        assert LineageEdge.objects.get().parent_id == older.pk

    def test_never_removes_what_the_owner_drew(self, clips: list[Asset]) -> None:
        older, newer, *_ = clips
        EdgeFactory(child=older, parent=newer, evidence="manual")

        change = write(newer, draft(older))

        assert change.refused == ["This link would make the asset its own ancestor."]
        assert LineageEdge.objects.get().evidence == "manual"

    def test_forgets_a_stub_that_nothing_names_any_more(self, clips: list[Asset], alice: User) -> None:
        child, parent, *_ = clips
        stub = AssetFactory(owner=alice, is_stub=True, provider_asset_id="")
        write(child, draft(stub))

        write(child, draft(parent))

        assert not Asset.objects.filter(pk=stub.pk).exists()

    def test_keeps_one_parent_twice_as_two_edges_and_one_parent(self, clips: list[Asset]) -> None:
        child, parent, *_ = clips

        write(child, draft(parent, 0), draft(parent, 1))

        child.refresh_from_db()
        parent.refresh_from_db()
        assert child.parent_edges.count() == 2
        assert (child.parent_count, parent.child_count) == (1, 1)

    @pytest.mark.parametrize("size", [1, 20, 100], ids=str)
    def test_runs_a_fixed_number_of_statements(self, alice: User, size: int) -> None:
        parent = AssetFactory(owner=alice)
        children = AssetFactory.create_batch(size, owner=alice)

        with CaptureQueriesContext(connection) as captured:
            replace(
                alice.pk,
                {child.pk: [draft(parent)] for child in children},
                evidence=Evidence.PROVIDER,
                clear_existing=True,
                now=NOW,
            )

        # savepoint, lock, stored edges, what stands above, one COPY, release
        assert len(captured) == 6


class TestCounts:
    def test_follow_edges_that_come_and_go(self, alice: User) -> None:
        first, middle, last = chain(alice, 3)

        middle.delete()

        first.refresh_from_db()
        last.refresh_from_db()
        assert (first.child_count, last.parent_count) == (0, 0)

    def test_follow_a_deletion_by_query(self, alice: User) -> None:
        first, middle, _ = chain(alice, 3)

        LineageEdge.objects.all().delete()

        first.refresh_from_db()
        middle.refresh_from_db()
        assert (first.child_count, middle.parent_count, middle.child_count) == (0, 0, 0)


class TestTheDatabase:
    def test_refuses_an_edge_between_two_owners(self, alice: User, bob: User) -> None:
        with pytest.raises(IntegrityError, match="another owner"), transaction.atomic():
            EdgeFactory(parent=AssetFactory(owner=alice), child=AssetFactory(owner=bob), owner=alice)
            connection.check_constraints()

    @pytest.mark.parametrize(
        ("column", "value", "constraint"),
        [
            ("relation_type", "SOURCE", "relation_known"),
            ("operation_type", "VIDEO_EXTEND", "operation_known"),
            ("evidence", "rumor", "evidence_known"),
        ],
    )
    def test_refuses_words_outside_the_lists(
        self, clips: list[Asset], column: str, value: str, constraint: str
    ) -> None:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            EdgeFactory(parent=clips[0], child=clips[1], **{column: value})

    def test_refuses_an_edge_to_itself(self, clips: list[Asset]) -> None:
        with pytest.raises(IntegrityError, match="no_self"), transaction.atomic():
            EdgeFactory(parent=clips[0], child=clips[0])

    def test_refuses_the_same_edge_twice(self, clips: list[Asset]) -> None:
        EdgeFactory(parent=clips[0], child=clips[1])

        with pytest.raises(IntegrityError, match="edge_unique"), transaction.atomic():
            EdgeFactory(parent=clips[0], child=clips[1], evidence="manual")


pairs = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] != pair[1]), max_size=25)


class TestEdgesInCycles:
    @settings(max_examples=300, deadline=None)
    @given(edges=pairs)
    def test_are_what_networkx_calls_strongly_connected(self, edges: list[tuple[int, int]]) -> None:
        graph = networkx.DiGraph(edges)
        knots = [cycle for cycle in networkx.strongly_connected_components(graph) if len(cycle) > 1]

        found = edges_in_cycles(edges)

        assert sorted(map(sorted, found)) == sorted(sorted(graph.subgraph(cycle).edges) for cycle in knots)

    @settings(max_examples=200, deadline=None)
    @given(edges=pairs)
    def test_open_when_edges_against_time_are_deleted(self, edges: list[tuple[int, int]]) -> None:
        against_time = {
            pair for cycle in edges_in_cycles(edges) for pair in against_time_in(cycle, lambda asset: asset)
        }

        rest = networkx.DiGraph([pair for pair in edges if pair not in against_time])

        assert networkx.is_directed_acyclic_graph(rest)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(new=pairs)
    def test_holds_for_whole_writes(self, alice: User, new: list[tuple[int, int]]) -> None:
        Asset.objects.owned_by(alice).delete()
        assets = AssetFactory.create_batch(9, owner=alice)

        for order, (child, parent) in enumerate(new):
            write(assets[child], draft(assets[parent], order), clear_existing=False)

        edges = LineageEdge.objects.owned_by(alice).values_list("child_id", "parent_id")
        assert networkx.is_directed_acyclic_graph(networkx.DiGraph(list(edges)))
