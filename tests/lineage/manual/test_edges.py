"""Manual edges."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from assets.models import Asset
from common.vocabulary import Evidence, OperationType, RelationType
from lineage.edges import writer
from lineage.manual import edges
from lineage.manual.edges import (
    EdgeClosesCycle,
    EdgeExists,
    EdgeFields,
    EdgeGone,
    EdgeReadOnly,
    EdgeTimesReversed,
    EdgeToItself,
)
from lineage.models import LineageEdge
from lineage.rebuild.batch import rebuild
from tests.factories import NOW, AssetFactory, EdgeFactory, ReferenceFactory, chain

SOURCE = EdgeFields(RelationType.SOURCE_VIDEO)


def draw(parent: Asset, child: Asset, **changes: Any) -> LineageEdge:
    return edges.add(parent, child, replace(SOURCE, **changes), now=NOW)


@pytest.fixture
def clips(alice: User) -> list[Asset]:
    clips: list[Asset] = AssetFactory.create_batch(3, owner=alice)
    return clips


class TestDraw:
    def test_writes_an_edge_that_says_it_was_drawn(self, clips: list[Asset]) -> None:
        parent, child, _ = clips

        edge = draw(parent, child, note=" From memory. ", parent_start_time=1.5, parent_end_time=3, parent_frame=36)

        assert (edge.parent, edge.child, edge.evidence, edge.created_at) == (parent, child, "manual", NOW)
        assert (edge.relation_type, edge.operation_type) == ("SOURCE_VIDEO", child.operation_type)
        assert (edge.parent_start_time, edge.parent_end_time, edge.parent_frame) == (1.5, 3, 36)
        assert edges.note_of(edge) == "From memory."
        child.refresh_from_db()
        assert child.parent_count == 1

    def test_puts_a_parent_behind_those_there_are(self, clips: list[Asset]) -> None:
        first, second, child = clips
        EdgeFactory(parent=first, child=child, sequence_order=2)

        assert draw(second, child).sequence_order == 3

    def test_refuses_an_asset_as_its_own_parent(self, clips: list[Asset]) -> None:
        with pytest.raises(EdgeToItself):
            draw(clips[0], clips[0])

    def test_refuses_what_closes_a_cycle_whoever_said_the_rest(self, alice: User) -> None:
        oldest, _, newest = chain(alice, 3)

        with pytest.raises(EdgeClosesCycle):
            draw(newest, oldest)

        assert LineageEdge.objects.count() == 2

    @pytest.mark.parametrize("changes", [{}, {"sequence_order": 0}], ids=["anywhere", "at its place"])
    @pytest.mark.parametrize("evidence", ["provider", "manual"])
    def test_refuses_what_is_there(self, clips: list[Asset], evidence: str, changes: dict[str, Any]) -> None:
        parent, child, _ = clips
        EdgeFactory(parent=parent, child=child, evidence=evidence)

        with pytest.raises(EdgeExists):
            draw(parent, child, **changes)

    @pytest.mark.parametrize("gone", [0, 1], ids=["parent", "child"])
    def test_refuses_an_end_that_has_been_deleted_meanwhile(self, clips: list[Asset], gone: int) -> None:
        parent, child, _ = clips
        Asset.objects.filter(pk=clips[gone].pk).delete()

        with pytest.raises(EdgeGone):
            draw(parent, child)

    def test_lets_one_parent_be_used_twice(self, clips: list[Asset]) -> None:
        parent, child, _ = clips
        draw(parent, child)

        again = draw(parent, child, sequence_order=1)
        otherwise = draw(parent, child, relation_type=RelationType.STYLE_REFERENCE)

        assert (again.sequence_order, otherwise.sequence_order) == (1, 2)

    def test_refuses_times_that_run_backwards(self, clips: list[Asset]) -> None:
        with pytest.raises(EdgeTimesReversed):
            draw(clips[0], clips[1], parent_start_time=3, parent_end_time=1.5)


class TestARebuild:
    def test_never_touches_what_was_drawn(self, alice: User, clips: list[Asset]) -> None:
        drawn_parent, said_parent, _ = clips
        ReferenceFactory(asset=said_parent)
        payload = {"video_id": 2, "create_mode": "extend", "original_video_id": int(said_parent.provider_asset_id)}
        child = AssetFactory(owner=alice, media_metadata=payload)
        draw(drawn_parent, child, note="Drawn.")
        before = LineageEdge.objects.filter(evidence="manual").values().get()

        rebuild(alice.pk, asset_ids=[child.pk], clear_existing=True, now=NOW)
        rebuild(alice.pk, asset_ids=[child.pk], clear_existing=True, now=NOW)

        assert LineageEdge.objects.filter(evidence="manual").values().get() == before
        assert set(child.parent_edges.values_list("parent_id", "evidence")) == {
            (drawn_parent.pk, "manual"),
            (said_parent.pk, "provider"),
        }

    def test_lets_what_was_drawn_stand_where_a_provider_says_the_same(self, clips: list[Asset]) -> None:
        parent, child, _ = clips
        drawn = draw(parent, child, sequence_order=0, note="Drawn.")
        said = writer.EdgeDraft(parent.pk, RelationType.SOURCE_VIDEO, OperationType.VIDEO_EXTEND, 0)

        writer.replace(child.owner_id, {child.pk: [said]}, evidence=Evidence.PROVIDER, clear_existing=True, now=NOW)

        assert LineageEdge.objects.get() == drawn
        assert edges.note_of(LineageEdge.objects.get()) == "Drawn."


class TestAnnotate:
    def test_changes_what_is_said_and_keeps_the_id(self, clips: list[Asset]) -> None:
        edge = draw(clips[0], clips[1])
        changed = replace(edges.fields_of(edge), note="Now I am sure.", relation_type=RelationType.PAUSED_FRAME)

        edges.update(edge, changed)

        stored = LineageEdge.objects.get()
        assert (stored.pk, stored.relation_type, edges.note_of(stored)) == (edge.pk, "PAUSED_FRAME", "Now I am sure.")

    def test_refuses_an_edge_that_has_been_removed_meanwhile(self, clips: list[Asset]) -> None:
        edge = draw(clips[0], clips[1])
        LineageEdge.objects.all().delete()

        with pytest.raises(EdgeGone):
            edges.update(edge, edges.fields_of(edge))

    def test_refuses_to_become_another_edge(self, clips: list[Asset]) -> None:
        draw(clips[0], clips[1], sequence_order=0)
        edge = draw(clips[0], clips[1], sequence_order=1)

        with pytest.raises(EdgeExists):
            edges.update(edge, replace(edges.fields_of(edge), sequence_order=0))

    @pytest.mark.parametrize("evidence", ["provider", "generation"])
    def test_refuses_edges_that_were_not_drawn(self, clips: list[Asset], evidence: str) -> None:
        edge = EdgeFactory(parent=clips[0], child=clips[1], evidence=evidence)

        with pytest.raises(EdgeReadOnly):
            edges.update(edge, replace(edges.fields_of(edge), note="Mine."))


class TestRemove:
    def test_removes_the_edge_and_a_stub_that_was_only_its_end(self, alice: User, clips: list[Asset]) -> None:
        stub = AssetFactory(owner=alice, is_stub=True, provider_asset_id="")

        edges.remove(draw(stub, clips[0]))

        assert not LineageEdge.objects.exists()
        assert not Asset.objects.filter(pk=stub.pk).exists()
        assert Asset.objects.get(pk=clips[0].pk).parent_count == 0

    @pytest.mark.parametrize("evidence", ["provider", "generation"])
    def test_refuses_edges_that_were_not_drawn(self, clips: list[Asset], evidence: str) -> None:
        edge = EdgeFactory(parent=clips[0], child=clips[1], evidence=evidence)

        with pytest.raises(EdgeReadOnly):
            edges.remove(edge)

        assert LineageEdge.objects.get() == edge


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_close_no_cycle_between_them(self, alice: User, clips: list[Asset]) -> None:
        first, second, _ = clips
        outcomes = at_once(lambda: draw(first, second), lambda: draw(second, first))

        assert sorted(outcomes) == ["EdgeClosesCycle", "LineageEdge"]
        assert LineageEdge.objects.count() == 1

    def test_draw_one_edge_once(self, alice: User, clips: list[Asset]) -> None:
        outcomes = at_once(*[lambda: draw(clips[0], clips[1])] * 3)

        assert sorted(outcomes) == ["EdgeExists", "EdgeExists", "LineageEdge"]
        assert LineageEdge.objects.count() == 1


def at_once(*acts: Any) -> list[str]:
    """Do all of them, each in a thread; the names of what they gave or raised."""
    barrier, outcomes = threading.Barrier(len(acts)), []

    def run(act: Any) -> None:
        try:
            barrier.wait()
            outcomes.append(type(act()).__name__)
        except edges.EdgeRefused as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


class TestTheApi:
    def test_draws_shows_annotates_and_removes(self, as_alice: Client, clips: list[Asset]) -> None:
        parent, child, _ = clips
        asked = {"parent_asset_id": parent.pk, "child_asset_id": child.pk, "relation_type": "DERIVATION", "note": "So."}

        drawn = as_alice.post("/api/v1/lineage/edges", asked, content_type="application/json")
        address = f"/api/v1/lineage/edges/{drawn.json()['id']}"
        change = {"note": "Not quite.", "parent_start_time": 2}
        changed = as_alice.patch(address, change, content_type="application/json")

        assert (drawn.status_code, drawn.json()["note"], drawn.json()["is_manual"]) == (201, "So.", True)
        assert (changed.json()["note"], changed.json()["parent_start_time"]) == ("Not quite.", 2)
        assert changed.json()["relation_type"] == "DERIVATION"
        assert as_alice.get(address).json() == changed.json()
        taken = as_alice.patch(address, {"parent_start_time": None}, content_type="application/json")
        assert taken.json()["parent_start_time"] is None
        framed = as_alice.patch(address, {"parent_frame": 0}, content_type="application/json")
        assert (framed.json()["parent_frame"], framed.json()["note"]) == (0, "Not quite.")
        unframed = as_alice.patch(address, {"parent_frame": None}, content_type="application/json")
        assert unframed.json()["parent_frame"] is None
        assert as_alice.delete(address).status_code == 204
        assert as_alice.get(address).status_code == 404

    def test_says_why_an_edge_is_refused(self, as_alice: Client, alice: User) -> None:
        oldest, newest = chain(alice, 2)

        def ask(parent: Asset, child: Asset) -> tuple[int, str]:
            asked = {"parent_asset_id": parent.pk, "child_asset_id": child.pk, "relation_type": "SOURCE_VIDEO"}
            answer = as_alice.post("/api/v1/lineage/edges", asked, content_type="application/json")
            return answer.status_code, answer.json()["code"]

        assert ask(oldest, oldest) == (409, "edge_to_itself")
        assert ask(newest, oldest) == (409, "edge_closes_cycle")
        assert ask(oldest, newest) == (409, "edge_exists")

    @pytest.mark.parametrize("method", ["patch", "delete"])
    def test_leaves_other_edges_alone(self, as_alice: Client, alice: User, method: str) -> None:
        chain(alice, 2)
        edge = LineageEdge.objects.get()
        before = LineageEdge.objects.values().get()

        answer = getattr(as_alice, method)(
            f"/api/v1/lineage/edges/{edge.pk}", {"note": "Mine."}, content_type="application/json"
        )

        assert (answer.status_code, answer.json()["code"]) == (409, "edge_read_only")
        assert LineageEdge.objects.values().get() == before

    def test_joins_nothing_to_what_is_anothers(self, as_alice: Client, clips: list[Asset], bob: User) -> None:
        asked = {
            "parent_asset_id": AssetFactory(owner=bob).pk,
            "child_asset_id": clips[0].pk,
            "relation_type": "DERIVATION",
        }

        assert as_alice.post("/api/v1/lineage/edges", asked, content_type="application/json").status_code == 404


class TestThePages:
    def test_find_choose_and_draw(self, as_alice: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice, prompt="a paper boat")
        other = AssetFactory(owner=alice, prompt="a folded newspaper", media_type="image")
        address = reverse("lineage:add_edge", args=[asset.pk])

        found = as_alice.get(address, {"side": "parents", "q": "newspaper"}).content.decode()
        chosen = as_alice.get(address, {"side": "parents", "other": other.pk}).content.decode()
        drawn = as_alice.post(
            address, {"side": "parents", "other": other.pk, "relation_type": "SOURCE_IMAGE", "note": "I remember."}
        )

        assert f"other={other.pk}" in found
        assert '<option value="SOURCE_IMAGE" selected>' in chosen
        edge = LineageEdge.objects.get()
        assert (edge.parent, edge.child, edges.note_of(edge)) == (other, asset, "I remember.")
        assert drawn.headers["Location"] == f"/assets/{asset.pk}/lineage/?pick={other.pk}-{asset.pk}"

    @pytest.mark.parametrize("named", ["pk", "provider_asset_id"])
    def test_find_an_asset_by_its_ids(self, as_alice: Client, alice: User, named: str) -> None:
        asset, other = AssetFactory.create_batch(2, owner=alice)
        ReferenceFactory(asset=other)

        address = reverse("lineage:add_edge", args=[asset.pk])
        page = as_alice.get(address, {"side": "children", "q": getattr(other, named)})

        assert f"side=children&amp;other={other.pk}" in page.content.decode()

    def test_say_why_an_edge_is_refused(self, as_alice: Client, alice: User) -> None:
        oldest, newest = chain(alice, 2)
        address = reverse("lineage:add_edge", args=[newest.pk])

        answer = as_alice.post(address, {"side": "children", "other": oldest.pk, "relation_type": "DERIVATION"})

        assert answer.status_code == 422
        assert "nothing can be its own ancestor" in answer.content.decode()

    def test_edit_what_was_drawn(self, as_alice: Client, clips: list[Asset]) -> None:
        edge = draw(clips[0], clips[1], note="First.")
        address = reverse("lineage:edit_edge", args=[edge.pk])

        shown = as_alice.get(address).content.decode()
        as_alice.post(address, {"relation_type": "KEYFRAME", "sequence_order": 2, "note": "Second."})
        edge.refresh_from_db()

        assert "First." in shown
        assert (edge.relation_type, edge.sequence_order, edges.note_of(edge)) == ("KEYFRAME", 1, "Second.")

    def test_ask_before_they_remove(self, as_alice: Client, clips: list[Asset]) -> None:
        edge = draw(clips[0], clips[1], note="Traced by eye.")
        address = reverse("lineage:remove_edge", args=[edge.pk])

        asked = as_alice.get(address).content.decode()
        still_there = LineageEdge.objects.exists()
        answer = as_alice.post(address)

        assert still_there
        assert "Traced by eye." in asked
        assert answer["Location"] == reverse("lineage:inspector", args=[clips[1].pk])
        assert not LineageEdge.objects.exists()

    def test_only_show_what_a_provider_said(self, as_alice: Client, alice: User) -> None:
        chain(alice, 2)
        edge = LineageEdge.objects.get()
        address = reverse("lineage:edit_edge", args=[edge.pk])

        page = as_alice.get(address).content.decode()
        as_alice.post(address, {"relation_type": "KEYFRAME"})
        asked = as_alice.get(reverse("lineage:remove_edge", args=[edge.pk]))
        as_alice.post(reverse("lineage:remove_edge", args=[edge.pk]))

        assert "Remove link" not in page
        assert asked["Location"] == address
        assert LineageEdge.objects.get().relation_type == "SOURCE_VIDEO"
