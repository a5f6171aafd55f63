"""A provider whose rows hold what no column holds: each costs a field, never the page, the run or the library."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.test import Client

from assets.models import Asset, SyncProblem
from lineage.models import LineageEdge
from lineage.rebuild.batch import RebuildStatus
from lineage.rebuild.preview import preview
from providers.models import ProviderAccount
from tests.factories import NOW, AccountFactory
from tests.journeys.walking import start, work
from tests.payloads import video
from tests.providers.answering import AnsweringServer, Told

GOOD, CHILD, FIRST_ROTTEN = 4_000_000_000_001, 4_000_000_000_002, 4_000_000_000_003
NINES = "9" * 400
DEEP = "[" * 5_000 + "]" * 5_000

VALUES = {
    "duration of 400 nines": f'"duration": {NINES}',
    "integer of 5,000 digits": f'"likes": {"9" * 5_000}',
    "an infinite number": '"duration": 1e999, "output_width": -1e999',
    "a large number": '"duration": 1e300, "seed": 12345678901234567890123',
    "a long status": f'"video_status": {NINES}, "asset_type": {NINES}',
    "lists in lists": f'"extra": {DEEP}',
    "lineage in lists": f'"customer_paths": {{"customer_img_paths": {DEEP}, "prompts": {NINES}}}',
    "lineage of numbers": f'"original_video_id": {NINES}, "customer_video_duration": {NINES}, "create_mode": "extend"',
    "half a character": r'"prompt": "half \ud83c of a pair", "model": "\u0000"',
    "a key of nothing": r'"\u0000": 1, "\ud800": 2, "": 3',
    "a key twice": '"prompt": "a", "prompt": 7, "url": null, "url": [1e999]',
    "not a number": '"duration": NaN, "output_height": -Infinity',
    "a date of numbers": f'"created_at": {NINES}, "create_time": 1e999',
    "bytes that are no text": '"prompt": "caf\udce9"',
    "control characters": '"prompt": "a\nb\tc\x01"',
}


ROTTEN = range(FIRST_ROTTEN, FIRST_ROTTEN + len(VALUES))


class RottenServer(AnsweringServer):
    """A library of one page: two sound videos, the second made from the first, and one row for each rotten value."""

    def __init__(self, *, total: str = "17", credit: str = "7") -> None:
        super().__init__(Told())
        child = video(2, original_video_id=GOOD, create_mode="extend")
        rows = [orjson.dumps(row).decode() for row in (video(1), child)]
        rows += [
            f'{{"video_id": {number}, "video_path": "upload/{number}.mp4", {value}}}'
            for number, value in zip(ROTTEN, VALUES.values(), strict=True)
        ]
        self._videos = f'{{"data": [{", ".join(rows)}], "total": {total}, "has_more": false, "next_offset": {NINES}}}'
        self._credits = f'{{"credit_daily": {credit}, "credit_monthly": 5}}'

    def next(self) -> Told:
        """Return the videos that were made, the credits, or nothing."""
        asked = self.asked[-1]
        resp = '{"data": [], "total": 0}'
        if asked.path.endswith("/credits"):
            resp = self._credits
        elif asked.path.endswith("/list") and (asked.body or {}).get("tab") == "video":
            resp = self._videos if asked.body["asset_source"] == 1 and not asked.body["filter"] else resp
        return Told(f'{{"ErrCode": 0, "ErrMsg": "", "Resp": {resp}}}'.encode("utf-8", "surrogateescape"))


def connect(owner: User, settings: Any, server: AnsweringServer) -> ProviderAccount:
    host = server.url.removeprefix("http://")
    settings.STEMMA_PRIVATE_HOSTS, settings.SYNC_REQUESTS_PER_SECOND = [host], 0
    account: ProviderAccount = AccountFactory(owner=owner, base_url=server.url)
    return account


class TestRottenValues:
    def test_cost_a_field_in_every_step(self, as_alice: Client, alice: User, settings: Any) -> None:
        with RottenServer() as server:
            account = connect(alice, settings, server)
            run = work(start(as_alice, "assets:import_missing", account.pk, headers={}, create_lineage="on"))
            stored = list(Asset.objects.order_by("pk").values())
            again = work(start(as_alice, "assets:import_missing", account.pk, headers={}, create_lineage="on"))

        assert (run.state, again.state, SyncProblem.objects.count()) == ("succeeded", "succeeded", 0)
        here = Asset.objects.filter(is_stub=False).order_by("pk")
        assert set(here.values_list("provider_asset_id", flat=True)) == {str(it) for it in (GOOD, CHILD, *ROTTEN)}
        assert list(Asset.objects.order_by("pk").values()) == stored
        assert LineageEdge.objects.get(child__provider_asset_id=CHILD).parent.provider_asset_id == str(GOOD)
        ids = list(here.values_list("pk", flat=True))
        found = preview(alice.pk, asset_ids=ids, clear_existing=True, now=NOW)
        assert {(asset.status, asset.is_changed) for asset in found} == {(RebuildStatus.OK, False)}
        rebuilt = as_alice.post(
            "/api/v1/assets/lineage/refresh",
            {"asset_ids": ids, "clear_existing": True},
            content_type="application/json",
        )
        assert {result["status"] for result in rebuilt.json()["results"]} == {"ok"}
        assert {as_alice.get(f"/assets/{pk}/").status_code for pk in ids} == {200}
        assert {as_alice.get(f"/assets/{pk}/lineage/").status_code for pk in ids} == {200}
        assert {as_alice.get(f"/api/v1/assets/{pk}").status_code for pk in ids} == {200}
        assert as_alice.get("/").status_code == 200


class TestRottenCounts:
    @pytest.mark.parametrize("total", ["1000000000000", NINES, "1e999", "-1", '"many"'])
    def test_of_the_list_cost_the_total(self, as_alice: Client, alice: User, settings: Any, total: str) -> None:
        with RottenServer(total=total) as server:
            account = connect(alice, settings, server)
            window = f"/api/v1/providers/pixverse/accounts/{account.pk}/sync-dry-run"
            scanned = as_alice.get(window, {"include_images": "false"})

            run = work(start(as_alice, "assets:import_missing", account.pk, headers={}))

        assert (run.state, Asset.objects.count()) == ("succeeded", 2 + len(VALUES))
        assert (scanned.status_code, len(scanned.json()["videos"]["items"])) == (200, 2 + len(VALUES))

    @pytest.mark.parametrize("credit", ["1" + "0" * 400, "1e999", "9" * 5_000, "NaN", DEEP, "-1e300"])
    def test_of_credits_cost_one_balance(self, as_alice: Client, alice: User, settings: Any, credit: str) -> None:
        with RottenServer(credit=credit) as server:
            account = connect(alice, settings, server)
            answer = as_alice.post(f"/api/v1/providers/pixverse/accounts/{account.pk}/test")

        balances = {balance["kind"]: balance["amount"] for balance in answer.json()["account"]["balances"]}
        assert (answer.status_code, balances["daily"], balances["monthly"]) == (200, None, 5)
