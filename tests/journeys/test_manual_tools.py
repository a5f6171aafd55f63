"""Scan, import, rebuild: the walk of a person through the manual tools, with and without htmx."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from assets.models import Asset
from lineage.models import LineageEdge, RebuildRun
from providers.models import ProviderAccount
from providers.sandbox.server import SandboxServer
from tests.factories import AccountFactory, AssetFactory
from tests.journeys.walking import HTMX, walk, walk_token

DOORS = pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])


def remote_totals(sandbox: SandboxServer) -> list[tuple[str, int]]:
    """How many items the provider itself says it holds, by the word the page uses."""
    kinds = Counter(item["media_type"] for item in sandbox.library.describe(0, 10_000))
    return [("Videos", kinds["video"]), ("Images", kinds["image"]), ("Audio", kinds["audio"])]


class TestTheWalk:
    @DOORS
    def test_scans_the_whole_library_and_writes_nothing(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, headers: dict[str, str]
    ) -> None:
        pages = walk(as_alice, "assets:scan", account.pk, headers=headers)

        assert len(pages) > 1
        for word, count in remote_totals(sandbox):
            assert f"{word}: {count} remote / 0 imported" in pages[-1]
        assert not Asset.objects.exists()

    @DOORS
    def test_imports_what_is_missing_and_scans_again(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, headers: dict[str, str]
    ) -> None:
        pages = walk(as_alice, "assets:import_missing", account.pk, headers=headers)

        for word, count in remote_totals(sandbox):
            assert f"{word}: {count} remote / {count} imported" in pages[-1]
        assert any("Imported 240 new, 0 already here, 0 invalid" in page for page in pages)
        assert Asset.objects.listed().count() == 240

    def test_says_that_a_second_import_brought_nothing(self, as_alice: Client, account: ProviderAccount) -> None:
        walk(as_alice, "assets:import_missing", account.pk, headers=HTMX)

        pages = walk(as_alice, "assets:import_missing", account.pk, headers=HTMX)

        assert any("Imported 0 new, 240 already here, 0 invalid" in page for page in pages)

    def test_creates_lineage_when_asked(self, as_alice: Client, account: ProviderAccount) -> None:
        walk(as_alice, "assets:import_missing", account.pk, headers=HTMX, create_lineage="true")

        assert LineageEdge.objects.exists()

    def test_creates_none_unless_asked(self, as_alice: Client, account: ProviderAccount) -> None:
        walk(as_alice, "assets:import_missing", account.pk, headers=HTMX)

        assert not LineageEdge.objects.exists()

    def test_says_how_far_it_is(self, as_alice: Client, account: ProviderAccount) -> None:
        pages = walk(as_alice, "assets:scan", account.pk, headers=HTMX)

        assert re.search(r"\d+ of 240 scanned", pages[0])
        assert "Cancel" in pages[0]

    @DOORS
    def test_rebuilds_lineage_and_says_what_changed(
        self, as_alice: Client, account: ProviderAccount, headers: dict[str, str]
    ) -> None:
        walk(as_alice, "assets:import_missing", account.pk, headers=HTMX)

        page = as_alice.post(reverse("lineage:rebuild"), {"provider_id": "pixverse"}, headers=headers)

        count = LineageEdge.objects.count()
        assert f"240 assets: {count} new, 0 removed, 0 unchanged" in page.content.decode()

    def test_counts_what_is_here_before_any_scan(self, as_alice: Client, alice: User, account: ProviderAccount) -> None:
        AssetFactory.create_batch(2, owner=alice, account=account)
        AssetFactory(owner=alice, account=account, is_stub=True)

        page = as_alice.get(reverse("assets:report"), {"account": account.pk}, headers=HTMX).content.decode()

        assert "Videos: not scanned yet / 2 imported" in page
        assert "Images: not scanned yet / 0 imported" in page


class TestWhenTheProviderFails:
    @DOORS
    @pytest.mark.parametrize("name", ["assets:scan", "assets:import_missing"])
    def test_says_what_went_wrong_and_what_to_do(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, name: str, headers: dict[str, str]
    ) -> None:
        sandbox.faults.add({"name": "auth_expired"})

        response = as_alice.post(reverse(name), {"account": account.pk}, headers=headers)

        assert response.status_code == 422
        assert "The provider does not accept this sign-in" in response.content.decode()
        assert reverse("providers:change", args=[account.pk]) in response.content.decode()

    def test_goes_on_from_where_it_stopped(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add({"name": "http_502_html", "path": "/library/list", "after": 6})
        failed = as_alice.post(reverse("assets:import_missing"), {"account": account.pk}, headers=HTMX)
        while failed.status_code == 200:
            posted = {"account": account.pk, "walk": walk_token(failed.content.decode())}
            failed = as_alice.post(reverse("assets:import_missing"), posted, headers=HTMX)
        sandbox.faults.clear()

        pages = walk(
            as_alice, "assets:import_missing", account.pk, headers=HTMX, walk=walk_token(failed.content.decode())
        )

        assert "Go on from here" in failed.content.decode()
        assert any("Imported 240 new, 0 already here, 0 invalid" in page for page in pages)

    def test_lists_what_could_not_be_read(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add({"name": "rotten_item", "times": 1})

        pages = walk(as_alice, "assets:import_missing", account.pk, headers=HTMX)

        assert "1 invalid" in pages[-1]
        assert "1 item could not be read" in pages[-1]

    def test_refuses_a_disabled_account(self, as_alice: Client, account: ProviderAccount) -> None:
        ProviderAccount.objects.filter(pk=account.pk).update(is_enabled=False)

        response = as_alice.post(reverse("assets:scan"), {"account": account.pk}, headers=HTMX)

        assert response.status_code == 422
        assert "The account is disabled" in response.content.decode()


class TestNonsense:
    @pytest.mark.parametrize("walk_field", ["x", "a:b:c", "{}", "\x00", "é" * 50], ids=str)
    def test_in_the_position_is_refused(self, as_alice: Client, account: ProviderAccount, walk_field: str) -> None:
        response = as_alice.post(reverse("assets:scan"), {"account": account.pk, "walk": walk_field}, headers=HTMX)

        assert response.status_code == 422
        assert "This step cannot be taken" in response.content.decode()

    @pytest.mark.parametrize("account_field", ["", "x", "-1", "9" * 40], ids=str)
    def test_in_the_account_is_refused(self, as_alice: Client, account_field: str) -> None:
        response = as_alice.post(reverse("assets:scan"), {"account": account_field}, headers=HTMX)

        assert response.status_code in (404, 422)

    def test_a_position_of_another_account_is_refused(
        self, as_alice: Client, alice: User, account: ProviderAccount
    ) -> None:
        first = as_alice.post(reverse("assets:scan"), {"account": account.pk}, headers=HTMX)
        other = AccountFactory(owner=alice)

        response = as_alice.post(
            reverse("assets:scan"), {"account": other.pk, "walk": walk_token(first.content.decode())}, headers=HTMX
        )

        assert response.status_code == 422

    def test_a_scan_is_not_taken_for_an_import(self, as_alice: Client, account: ProviderAccount) -> None:
        first = as_alice.post(reverse("assets:scan"), {"account": account.pk}, headers=HTMX)

        response = as_alice.post(
            reverse("assets:import_missing"),
            {"account": account.pk, "walk": walk_token(first.content.decode())},
            headers=HTMX,
        )

        assert response.status_code == 422

    @pytest.mark.parametrize("posted", [{}, {"provider_id": "nobody"}, {"asset_id": "x"}], ids=str)
    def test_in_a_rebuild_is_refused(self, as_alice: Client, posted: dict[str, str]) -> None:
        response = as_alice.post(reverse("lineage:rebuild"), posted, headers=HTMX)

        assert response.status_code == 422


class TestNotYours:
    @pytest.mark.parametrize("name", ["assets:scan", "assets:import_missing"])
    def test_is_404(self, as_alice: Client, bob: User, name: str) -> None:
        theirs = AccountFactory(owner=bob)

        response = as_alice.post(reverse(name), {"account": theirs.pk})

        assert response.status_code == 404

    def test_report_is_404(self, as_alice: Client, bob: User) -> None:
        theirs = AccountFactory(owner=bob)

        assert as_alice.get(reverse("assets:report"), {"account": theirs.pk}).status_code == 404


class TestALargeLibrary:
    def test_is_rebuilt_by_the_worker(self, as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("lineage.views.INLINE_MAX", 1)
        AssetFactory.create_batch(2, owner=alice)

        page = as_alice.post(reverse("lineage:rebuild"), {"provider_id": "pixverse"}, headers=HTMX)

        run = RebuildRun.objects.get()
        assert reverse("lineage:run", args=[run.pk]) in page.content.decode()
        assert "every 2s" in page.content.decode()

    def test_leads_to_the_run_without_htmx(
        self, as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lineage.views.INLINE_MAX", 1)
        AssetFactory.create_batch(2, owner=alice)

        response = as_alice.post(reverse("lineage:rebuild"), {"provider_id": "pixverse"}, follow=True)

        assert response.status_code == 200
        assert "Waiting: 0 of 2 assets" in response.content.decode()

    @pytest.mark.parametrize(
        ("state", "status"), [("queued", 200), ("running", 200), ("succeeded", 286), ("failed", 286)]
    )
    def test_stops_polling_when_the_run_is_over(self, as_alice: Client, alice: User, state: str, status: int) -> None:
        run = RebuildRun.objects.create(owner=alice, state=state, total_count=2, created_at="2026-11-01T12:00Z")

        response = as_alice.get(reverse("lineage:run", args=[run.pk]), headers=HTMX)

        assert response.status_code == status

    def test_of_somebody_else_is_404(self, as_alice: Client, bob: User) -> None:
        run = RebuildRun.objects.create(owner=bob, total_count=2, created_at="2026-11-01T12:00Z")

        assert as_alice.get(reverse("lineage:run", args=[run.pk])).status_code == 404
