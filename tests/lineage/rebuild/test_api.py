"""Tests of rebuilding by the JSON API."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from common.throttle import Clock
from lineage.models import LineageEdge, RebuildMode, RebuildRun
from lineage.rebuild import api
from lineage.rebuild.runner import execute
from lineage.rebuild.schemas import REBUILD_IDS_MAX
from lineage.rebuild.start import start
from tests.factories import NOW, AccountFactory, AssetFactory, EdgeFactory, ReferenceFactory

REFRESH = "/api/v1/assets/lineage/refresh"
PREVIEW = "/api/v1/assets/lineage/preview"
RUNS = "/api/v1/lineage/rebuild-runs"


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def refresh(as_alice: Client, **body: Any) -> Any:
    return as_alice.post(REFRESH, body, content_type="application/json")


def preview(as_alice: Client, **body: Any) -> Any:
    return as_alice.post(PREVIEW, body, content_type="application/json")


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
        monkeypatch.setattr(api, "INLINE_MAX", 1)
        _, clip = extended(alice)

        answer = refresh(as_alice, scope="current_user", provider_id="pixverse")

        assert answer.status_code == 202
        run = RebuildRun.objects.get()
        told = answer.json()["run"]
        assert (told["id"], told["state"], told["total_count"], told["done_count"]) == (run.pk, "queued", 2, 0)
        job = ProcrastinateJob.objects.get(task_name="lineage.run_rebuild", args={"run_id": run.pk})
        assert (job.task_name, job.args) == ("lineage.run_rebuild", {"run_id": run.pk})
        assert LineageEdge.objects.count() == 0

        execute(run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
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


class TestPreviewLineage:
    def test_gives_the_edges_and_writes_none(self, as_alice: Client, alice: User) -> None:
        source, clip = extended(alice)
        wrong = EdgeFactory(child=source, parent=AssetFactory(owner=alice, prompt="not its parent"))

        answer = preview(as_alice, asset_ids=[clip.pk, source.pk])

        assert answer.status_code == 200
        told = answer.json()
        assert {name: told[name] for name in ("count", "added", "removed", "unchanged")} == {
            "count": 2,
            "added": 1,
            "removed": 1,
            "unchanged": 0,
        }
        of_clip, of_source = told["results"]
        assert of_clip.keys() == {"asset_id", "added", "removed", "unchanged", "status", "reason"}
        assert of_clip["added"][0]["parent"]["asset_id"] == source.pk
        assert of_clip["added"][0]["relation_type"] == "SOURCE_VIDEO"
        assert of_source["removed"][0]["parent"]["description"] == "not its parent"
        assert LineageEdge.objects.get() == wrong
        assert not RebuildRun.objects.exists()

    def test_finds_nothing_to_do_after_the_refresh(self, as_alice: Client, alice: User) -> None:
        extended(alice)
        refresh(as_alice, scope="current_user")

        told = preview(as_alice, scope="current_user").json()

        assert (told["added"], told["removed"], told["unchanged"]) == (0, 0, 1)

    def test_does_not_know_the_assets_of_others(self, as_alice: Client, bob: User) -> None:
        _, theirs = extended(bob)

        answer = preview(as_alice, asset_ids=[theirs.pk]).json()

        assert (answer["results"][0]["status"], answer["added"]) == ("not_found", 0)

    def test_leaves_many_assets_to_the_worker(
        self, as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(api, "INLINE_MAX", 1)
        source, clip = extended(alice)

        answer = preview(as_alice, scope="current_user")

        assert answer.status_code == 202
        told = answer.json()["run"]
        assert (told["mode"], told["state"], told["total_count"]) == ("preview", "queued", 2)
        execute(told["id"], clock=Clock(now=timezone.now, sleep=time.sleep))
        found = as_alice.get(f"{told['url']}/findings").json()
        assert (found["total"], found["items"][0]["asset_id"]) == (1, clip.pk)
        assert found["items"][0]["added"][0]["parent"]["asset_id"] == source.pk
        assert not LineageEdge.objects.exists()

    def test_refuses_nonsense(self, as_alice: Client) -> None:
        assert preview(as_alice, asset_ids=[1], scope="current_user").status_code == 422


class TestRebuildRuns:
    @pytest.fixture
    def look(self, alice: User) -> RebuildRun:
        extended(alice)
        run = start(alice.pk, mode=RebuildMode.PREVIEW, clear_existing=True, now=NOW)
        execute(run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
        return run

    def act(self, as_alice: Client, run: RebuildRun, name: str, **body: Any) -> Any:
        return as_alice.post(f"{RUNS}/{run.pk}/{name}", body, content_type="application/json")

    def test_are_listed_newest_first(self, as_alice: Client, alice: User, bob: User) -> None:
        older, newer = (RebuildRun.objects.create(owner=alice, state="succeeded", created_at=NOW) for _ in range(2))
        RebuildRun.objects.create(owner=bob, created_at=NOW)

        answer = as_alice.get(RUNS, {"limit": 1}).json()

        assert (answer["total"], answer["limit"], [run["id"] for run in answer["items"]]) == (2, 1, [newer.pk])
        assert as_alice.get(RUNS, {"offset": 1}).json()["items"][0]["id"] == older.pk

    def test_are_cancelled_and_resumed(self, as_alice: Client, alice: User) -> None:
        run = start(alice.pk, clear_existing=True, now=NOW)

        cancelled = self.act(as_alice, run, "cancel").json()
        resumed = self.act(as_alice, run, "resume")

        assert (cancelled["state"], cancelled["is_resumable"]) == ("cancelled", True)
        assert (resumed.status_code, resumed.json()["state"]) == (202, "queued")
        assert ProcrastinateJob.objects.get(task_name="lineage.run_rebuild", args={"run_id": run.pk}).args == {
            "run_id": run.pk
        }

    def test_that_are_open_are_not_resumed(self, as_alice: Client, alice: User) -> None:
        run = start(alice.pk, clear_existing=True, now=NOW)

        answer = self.act(as_alice, run, "resume")

        assert (answer.status_code, answer.json()["code"]) == (409, "not_resumable")

    def test_come_one_at_a_time(self, as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(api, "INLINE_MAX", 1)
        run = start(alice.pk, clear_existing=True, now=NOW)
        extended(alice)

        answer = refresh(as_alice, scope="current_user")

        assert (answer.status_code, answer.json()["code"], answer.json()["run_id"]) == (409, "already_running", run.pk)
        assert not ProcrastinateJob.objects.exists()

    def test_apply_a_preview(self, as_alice: Client, look: RebuildRun) -> None:
        answer = self.act(as_alice, look, "apply")

        assert answer.status_code == 202
        assert (answer.json()["look_id"], answer.json()["total_count"]) == (look.pk, 1)
        execute(answer.json()["id"], clock=Clock(now=timezone.now, sleep=time.sleep))
        assert LineageEdge.objects.count() == 1

    def test_apply_only_what_a_preview_found(self, as_alice: Client, look: RebuildRun) -> None:
        answer = self.act(as_alice, look, "apply", asset_ids=[2**40])

        assert (answer.status_code, answer.json()["code"]) == (409, "not_applicable")

    def test_apply_no_outdated_preview(self, as_alice: Client, look: RebuildRun) -> None:
        refresh(as_alice, scope="current_user")

        answer = self.act(as_alice, look, "apply")

        assert (answer.status_code, answer.json()["code"]) == (409, "preview_outdated")

    def test_tell_of_their_problems(self, as_alice: Client, alice: User) -> None:
        quiet = AssetFactory(owner=alice)
        run = start(alice.pk, asset_ids=[quiet.pk], clear_existing=True, now=NOW)
        execute(run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))

        told = as_alice.get(f"{RUNS}/{run.pk}").json()

        assert told["problems"] == [{"asset_id": quiet.pk, "status": "no_metadata", "reason": ""}]
        assert (told["fraction"], told["noted_count"]) == (1.0, 1)
