"""Tests of rebuilding by the JSON API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from lineage import rebuild_api, rebuild_runs
from lineage.models import LineageEdge, RebuildRun
from lineage.rebuild_schemas import REBUILD_IDS_MAX
from tests.factories import AccountFactory, AssetFactory, EdgeFactory, ReferenceFactory

REFRESH = "/api/v1/assets/lineage/refresh"


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def refresh(as_alice: Client, **body: Any) -> Any:
    return as_alice.post(REFRESH, body, content_type="application/json")


def extended(owner: User) -> Any:
    """A clip whose payload names the one it was extended from, and that one."""
    source = AssetFactory(owner=owner, media_metadata={"video_id": 1})
    ReferenceFactory(asset=source)
    payload = {"video_id": 2, "create_mode": "extend", "original_video_id": int(source.provider_asset_id)}
    return source, AssetFactory(owner=owner, media_metadata=payload)


class TestRebuildLineage:
    def test_rebuilds_what_is_named(self, as_alice: Client, alice: User) -> None:
        source, clip = extended(alice)

        first = refresh(as_alice, asset_ids=[clip.pk, source.pk, clip.pk])
        again = refresh(as_alice, asset_ids=[clip.pk])

        assert first.status_code == 200
        assert first.json()["count"] == 2
        assert [result["asset_id"] for result in first.json()["results"]] == [clip.pk, source.pk]
        assert first.json()["results"][0].keys() >= {"asset_id", "provider_id", "removed_edges", "new_edges", "status"}
        assert first.json()["results"][0]["new_edges"] == 1
        assert again.json()["results"][0]["new_edges"] == 0
        edge = LineageEdge.objects.get()
        assert (edge.parent_id, edge.child_id) == (source.pk, clip.pk)

    def test_removes_what_the_payload_no_longer_says(self, as_alice: Client, alice: User) -> None:
        _, clip = extended(alice)
        EdgeFactory(parent=AssetFactory(owner=alice), child=clip)

        kept = refresh(as_alice, asset_ids=[clip.pk], clear_existing=False).json()["results"][0]
        cleared = refresh(as_alice, asset_ids=[clip.pk]).json()["results"][0]

        assert (kept["new_edges"], kept["removed_edges"]) == (1, 0)
        assert (cleared["new_edges"], cleared["removed_edges"]) == (0, 1)

    def test_does_not_know_the_assets_of_others(self, as_alice: Client, bob: User) -> None:
        _, theirs = extended(bob)

        answer = refresh(as_alice, asset_ids=[theirs.pk, 2**63 - 1])

        assert answer.status_code == 200
        assert [result["status"] for result in answer.json()["results"]] == ["not_found", "not_found"]
        assert LineageEdge.objects.count() == 0

    def test_rebuilds_the_whole_library(self, as_alice: Client, alice: User, bob: User) -> None:
        source, clip = extended(alice)
        extended(bob)
        AssetFactory(owner=alice, provider_id="other")

        answer = refresh(as_alice, provider_id="pixverse", scope="current_user", clear_existing=True).json()

        assert answer["count"] == 2
        assert {result["asset_id"] for result in answer["results"]} == {source.pk, clip.pk}
        assert LineageEdge.objects.count() == 1

    def test_answers_an_empty_list_with_nothing(self, as_alice: Client) -> None:
        assert refresh(as_alice, asset_ids=[]).json() == {"count": 0, "results": []}

    def test_leaves_many_assets_to_the_worker(
        self, as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rebuild_api, "INLINE_MAX", 1)
        _, clip = extended(alice)

        answer = refresh(as_alice, scope="current_user", provider_id="pixverse")

        assert answer.status_code == 202
        run = RebuildRun.objects.get()
        told = answer.json()["run"]
        assert (told["id"], told["state"], told["total_count"], told["done_count"]) == (run.pk, "queued", 2, 0)
        job = ProcrastinateJob.objects.get()
        assert (job.task_name, job.args) == ("lineage.run_rebuild", {"run_id": run.pk})
        assert LineageEdge.objects.count() == 0

        rebuild_runs.run(run.pk, clock=timezone.now)
        after = as_alice.get(told["url"]).json()
        assert (after["state"], after["done_count"], after["new_edges"]) == ("succeeded", 2, 1)
        assert LineageEdge.objects.get().child_id == clip.pk

    def test_leaves_many_named_assets_to_the_worker(self, as_alice: Client, alice: User) -> None:
        answer = refresh(as_alice, asset_ids=list(range(1, 1_002)))

        assert answer.status_code == 202
        assert answer.json()["run"]["total_count"] == 1_001
        assert RebuildRun.objects.get().asset_ids == list(range(1, 1_002))

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, ""),
            ({"provider_id": "pixverse"}, ""),
            ({"asset_ids": [1], "scope": "current_user"}, ""),
            ({"scope": "everybody"}, "scope"),
            ({"scope": "current_user", "provider_id": "nobody"}, ""),
            ({"scope": "current_user", "provider_id": "\x00"}, ""),
            ({"asset_ids": "all"}, "asset_ids"),
            ({"asset_ids": ["1"]}, "asset_ids.0"),
            ({"asset_ids": [True]}, "asset_ids.0"),
            ({"asset_ids": [1.5]}, "asset_ids.0"),
            ({"asset_ids": [0]}, "asset_ids.0"),
            ({"asset_ids": [2**63]}, "asset_ids.0"),
            ({"asset_ids": [1], "clear_existing": "perhaps"}, "clear_existing"),
            ({"asset_ids": [1], "clear_exsting": False}, "clear_exsting"),
        ],
        ids=str,
    )
    def test_refuses_nonsense(self, as_alice: Client, body: dict[str, Any], field: str) -> None:
        answer = refresh(as_alice, **body)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field

    def test_refuses_more_than_anyone_has(self, as_alice: Client) -> None:
        answer = refresh(as_alice, asset_ids=[1] * (REBUILD_IDS_MAX + 1))

        assert answer.json()["errors"][0]["code"] == "too_long"

    @pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"asset_ids": [1e999]}'])
    def test_refuses_a_body_of_another_kind(self, as_alice: Client, body: str) -> None:
        answer = as_alice.post(REFRESH, body, content_type="application/json")

        assert answer.status_code in (400, 422)
        assert answer.headers["Content-Type"] == "application/problem+json"


class TestAccounts:
    def test_are_not_needed(self, as_alice: Client, alice: User) -> None:
        source, clip = extended(alice)
        AccountFactory(owner=alice).delete()

        assert refresh(as_alice, asset_ids=[clip.pk]).json()["results"][0]["status"] == "ok"
        assert LineageEdge.objects.get().parent_id == source.pk
