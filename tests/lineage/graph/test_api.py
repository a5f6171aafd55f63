"""Tests of lineage's JSON API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lineage.models import LineageEdge
from tests.factories import AssetFactory, EdgeFactory, chain


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


class TestGetLineage:
    def test_has_the_promised_shape(self, as_alice: Client, alice: User) -> None:
        parent, root, child = chain(alice, 3)

        answer = as_alice.get(f"/api/v1/assets/{root.pk}/lineage").json()

        assert answer.keys() == {"root_asset_id", "nodes", "edges", "truncated"}
        assert (answer["root_asset_id"], answer["truncated"]) == (root.pk, False)
        assert {node["asset"]["id"]: node["depth"] for node in answer["nodes"]} == {
            root.pk: 0,
            parent.pk: -1,
            child.pk: 1,
        }
        assert answer["nodes"][0].keys() >= {"asset", "depth", "parent_count", "child_count"}
        assert answer["nodes"][0]["asset"].keys() >= {
            "id",
            "media_type",
            "provider_id",
            "provider_asset_id",
            "thumbnail_url",
            "remote_url",
            "description",
        }
        assert answer["edges"][0] == {
            "id": LineageEdge.objects.get(child=root).pk,
            "parent_asset_id": parent.pk,
            "child_asset_id": root.pk,
            "relation_type": "SOURCE_VIDEO",
            "operation_type": "video_extend",
            "sequence_order": 0,
            "evidence": "provider",
            "parent_start_time": None,
            "parent_end_time": None,
            "parent_frame": None,
            "transformation": {},
        }

    @pytest.mark.parametrize(("direction", "count"), [("both", 5), ("parents", 3), ("children", 3)])
    def test_walks_where_it_is_told_to(self, as_alice: Client, alice: User, direction: str, count: int) -> None:
        root = chain(alice, 5)[2]

        answer = as_alice.get(f"/api/v1/assets/{root.pk}/lineage", {"direction": direction, "max_depth": "50"}).json()

        assert len(answer["nodes"]) == count

    def test_says_when_it_was_cut(self, as_alice: Client, alice: User) -> None:
        hub = AssetFactory(owner=alice)
        for _ in range(4):
            EdgeFactory(parent=hub, child=AssetFactory(owner=alice))

        answer = as_alice.get(f"/api/v1/assets/{hub.pk}/lineage", {"max_nodes": 3}).json()

        assert len(answer["nodes"]) == 3
        assert answer["truncated"] is True
        assert answer["nodes"][0]["child_count"] == 4

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"direction": "sideways"}, "direction"),
            ({"max_depth": 0}, "max_depth"),
            ({"max_depth": 51}, "max_depth"),
            ({"max_nodes": 0}, "max_nodes"),
            ({"max_nodes": 2001}, "max_nodes"),
            ({"max_nodes": "all"}, "max_nodes"),
        ],
        ids=str,
    )
    def test_keeps_to_its_bounds(self, as_alice: Client, alice: User, query: dict[str, Any], field: str) -> None:
        root = AssetFactory(owner=alice)

        answer = as_alice.get(f"/api/v1/assets/{root.pk}/lineage", query)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field

    def test_asks_the_database_as_often_at_any_depth(self, as_alice: Client, alice: User) -> None:
        root = chain(alice, 12)[0]

        with CaptureQueriesContext(connection) as near:
            as_alice.get(f"/api/v1/assets/{root.pk}/lineage", {"max_depth": 1})
        with CaptureQueriesContext(connection) as far:
            as_alice.get(f"/api/v1/assets/{root.pk}/lineage", {"max_depth": 50})

        assert len(near) == len(far)


class TestGetFlatLineage:
    def test_lists_direct_relatives_with_how_they_were_used(self, as_alice: Client, alice: User) -> None:
        root = AssetFactory(owner=alice)
        second, first = AssetFactory(owner=alice), AssetFactory(owner=alice)
        EdgeFactory(parent=second, child=root, sequence_order=1, relation_type="TRANSITION_INPUT")
        EdgeFactory(parent=first, child=root, sequence_order=0, relation_type="TRANSITION_INPUT")
        child = EdgeFactory(parent=root, child=AssetFactory(owner=alice)).child

        answer = as_alice.get(f"/api/v1/assets/{root.pk}/lineage/flat").json()

        assert answer.keys() == {"asset_id", "parents", "children", "truncated"}
        assert answer["asset_id"] == root.pk
        assert [parent["id"] for parent in answer["parents"]] == [first.pk, second.pk]
        assert [parent["sequence_order"] for parent in answer["parents"]] == [0, 1]
        assert [found["id"] for found in answer["children"]] == [child.pk]
        assert answer["children"][0]["relation_type"] == "SOURCE_VIDEO"
        assert answer["children"][0]["operation_type"] == "video_extend"
        assert answer["children"][0]["media_type"] == "video"
        assert answer["children"][0]["evidence"] == "provider"


class TestGetRelatives:
    def test_gives_one_side_page_by_page(self, as_alice: Client, alice: User) -> None:
        hub = AssetFactory(owner=alice)
        children = [EdgeFactory(parent=hub, child=AssetFactory(owner=alice)).child.pk for _ in range(3)]
        address = f"/api/v1/assets/{hub.pk}/lineage/relatives"

        page = {"side": "children", "limit": "2"}

        first = as_alice.get(address, page).json()
        second = as_alice.get(address, page | {"cursor": first["next_cursor"]}).json()

        assert [item["asset"]["id"] for item in first["items"] + second["items"]] == children
        assert (first["total"], second["total"], second["next_cursor"]) == (3, 3, None)
        assert first["items"][0].keys() == {"asset", "parent_count", "child_count", "edges"}
        assert first["items"][0]["edges"][0]["parent_asset_id"] == hub.pk

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({}, "side"),
            ({"side": "up"}, "side"),
            ({"side": "parents", "limit": 201}, "limit"),
            ({"side": "parents", "cursor": "mine"}, "cursor"),
        ],
        ids=str,
    )
    def test_keeps_to_its_bounds(self, as_alice: Client, alice: User, query: dict[str, Any], field: str) -> None:
        answer = as_alice.get(f"/api/v1/assets/{AssetFactory(owner=alice).pk}/lineage/relatives", query)

        assert answer.status_code == (404 if field == "cursor" else 422)
        assert answer.json()["errors"][0]["field"] == field
