"""Previews: what a rebuild would do, without a trace."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.models import Asset
from lineage.models import LineageEdge
from lineage.rebuild.batch import RebuildStatus, rebuild
from lineage.rebuild.preview import AssetPreview, preview, totals
from tests.factories import NOW, AssetFactory, EdgeFactory, ReferenceFactory
from tests.lineage.rebuild.test_batch import bring_in
from tests.payloads import extend, image, picture_path, video


def look(owner: User, *asset_ids: int, **changes: Any) -> list[AssetPreview]:
    return preview(owner.pk, **{"asset_ids": asset_ids, "clear_existing": True, "now": NOW, **changes})


def everything() -> dict[str, set[str]]:
    """The whole content of every table of ours, row by row."""
    content = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            if model._meta.app_label in ("assets", "lineage", "providers"):
                cursor.execute(f"SELECT t::text FROM {table} AS t")
                content[table] = {row for (row,) in cursor.fetchall()}
    return content


class TestPreview:
    def test_gives_the_edges_that_would_come(self, alice: User) -> None:
        source, clip = bring_in(alice, video(1, prompt="a paper boat"), extend(2, of_id=1))

        [found] = look(alice, clip)

        assert (found.status, found.unchanged, found.removed) == (RebuildStatus.OK, 0, ())
        [edge] = found.added
        assert (edge.relation_type, edge.operation_type, edge.sequence_order) == ("SOURCE_VIDEO", "video_extend", 0)
        assert (edge.parent.asset_id, edge.parent.description) == (source, "a paper boat")
        assert edge.transformation["original_video_id"]

    def test_gives_the_edges_that_would_go(self, alice: User) -> None:
        [clip] = bring_in(alice, video(1))
        wrong = AssetFactory(owner=alice, prompt="not its parent")
        EdgeFactory(child_id=clip, parent=wrong, owner=alice)

        [found] = look(alice, clip)

        assert found.added == ()
        assert [edge.parent.asset_id for edge in found.removed] == [wrong.pk]
        assert found.is_changed

    def test_says_what_an_edge_said_before(self, alice: User) -> None:
        _, clip = bring_in(alice, video(1), extend(2, of_id=1))
        rebuild(alice.pk, asset_ids=[clip], clear_existing=True, now=NOW)
        LineageEdge.objects.update(transformation={"duration": 99}, operation_type="video_edit", parent_frame=7)

        [found] = look(alice, clip)

        [before], [after] = found.removed, found.added
        assert before.transformation == {"duration": 99}
        assert (before.parent_frame, after.parent_frame) == (7, None)
        assert after.differs_in == before.differs_in == ("operation_type", "parent_frame", "transformation")

    def test_names_a_parent_that_would_come_as_a_stub(self, alice: User) -> None:
        [clip] = bring_in(alice, image(2, customer_img_paths=[picture_path(7)]))

        [found] = look(alice, clip)

        [edge] = found.added
        assert (edge.parent.asset_id, edge.parent.is_stub) == (None, True)
        assert edge.parent.name == picture_path(7)

    def test_knows_a_stub_that_is_here(self, alice: User) -> None:
        [clip] = bring_in(alice, image(2, customer_img_paths=[picture_path(7)]))
        rebuild(alice.pk, asset_ids=[clip], clear_existing=True, now=NOW)
        stub = LineageEdge.objects.get().parent_id
        Asset.objects.filter(pk=clip).update(media_metadata=video(2))

        [found] = look(alice, clip)

        assert [edge.parent.asset_id for edge in found.removed] == [stub]
        assert Asset.objects.filter(pk=stub).exists()

    def test_finds_nothing_to_do_after_the_rebuild(self, alice: User) -> None:
        ids = bring_in(alice, video(1), extend(2, of_id=1), image(3, customer_img_paths=[picture_path(7)]))
        rebuild(alice.pk, asset_ids=ids, clear_existing=True, now=NOW)

        found = look(alice, *ids)

        assert not any(one.is_changed for one in found)
        assert totals(found) == (0, 0, 2)

    def test_says_what_the_rebuild_then_does(self, alice: User) -> None:
        ids = bring_in(alice, video(1), extend(2, of_id=1), extend(3, of_id=99), video(4))
        EdgeFactory(child_id=ids[3], parent=AssetFactory(owner=alice), owner=alice)

        found = look(alice, *ids)
        results = rebuild(alice.pk, asset_ids=ids, clear_existing=True, now=NOW)

        assert [(one.asset_id, len(one.added), len(one.removed), one.unchanged) for one in found] == [
            (result.asset_id, result.new_edges, result.removed_edges, result.unchanged_edges) for result in results
        ]

    def test_would_only_add_when_asked_to(self, alice: User) -> None:
        _, clip = bring_in(alice, video(1), extend(2, of_id=1))
        EdgeFactory(child_id=clip, parent=AssetFactory(owner=alice), owner=alice)

        [found] = look(alice, clip, clear_existing=False)

        assert (len(found.added), found.removed) == (1, ())

    def test_leaves_edges_that_people_drew(self, alice: User) -> None:
        [clip] = bring_in(alice, video(1))
        EdgeFactory(child_id=clip, parent=AssetFactory(owner=alice), owner=alice, evidence="manual")

        [found] = look(alice, clip)

        assert not found.is_changed

    def test_does_not_find_what_is_not_the_owners(self, alice: User, bob: User) -> None:
        theirs = AssetFactory(owner=bob, media_metadata=extend(2, of_id=1))

        [found] = look(alice, theirs.pk)

        assert (found.status, found.is_changed) == (RebuildStatus.NOT_FOUND, False)

    def test_leaves_the_library_exactly_as_it_was(self, alice: User) -> None:
        ids = bring_in(
            alice,
            video(1),
            extend(2, of_id=1),
            extend(3, of_id=99),
            image(4, customer_img_paths=[picture_path(7), picture_path(8)]),
        )
        EdgeFactory(child_id=ids[0], parent=AssetFactory(owner=alice, is_stub=True), owner=alice)
        EdgeFactory(child_id=ids[1], parent=AssetFactory(owner=alice), owner=alice, evidence="manual")
        before = everything()

        found = look(alice, *ids)

        assert totals(found)[:2] == (4, 1)
        assert everything() == before

    def test_leaves_two_names_of_one_parent_apart(self, alice: User) -> None:
        """The rebuild joins two stubs that a payload says are one; its preview joins nothing."""
        by_id = AssetFactory(owner=alice, is_stub=True, provider_asset_id="")
        ReferenceFactory(asset=by_id, value="4000000000001", is_indirect=True)
        by_path = AssetFactory(owner=alice, is_stub=True, provider_asset_id="")
        ReferenceFactory(
            asset=by_path, kind="path", value="pixverse/mp4/media/web/ori/clip1_seed1.mp4", is_indirect=True
        )
        [clip] = bring_in(alice, extend(2, of_id=1, of_path="pixverse/mp4/media/web/ori/clip1_seed1.mp4"))
        before = everything()

        [found] = look(alice, clip)

        assert len(found.added) == 1
        assert everything() == before

    @pytest.mark.parametrize("size", [3, 30, 300], ids=str)
    def test_runs_a_fixed_number_of_statements(self, alice: User, size: int) -> None:
        ids = bring_in(alice, *(image(n, customer_img_paths=[picture_path(n + 1000)]) for n in range(10, 10 + size)))
        rebuild(alice.pk, asset_ids=ids[:1], clear_existing=True, now=NOW)

        with CaptureQueriesContext(connection) as captured:
            look(alice, *ids)

        assert len(captured) <= 26
