"""The library as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assets.models import AssetMerge
from tests.assets.sync.test_api import NOW, problem
from tests.factories import AccountFactory, AssetFactory, EdgeFactory, ReferenceFactory


class TestListAssets:
    def test_pages_through_the_library_newest_first(self, as_alice: Client, alice: User) -> None:
        made = [AssetFactory(owner=alice, provider_created_at=NOW - timedelta(days=day)).pk for day in range(5)]

        first = as_alice.get("/api/v1/assets", {"limit": 2}).json()
        second = as_alice.get("/api/v1/assets", {"limit": 2, "cursor": first["next_cursor"]}).json()
        last = as_alice.get("/api/v1/assets", {"limit": 2, "cursor": second["next_cursor"]}).json()
        back = as_alice.get("/api/v1/assets", {"limit": 2, "cursor": second["previous_cursor"]}).json()

        assert [item["id"] for page in (first, second, last) for item in page["items"]] == made
        assert first["previous_cursor"] is None
        assert last["next_cursor"] is None
        assert [item["id"] for item in back["items"]] == made[:2]
        assert first["limit"] == 2
        assert first["total"] is None

    def test_counts_when_asked_to(self, as_alice: Client, alice: User) -> None:
        AssetFactory.create_batch(3, owner=alice)
        AssetFactory()

        assert as_alice.get("/api/v1/assets", {"limit": "1", "with_total": "true"}).json()["total"] == 3

    @pytest.mark.parametrize(
        "query",
        [
            {"media_type": "image"},
            {"operation_type": "video_extend"},
            {"status": "failed"},
            {"q": "lighthouse"},
            {"made_before": "2026-01-02"},
            {"lineage": "related"},
            {"provider_id": "other"},
        ],
        ids=str,
    )
    def test_filters(self, as_alice: Client, alice: User, query: dict[str, str]) -> None:
        AssetFactory(owner=alice)
        wanted = AssetFactory(
            owner=alice,
            provider_id="other",
            media_type="image",
            operation_type="video_extend",
            status="failed",
            prompt="a lighthouse",
            provider_created_at=datetime(2026, 1, 2, 23, tzinfo=UTC),
        )
        EdgeFactory(parent=AssetFactory(owner=alice, is_stub=True), child=wanted)

        items = as_alice.get("/api/v1/assets", query).json()["items"]

        assert [item["id"] for item in items] == [wanted.pk]

    def test_filters_by_account(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice)
        wanted = AssetFactory(owner=alice, account=account)
        AssetFactory(owner=alice)

        items = as_alice.get("/api/v1/assets", {"account_id": account.pk}).json()["items"]

        assert [item["id"] for item in items] == [wanted.pk]

    def test_shows_stubs_only_when_asked_to(self, as_alice: Client, alice: User) -> None:
        AssetFactory(owner=alice, is_stub=True)

        assert as_alice.get("/api/v1/assets").json()["items"] == []
        assert len(as_alice.get("/api/v1/assets", {"include_stubs": "true"}).json()["items"]) == 1

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"limit": 0}, "limit"),
            ({"limit": 201}, "limit"),
            ({"cursor": "nonsense"}, "cursor"),
            ({"cursor": "WyJuZXh0IiwgIjIwMjYtMTEtMDFUMTI6MDA6MDArMDA6MDAiLCBJbmZpbml0eV0"}, "cursor"),
            ({"cursor": "\x00"}, "cursor"),
            ({"cursor": "WyJuZXh0IiwgIjk5OTktMTItMzFUMjM6NTk6MDAtMjM6NTkiLCAxXQ"}, "cursor"),
            ({"media_type": "smell"}, "media_type"),
            ({"operation_type": "\x00"}, "operation_type"),
            ({"provider_id": "\x00"}, "provider_id"),
            ({"account_id": "first"}, "account_id"),
            ({"account_id": 2**63}, "account_id"),
            ({"lineage": "some"}, "lineage"),
            ({"made_after": "yesterday"}, "made_after"),
            ({"sort": "prettiest"}, "sort"),
        ],
        ids=str,
    )
    def test_refuses_nonsense(self, as_alice: Client, query: dict[str, Any], field: str) -> None:
        answer = as_alice.get("/api/v1/assets", query)

        assert answer.status_code == (404 if field == "cursor" else 422)
        assert problem(answer)["errors"][0]["field"] == field

    @pytest.mark.parametrize(
        "query", [{"q": "\x00 ' & | ! :*"}, {"made_before": "9999-12-31"}, {"made_after": "0001-01-01"}], ids=str
    )
    def test_survives_odd_filters(self, as_alice: Client, alice: User, query: dict[str, str]) -> None:
        AssetFactory(owner=alice)

        assert as_alice.get("/api/v1/assets", query).status_code == 200

    def test_asks_the_database_as_often_for_two_as_for_twenty(self, as_alice: Client, alice: User) -> None:
        AssetFactory.create_batch(20, owner=alice, account=AccountFactory(owner=alice))

        with CaptureQueriesContext(connection) as for_two:
            as_alice.get("/api/v1/assets", {"limit": 2})
        with CaptureQueriesContext(connection) as for_twenty:
            as_alice.get("/api/v1/assets", {"limit": 20})

        assert len(for_two) == len(for_twenty)
        assert all('"media_metadata"' not in statement["sql"] for statement in for_twenty)


class TestGetAsset:
    def test_tells_all_about_one(self, as_alice: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice, media_metadata={"quality": "720p", "seed": 7, "style": "", "url": "x"})
        ReferenceFactory(asset=asset, kind="path", value="heard/of.mp4", is_indirect=True)
        ReferenceFactory(asset=asset)
        EdgeFactory(parent=AssetFactory(owner=alice), child=asset)
        AssetMerge.objects.create(
            owner=alice, survivor=asset, absorbed_id=99, absorbed_provider_asset_id="12", merged_at=NOW
        )

        found = as_alice.get(f"/api/v1/assets/{asset.pk}").json()

        assert found["id"] == asset.pk
        assert found["provider_asset_id"] == asset.provider_asset_id
        assert [name["kind"] for name in found["references"]] == ["id", "path"]
        assert found["references"][1]["is_indirect"] is True
        assert found["references"][1]["is_hearsay"] is True
        assert found["parameters"] == {"quality": "720p", "seed": 7}
        assert found["media_metadata"] == {"quality": "720p", "seed": 7, "style": "", "url": "x"}
        assert (found["parent_count"], found["child_count"]) == (1, 0)
        assert found["merges"][0]["absorbed_provider_asset_id"] == "12"

    @pytest.mark.parametrize("asset_id", ["0", "-1", "x", "1.5", str(2**63), str(2**70), "%00"])
    def test_knows_no_such_id(self, as_alice: Client, asset_id: str) -> None:
        answer = as_alice.get(f"/api/v1/assets/{asset_id}")

        assert answer.status_code in (404, 422)
        assert problem(answer)["code"] in ("not_found", "invalid_request")
