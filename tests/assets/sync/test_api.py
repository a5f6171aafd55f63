"""Tests of the library's JSON API, over real HTTP to the sandbox."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assets.models import Asset, Reference
from config.api import api
from lineage.models import LineageEdge
from providers.base import OFFSET_MAX
from providers.models import AccountState, ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import AssetFactory, ReferenceFactory

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def dry_run(as_alice: Client, account: ProviderAccount, **query: Any) -> Any:
    return as_alice.get(f"/api/v1/providers/{account.provider_id}/accounts/{account.pk}/sync-dry-run", query)


def sync_assets(as_alice: Client, account: ProviderAccount, **body: Any) -> Any:
    address = f"/api/v1/providers/{account.provider_id}/accounts/{account.pk}/sync-assets"
    return as_alice.post(address, body, content_type="application/json")


def row_counts() -> dict[str, int]:
    """Return the number of rows in each table."""
    with connection.cursor() as cursor:
        tables = sorted(model._meta.db_table for model in apps.get_models() if model._meta.managed)
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
    return counts


def problem(answer: Any) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == answer.status_code
    assert found["title"]
    assert found["detail"]
    return found


class TestOffsets:
    """The provider takes every offset that the schema allows, and the schema refuses all others."""

    def test_up_to_the_documented_maximum_are_asked_for(self, as_alice: Client, account: ProviderAccount) -> None:
        maximum = self._documented("/providers/{provider_id}/accounts/{account_id}/sync-dry-run")

        read = dry_run(as_alice, account, offset=maximum)
        imported = sync_assets(as_alice, account, offset=maximum)

        assert (read.status_code, imported.status_code) == (200, 200)

    def test_beyond_it_are_refused_by_the_schema(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        read = dry_run(as_alice, account, offset=OFFSET_MAX + 1)
        imported = sync_assets(as_alice, account, offset=OFFSET_MAX + 1)

        assert problem(read)["code"] == problem(imported)["code"] == "invalid_request"
        assert problem(read)["errors"][0]["field"] == problem(imported)["errors"][0]["field"] == "offset"
        assert sandbox.requests == []

    def _documented(self, path: str) -> int:
        parameters = api.get_openapi_schema()["paths"][f"/api/v1{path}"]["get"]["parameters"]
        maximum: int = next(found for found in parameters if found["name"] == "offset")["schema"]["maximum"]
        return maximum


class TestScanAccountLibrary:
    def test_says_what_is_there_and_what_is_here(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sync_assets(as_alice, account, mode="videos", limit=10)

        answer = dry_run(as_alice, account, limit=20).json()

        assert answer.keys() == {"provider_id", "account_id", "limit", "offset", "videos", "images", "audio"}
        assert (answer["provider_id"], answer["account_id"]) == ("pixverse", account.pk)
        assert (answer["limit"], answer["offset"]) == (20, 0)
        assert answer["audio"] is None
        videos = answer["videos"]
        told = {"total_remote", "existing_count", "deleted_here", "scanned", "has_more", "invalid", "items"}
        assert videos.keys() == told
        assert videos["total_remote"] == 36
        assert (videos["scanned"], videos["existing_count"], videos["has_more"]) == (20, 10, True)
        assert [item["already_imported"] for item in videos["items"]] == [True] * 10 + [False] * 10
        assert videos["items"][0].keys() == {"video_id", "already_imported", "asset_id", "raw"}
        assert str(videos["items"][0]["raw"]["video_id"]) == videos["items"][0]["video_id"]
        assert Asset.objects.get(pk=videos["items"][0]["asset_id"]).provider_asset_id == videos["items"][0]["video_id"]
        assert answer["images"]["items"][0].keys() == {"image_id", "already_imported", "asset_id", "raw"}
        assert answer["images"]["total_remote"] == 23

    def test_starts_at_the_offset(self, as_alice: Client, account: ProviderAccount) -> None:
        whole = dry_run(as_alice, account, limit=36).json()["videos"]["items"]

        window = dry_run(as_alice, account, limit=6, offset=30).json()["videos"]

        assert window["items"] == whole[30:]
        assert window["has_more"] is False

    def test_leaves_out_images(self, as_alice: Client, account: ProviderAccount) -> None:
        answer = dry_run(as_alice, account, limit=1, include_images="false", include_audio="true").json()

        assert answer["images"] is None
        assert answer["audio"]["items"][0].keys() == {"audio_id", "already_imported", "asset_id", "raw"}

    def test_calls_a_stub_not_imported(self, as_alice: Client, account: ProviderAccount, alice: User) -> None:
        item = dry_run(as_alice, account, limit=1).json()["videos"]["items"][0]
        stub = AssetFactory(owner=alice, is_stub=True, provider_asset_id=item["video_id"])
        ReferenceFactory(asset=stub)

        again = dry_run(as_alice, account, limit=1).json()["videos"]

        assert again["existing_count"] == 0
        assert again["items"][0]["asset_id"] == stub.pk
        assert again["items"][0]["already_imported"] is False

    @pytest.mark.django_db(transaction=True)
    def test_writes_nothing(self, as_alice: Client, account: ProviderAccount) -> None:
        sync_assets(as_alice, account, mode="videos", limit=10, create_lineage=True)
        before = row_counts()

        with CaptureQueriesContext(
            connection,
        ) as statements:
            dry_run(as_alice, account, limit=200)

        assert row_counts() == before
        assert any("READ ONLY" in statement["sql"] for statement in statements)
        written = [
            found["sql"] for found in statements if not found["sql"].startswith(("SELECT", "SET", "BEGIN", "COMMIT"))
        ]
        assert written == []

    @pytest.mark.parametrize(
        "query",
        [
            {"limit": 0},
            {"limit": 201},
            {"limit": "ten"},
            {"offset": -1},
            {"offset": 2**63},
            {"include_images": "maybe"},
        ],
        ids=str,
    )
    def test_refuses_a_window_out_of_bounds(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, query: dict[str, Any]
    ) -> None:
        answer = dry_run(as_alice, account, **query)

        assert problem(answer)["code"] == "invalid_request"
        assert problem(answer)["errors"][0]["field"] == next(iter(query))
        assert sandbox.requests == []

    def test_takes_the_bounds_themselves(self, as_alice: Client, account: ProviderAccount) -> None:
        assert dry_run(as_alice, account, limit=1).status_code == 200
        assert dry_run(as_alice, account, limit=200).status_code == 200


class TestImportAccountLibrary:
    def test_brings_in_what_is_missing(self, as_alice: Client, account: ProviderAccount) -> None:
        first = sync_assets(as_alice, account, mode="both", limit=500)
        again = sync_assets(as_alice, account, mode="both", limit=500)

        assert first.status_code == 200
        assert first.json().keys() == {"provider_id", "account_id", "videos", "images", "audio"}
        assert first.json()["audio"] is None
        videos = first.json()["videos"]
        assert (videos["created"], videos["skipped_existing"], videos["completed"]) == (36, 0, 0)
        assert (videos["invalid"], videos["total_remote"], videos["has_more"]) == ([], 36, False)
        assert again.json()["videos"]["created"] == 0
        assert again.json()["videos"]["skipped_existing"] == 36
        assert Counter(Asset.objects.values_list("media_type", flat=True)) == {"video": 36, "image": 23}

    @pytest.mark.parametrize(
        ("mode", "asked"),
        [
            ("videos", {"videos"}),
            ("images", {"images"}),
            ("audio", {"audio"}),
            ("both", {"videos", "images"}),
            ("all", {"videos", "images", "audio"}),
        ],
    )
    def test_reads_only_what_was_asked_for(
        self, as_alice: Client, account: ProviderAccount, mode: str, asked: set[str]
    ) -> None:
        answer = sync_assets(as_alice, account, mode=mode, limit=1).json()

        assert {name for name in ("videos", "images", "audio") if answer[name] is not None} == asked

    def test_makes_no_lineage(self, as_alice: Client, account: ProviderAccount) -> None:
        sync_assets(as_alice, account, mode="all", limit=500)

        assert LineageEdge.objects.count() == 0
        assert Asset.objects.filter(is_stub=True).count() == 0

    def test_makes_lineage_when_asked_to(self, as_alice: Client, account: ProviderAccount) -> None:
        sync_assets(as_alice, account, mode="all", limit=500, create_lineage=True)

        assert LineageEdge.objects.count() > 0

    def test_completes_stubs(self, as_alice: Client, account: ProviderAccount) -> None:
        sync_assets(as_alice, account, mode="videos", limit=500, create_lineage=True)
        stubs = Asset.objects.filter(is_stub=True, media_type="image").count()

        answer = sync_assets(as_alice, account, mode="images", limit=500).json()["images"]

        assert stubs > 0
        assert 0 < answer["completed"] <= stubs
        assert answer["created"] + answer["completed"] == 23

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"mode": "nonsense"}, "mode"),
            ({"mode": None}, "mode"),
            ({"mode": "videos", "limit": 0}, "limit"),
            ({"mode": "videos", "limit": 501}, "limit"),
            ({"mode": "videos", "limit": "many"}, "limit"),
            ({"mode": "videos", "offset": -1}, "offset"),
            ({"mode": "videos", "create_lineage": "perhaps"}, "create_lineage"),
            ({"mode": "videos", "limt": 5}, "limt"),
        ],
        ids=str,
    )
    def test_refuses_what_it_does_not_understand(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, body: dict[str, Any], field: str
    ) -> None:
        answer = sync_assets(as_alice, account, **body)

        assert problem(answer)["code"] == "invalid_request"
        assert problem(answer)["errors"][0]["field"] == field
        assert sandbox.requests == []
        assert Asset.objects.count() == 0

    def test_keeps_one_list_when_another_fails(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add({"name": "auth_expired", "tab": "image"})

        answer = sync_assets(as_alice, account, mode="both", limit=500)

        assert answer.status_code == 200
        assert answer.json()["videos"]["created"] == 36
        assert answer.json()["videos"]["error"] is None
        assert answer.json()["images"]["created"] == 0
        assert answer.json()["images"]["has_more"] is None
        assert answer.json()["images"]["error"]["code"] == "provider_authentication"
        assert answer.json()["images"]["error"]["next_step"]
        assert Asset.objects.count() == 36

    def test_names_each_rotten_item_and_keeps_the_rest(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add({"name": "malformed_item", "kind": "no_id", "tab": "video"})

        answer = sync_assets(as_alice, account, mode="videos", limit=10).json()["videos"]

        assert (answer["scanned"], answer["created"]) == (10, 9)
        assert answer["invalid"][0].keys() == {"id", "reason"}
        assert answer["invalid"][0]["reason"]
        assert Asset.objects.count() == 9


# What the provider does, and how the API must say it.
FAILURES = [
    pytest.param("auth_expired", 401, "provider_authentication", AccountState.NEEDS_SIGN_IN, id="dead token"),
    pytest.param({"name": "error", "code": 500043}, 402, "provider_quota", AccountState.NO_CREDIT, id="no credits"),
    pytest.param("http_429", 429, "provider_rate_limited", AccountState.UNTESTED, id="too many requests"),
    pytest.param("http_503", 503, "provider_unavailable", AccountState.UNREACHABLE, id="provider down"),
    pytest.param("http_502_html", 503, "provider_unavailable", AccountState.UNREACHABLE, id="HTML 502"),
    pytest.param("cut", 503, "provider_unavailable", AccountState.UNREACHABLE, id="cut connection"),
    pytest.param("truncated_json", 502, "provider_protocol", AccountState.UNREACHABLE, id="truncated JSON"),
    pytest.param("resp_wrong", 502, "provider_protocol", AccountState.UNREACHABLE, id="wrong Resp"),
]


@pytest.mark.parametrize(("fault", "status", "code", "state"), FAILURES)
class TestAFailingProvider:
    def test_fails_a_scan(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, fault: Any, status: int, code: str,
        state: AccountState,
    ) -> None:  # fmt: skip
        before = row_counts()
        sandbox.faults.add(fault)

        answer = dry_run(as_alice, account)

        assert (answer.status_code, problem(answer)["code"]) == (status, code)
        assert problem(answer)["next_step"]
        assert row_counts() == before
        account.refresh_from_db()
        assert account.state == state

    def test_fails_an_import(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, fault: Any, status: int, code: str,
        state: AccountState,
    ) -> None:  # fmt: skip
        before = row_counts()
        sandbox.faults.add(fault)

        answer = sync_assets(as_alice, account, mode="both")

        assert (answer.status_code, problem(answer)["code"]) == (status, code)
        assert row_counts() == before
        assert sandbox.access_key not in answer.content.decode()


class TestAStrangeProvider:
    def test_is_an_empty_library_when_it_says_null(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add("resp_null")

        answer = dry_run(as_alice, account).json()["videos"]

        assert (answer["scanned"], answer["items"], answer["has_more"]) == (0, [], False)

    def test_answers_with_a_page_for_people(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        before = row_counts()
        sandbox.faults.add("http_403_html")

        answer = sync_assets(as_alice, account, mode="videos")

        assert problem(answer)["code"] == "provider_permission"
        assert "<html>" not in answer.content.decode()
        assert row_counts() == before

    def test_is_not_there_at_all(self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer) -> None:
        before = row_counts()
        sandbox.stop()

        answer = dry_run(as_alice, account)

        assert (answer.status_code, problem(answer)["code"]) == (503, "provider_unavailable")
        assert "127.0.0.1" not in answer.content.decode()
        assert row_counts() == before


class TestTheAccountsPace:
    @pytest.mark.parametrize("ask", [dry_run, sync_assets], ids=["scan", "import"])
    def test_is_kept_over_all_lists(
        self,
        as_alice: Client,
        account: ProviderAccount,
        sandbox: SandboxServer,
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
        ask: Any,
    ) -> None:
        settings.SYNC_REQUESTS_PER_SECOND = 0.1
        slept: list[float] = []
        monkeypatch.setattr("time.sleep", slept.append)

        ask(as_alice, account, limit=20)

        assert len(slept) == len(sandbox.requests) - 1 > 1


class TestADisabledAccount:
    def test_is_not_read(self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer) -> None:
        ProviderAccount.objects.filter(pk=account.pk).update(is_enabled=False)

        answer = sync_assets(as_alice, account, mode="videos")

        assert (answer.status_code, problem(answer)["code"]) == (409, "account_disabled")
        assert sandbox.requests == []


class TestAnAccountOfAnotherProvider:
    def test_is_not_found(self, as_alice: Client, account: ProviderAccount) -> None:
        ProviderAccount.objects.filter(pk=account.pk).update(provider_id="another")

        answer = as_alice.get(f"/api/v1/providers/pixverse/accounts/{account.pk}/sync-dry-run")

        assert problem(answer)["code"] == "not_found"


class TestTheImportedNames:
    def test_are_listed_with_the_asset(self, as_alice: Client, account: ProviderAccount) -> None:
        sync_assets(as_alice, account, mode="videos", limit=36)
        asset = Asset.objects.filter(status="completed")[0]

        found = as_alice.get(f"/api/v1/assets/{asset.pk}").json()

        assert len(found["references"]) == Reference.objects.filter(asset=asset).count() > 1
