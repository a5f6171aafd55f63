"""Tests of lineage in the admin."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from common.throttle import Clock
from library import asset_admin
from lineage.manual import edges
from lineage.models import LineageEdge, RebuildMode, RebuildRun
from lineage.rebuild.runner import execute
from lineage.rebuild.start import start
from tests.factories import NOW, AssetFactory, EdgeFactory, ReferenceFactory, chain

ADD = "/admin/lineage/lineageedge/add/"
VALUES = {"relation_type": "SOURCE_VIDEO", "operation_type": "video_extend"}
READ_ONLY = "A rebuild writes this link from the data of the provider."


@pytest.fixture
def as_admin(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("admin", password="admin's password"))
    return client


def rebuild(as_admin: Client, *asset_ids: int) -> list[str]:
    """Run the action on assets; what the admin said of it."""
    answer = as_admin.post("/admin/assets/asset/", {"action": "rebuild_lineage", "_selected_action": asset_ids})
    assert answer.status_code == 302
    return [str(message) for message in get_messages(answer.wsgi_request)]


def steer(as_admin: Client, action: str, run: RebuildRun) -> str:
    """Run an action on a run; what the admin said of it last."""
    answer = as_admin.post("/admin/lineage/rebuildrun/", {"action": action, "_selected_action": [run.pk]})
    return str(list(get_messages(answer.wsgi_request))[-1])


def extended(owner: User) -> int:
    """The id of a clip whose payload names another clip of the library as its source."""
    source = ReferenceFactory(asset=AssetFactory(owner=owner)).asset
    payload = {"video_id": 2, "create_mode": "extend", "original_video_id": int(source.provider_asset_id)}
    clip: int = AssetFactory(owner=owner, media_metadata=payload).pk
    return clip


class TestLists:
    def test_ask_as_often_for_two_edges_as_for_ten(self, as_admin: Client, alice: User) -> None:
        chain(alice, 3)
        with CaptureQueriesContext(connection) as for_two:
            as_admin.get("/admin/lineage/lineageedge/")
        chain(alice, 9)

        with CaptureQueriesContext(connection) as for_ten:
            page = as_admin.get("/admin/lineage/lineageedge/")

        assert page.status_code == 200
        assert len(for_two) == len(for_ten)
        assert not any("media_metadata" in found["sql"] for found in for_ten)

    def test_find_the_edges_of_an_asset(self, as_admin: Client, alice: User) -> None:
        parent, _ = chain(alice, 2)
        chain(alice, 2)

        found = as_admin.get("/admin/lineage/lineageedge/", {"q": parent.pk}).context["cl"].result_list

        assert [edge.parent_id for edge in found] == [parent.pk]

    def test_show_runs(self, as_admin: Client, alice: User) -> None:
        start(alice.pk, provider_id="pixverse", asset_ids=None, clear_existing=True, now=NOW)

        page = as_admin.get("/admin/lineage/rebuildrun/", {"state__exact": "queued", "provider_id": "pixverse"})

        assert page.context["cl"].result_count == 1


class TestSteeringRuns:
    def test_cancels_and_resumes(self, as_admin: Client, alice: User) -> None:
        run = start(alice.pk, clear_existing=True, now=NOW)

        cancelled = steer(as_admin, "cancel_runs", run)
        resumed = steer(as_admin, "resume_runs", run)
        again = steer(as_admin, "resume_runs", run)

        assert cancelled == f"Run {run.pk} was cancelled."
        assert resumed == f"Run {run.pk} was resumed."
        assert again == f"Run {run.pk}: Only a run that stopped or was cancelled can be resumed."
        assert ProcrastinateJob.objects.get(task_name="lineage.run_rebuild", args={"run_id": run.pk}).args == {
            "run_id": run.pk
        }

    def test_starts_no_second_one(self, as_admin: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asset_admin, "INLINE_MAX", 1)
        run = start(alice.pk, clear_existing=True, now=NOW)

        said = rebuild(as_admin, extended(alice), extended(alice))

        assert said == [f"A rebuild is running. Wait for it to finish before starting another. Run {run.pk}."]

    def test_shows_what_a_preview_found(self, as_admin: Client, alice: User) -> None:
        extended(alice)
        preview = start(alice.pk, mode=RebuildMode.PREVIEW, clear_existing=True, now=NOW)
        execute(preview.pk, clock=Clock(now=lambda: NOW, sleep=time.sleep))

        listed = as_admin.get("/admin/lineage/rebuildfinding/", {"q": preview.pk})
        page = as_admin.get(f"/admin/lineage/rebuildfinding/{preview.findings.get(is_changed=True).pk}/change/")

        assert listed.context["cl"].result_count == 2
        assert "SOURCE_VIDEO" in page.content.decode()


class TestPages:
    def test_show_an_edge_and_what_the_provider_said(self, as_admin: Client, alice: User) -> None:
        edge = EdgeFactory(parent=AssetFactory(owner=alice), transformation={"prompt": "leg one"})

        page = as_admin.get(f"/admin/lineage/lineageedge/{edge.pk}/change/").content.decode()

        assert "&quot;prompt&quot;: &quot;leg one&quot;" in page
        assert 'name="relation_type"' not in page

    def test_show_a_run(self, as_admin: Client, alice: User) -> None:
        run = start(alice.pk, provider_id="", asset_ids=[1], clear_existing=True, now=NOW)

        assert as_admin.get(f"/admin/lineage/rebuildrun/{run.pk}/change/").status_code == 200

    @pytest.mark.parametrize("model", ["rebuildfinding", "rebuildrun"])
    def test_add_nothing(self, as_admin: Client, model: str) -> None:
        assert as_admin.get(f"/admin/lineage/{model}/add/").status_code == 403


class TestRebuildLineage:
    def test_rebuilds_each_asset_as_of_its_owner(self, as_admin: Client, alice: User, bob: User) -> None:
        hers, his = extended(alice), extended(bob)

        told = rebuild(as_admin, hers, his)

        assert told == ["1 assets rebuilt: 1 new links, 0 removed (1 ok)."] * 2
        assert dict(LineageEdge.objects.values_list("child_id", "owner_id")) == {hers: alice.pk, his: bob.pk}

    def test_leaves_many_to_the_worker(self, as_admin: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asset_admin, "INLINE_MAX", 1)
        clips = [extended(alice), extended(alice)]

        (told,) = rebuild(as_admin, *clips)

        run = RebuildRun.objects.get()
        assert f"run {run.pk}" in told
        assert run.asset_ids == clips
        assert ProcrastinateJob.objects.get(task_name="lineage.run_rebuild", args={"run_id": run.pk}).args == {
            "run_id": run.pk
        }


class TestEdges:
    @pytest.fixture
    def edge(self, alice: User) -> LineageEdge:
        chain(alice, 2)
        return LineageEdge.objects.get()

    @pytest.fixture
    def drawn(self, edge: LineageEdge) -> LineageEdge:
        LineageEdge.objects.update(evidence="manual", transformation={"note": "Drawn."})
        edge.refresh_from_db()
        return edge

    def test_take_a_note_where_they_were_drawn_by_hand(self, as_admin: Client, drawn: LineageEdge) -> None:
        address = f"/admin/lineage/lineageedge/{drawn.pk}/change/"

        shown = as_admin.get(address).content.decode()
        answer = as_admin.post(address, VALUES | {"note": "Drawn from memory.", "sequence_order": "3"})

        drawn.refresh_from_db()
        assert "Drawn." in shown
        assert READ_ONLY not in shown
        assert answer.status_code == 302
        assert (drawn.transformation, drawn.sequence_order) == ({"note": "Drawn from memory."}, 2)
        assert LogEntry.objects.get().get_edited_object() == drawn

    def test_are_not_saved_over_what_was_saved_meanwhile(self, as_admin: Client, drawn: LineageEdge) -> None:
        address = f"/admin/lineage/lineageedge/{drawn.pk}/change/"
        version = edges.version_of_edge(drawn)
        edges.update(drawn, replace(edges.fields_of(drawn), note="Saved meanwhile."))

        page = as_admin.post(address, VALUES | {"note": "Mine.", "version": version}).content.decode()

        drawn.refresh_from_db()
        assert "Saved meanwhile: Saved meanwhile." in page
        assert edges.version_of_edge(drawn) in page
        assert drawn.transformation == {"note": "Saved meanwhile."}

    def test_take_nothing_where_they_were_not(self, as_admin: Client, edge: LineageEdge) -> None:
        address = f"/admin/lineage/lineageedge/{edge.pk}/change/"

        assert READ_ONLY in as_admin.get(address).content.decode()
        assert as_admin.post(address, VALUES).status_code == 403

    def test_are_drawn_between_two_assets(self, as_admin: Client, alice: User) -> None:
        parent, child = AssetFactory.create_batch(2, owner=alice)

        answer = as_admin.post(ADD, VALUES | {"parent": parent.pk, "child": child.pk, "note": "From memory."})

        drawn = LineageEdge.objects.get()
        assert answer.status_code == 302
        assert (drawn.parent, drawn.child, drawn.owner, drawn.evidence) == (parent, child, alice, "manual")
        assert drawn.transformation == {"note": "From memory."}
        entry = LogEntry.objects.get()
        assert (entry.action_flag, entry.get_edited_object()) == (ADDITION, drawn)

    @pytest.mark.parametrize(
        ("parent", "child", "words"),
        [
            (0, 0, "An asset cannot be its own parent."),
            (1, 0, "nothing can be its own ancestor"),
            (0, 1, "This link already exists"),
            (0, 2, "must belong to one owner"),
        ],
        ids=["itself", "cycle", "twice", "owners"],
    )
    def test_are_refused_as_the_pages_refuse_them(
        self, as_admin: Client, alice: User, bob: User, parent: int, child: int, words: str
    ) -> None:
        assets = [*chain(alice, 2), AssetFactory(owner=bob)]

        page = as_admin.post(ADD, VALUES | {"parent": assets[parent].pk, "child": assets[child].pk})

        assert page.status_code == 200
        assert words in page.content.decode()
        assert LineageEdge.objects.count() == 1

    @pytest.mark.parametrize("term", ["paper bo", "{pk}", "400123"], ids=["words", "id", "identifier"])
    def test_find_their_assets_by_autocomplete(self, as_admin: Client, alice: User, term: str) -> None:
        wanted = AssetFactory(owner=alice, prompt="paper boats", provider_asset_id="400123")
        ReferenceFactory(asset=wanted)
        AssetFactory(owner=alice, prompt="a tree")
        query = {"app_label": "lineage", "model_name": "lineageedge", "field_name": "parent"}

        answer = as_admin.get("/admin/autocomplete/", query | {"term": term.format(pk=wanted.pk)}).json()

        assert [found["id"] for found in answer["results"]] == [str(wanted.pk)]

    @pytest.mark.parametrize("way", ["action", "page"])
    def test_go_where_they_were_drawn_by_hand(self, as_admin: Client, drawn: LineageEdge, way: str) -> None:
        remove(as_admin, drawn, way)

        assert not LineageEdge.objects.exists()

    @pytest.mark.parametrize("way", ["action", "page"])
    def test_stay_where_they_were_not(self, as_admin: Client, edge: LineageEdge, way: str) -> None:
        remove(as_admin, edge, way)

        assert LineageEdge.objects.get() == edge


def remove(as_admin: Client, edge: LineageEdge, way: str) -> None:
    """Delete an edge in the admin."""
    posted = {"action": "delete_selected", "_selected_action": [edge.pk], "post": "yes"}
    page = "" if way == "action" else f"{edge.pk}/delete/"
    as_admin.post(f"/admin/lineage/lineageedge/{page}", posted)
