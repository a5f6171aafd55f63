"""Scan, import, rebuild: the walk of a person through the manual tools, with and without htmx."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from assets.models import Asset, SyncRun
from lineage.models import LineageEdge, RebuildRun
from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import AccountFactory, AssetFactory
from tests.journeys.walking import HTMX, look, report, start, work

DOORS = pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])


def remote_totals(sandbox: SandboxServer) -> list[tuple[str, int]]:
    """Count the items at the provider, by the word that the page uses."""
    kinds = Counter(item["media_type"] for item in sandbox.library.describe(0, 10_000))
    return [("Videos", kinds["video"]), ("Images", kinds["image"]), ("Audio", kinds["audio"])]


class TestTheWalk:
    @DOORS
    def test_scans_the_whole_library_and_writes_nothing(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, headers: dict[str, str]
    ) -> None:
        work(start(as_alice, "assets:scan", account.pk, headers=headers))

        page = report(as_alice, account.pk)

        for word, count in remote_totals(sandbox):
            assert f"{word}: {count} remote / 0 imported" in page
        assert not Asset.objects.exists()

    @DOORS
    def test_imports_what_is_missing_and_knows_the_counts(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, headers: dict[str, str]
    ) -> None:
        run = work(start(as_alice, "assets:import_missing", account.pk, headers=headers))

        page = report(as_alice, account.pk)

        for word, count in remote_totals(sandbox):
            assert f"{word}: {count} remote / {count} imported" in page
        told = look(as_alice, run, headers=HTMX)
        videos, images = (Asset.objects.listed().filter(media_type=kind).count() for kind in ("video", "image"))
        assert f"Imported {videos} videos, {images} images" in told
        assert "0 already imported, 0 unreadable" in told
        assert Asset.objects.listed().count() == 240

    def test_says_that_a_second_import_brought_nothing(self, as_alice: Client, account: ProviderAccount) -> None:
        work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))

        again = work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))

        assert "Imported 0 videos, 0 images · 240 already imported, 0 unreadable" in look(as_alice, again, headers=HTMX)

    def test_reads_only_what_is_new_when_asked(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))

        run = work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX, mode="incremental"))

        page = look(as_alice, run, headers={})
        assert run.mode == "incremental"
        assert "Run a full import" in page
        for word, count in remote_totals(sandbox):
            assert f"{word}: {count} remote / {count} imported" in report(as_alice, account.pk)

    def test_creates_lineage_when_asked(self, as_alice: Client, account: ProviderAccount) -> None:
        work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX, create_lineage="true"))

        assert LineageEdge.objects.exists()

    def test_creates_none_unless_asked(self, as_alice: Client, account: ProviderAccount) -> None:
        work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))

        assert not LineageEdge.objects.exists()

    @DOORS
    def test_rebuilds_lineage_and_says_what_changed(
        self, as_alice: Client, account: ProviderAccount, headers: dict[str, str]
    ) -> None:
        work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))

        page = as_alice.post(reverse("lineage:rebuild"), {"provider_id": "pixverse"}, headers=headers, follow=True)

        run, count = RebuildRun.objects.get(), LineageEdge.objects.count()
        assert "240 of 240 assets" in page.content.decode()
        assert f"Lineage rebuilt: {count:,} new, 0 removed" in page.content.decode()
        assert (run.state, run.done_count, run.new_edges, run.removed_edges) == ("succeeded", 240, count, 0)

    def test_counts_what_is_here_before_any_scan(self, as_alice: Client, alice: User, account: ProviderAccount) -> None:
        AssetFactory.create_batch(2, owner=alice, account=account)
        AssetFactory(owner=alice, account=account, is_stub=True)

        page = report(as_alice, account.pk)

        assert "Videos: not scanned yet / 2 imported" in page
        assert "Images: not scanned yet / 0 imported" in page


def primary(page: str) -> list[str]:
    """The labels of the primary buttons and links of a page."""
    found = re.findall(r'<(?:a|button)[^>]*class="btn btn-primary"[^>]*>(.*?)</(?:a|button)>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", label).split()) for label in found]


class TestTheNextStep:
    def test_is_to_scan_at_first(self, as_alice: Client, account: ProviderAccount) -> None:
        assert primary(report(as_alice, account.pk)) == ["Scan Library"]

    def test_after_a_scan_is_to_import(self, as_alice: Client, account: ProviderAccount) -> None:
        run = work(start(as_alice, "assets:scan", account.pk, headers=HTMX))

        page = look(as_alice, run, headers={})

        assert primary(page) == ["Import 240 missing items"]
        assert "View in library" not in page
        assert primary(report(as_alice, account.pk)) == ["Import Missing Assets"]

    def test_after_an_import_without_lineage_is_to_build_it(self, as_alice: Client, account: ProviderAccount) -> None:
        run = work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))

        page = look(as_alice, run, headers={})

        assert primary(page) == ["Build lineage"]
        assert "lineage=related" not in page
        assert primary(report(as_alice, account.pk)) == ["Rebuild Lineage"]

    def test_stays_to_build_lineage_when_a_second_import_brings_nothing(
        self, as_alice: Client, account: ProviderAccount
    ) -> None:
        for _ in range(2):
            run = work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))

        assert primary(look(as_alice, run, headers={})) == ["Build lineage"]

    def test_after_an_import_with_lineage_is_to_browse(self, as_alice: Client, account: ProviderAccount) -> None:
        run = work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX, create_lineage="true"))

        page = look(as_alice, run, headers={})

        assert primary(page) == ["View in library"]
        assert "lineage=related" in page
        assert primary(report(as_alice, account.pk)) == []

    def test_after_a_rebuild_is_to_browse(self, as_alice: Client, account: ProviderAccount) -> None:
        run = work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))

        answer = as_alice.post(reverse("lineage:rebuild"), {"provider_id": "pixverse"}, headers=HTMX)

        assert primary(answer.content.decode()) == ["Browse assets with lineage"]
        assert "rebuild-over" in answer.headers["HX-Trigger"]
        assert primary(look(as_alice, run, headers={})) == ["View in library"]
        assert primary(report(as_alice, account.pk)) == []

    def test_after_a_scan_that_found_everything_imported_is_to_browse(
        self, as_alice: Client, account: ProviderAccount
    ) -> None:
        work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX, create_lineage="true"))
        run = work(start(as_alice, "assets:scan", account.pk, headers=HTMX))

        assert primary(look(as_alice, run, headers={})) == ["View in library"]

    def test_after_a_stopped_run_is_to_resume(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        run = start(as_alice, "assets:import_missing", account.pk, headers=HTMX)
        as_alice.post(reverse("assets:cancel_run", args=[run.pk]))

        assert primary(report(as_alice, account.pk)) == ["Resume this import"]


class TestTheForm:
    @pytest.mark.parametrize("name", ["assets:scan", "assets:import_missing"])
    def test_keeps_the_options_of_the_last_run(self, as_alice: Client, account: ProviderAccount, name: str) -> None:
        before = report(as_alice, account.pk)
        posted = {"mode": "incremental", "create_lineage": "true"}
        work(start(as_alice, name, account.pk, headers=HTMX, **posted))

        after = report(as_alice, account.pk)

        assert checked(before) == ["tools-full"]
        assert checked(after) == ["tools-new", "tools-lineage"]


def checked(page: str) -> list[str]:
    """The ids of the checked boxes of a page."""
    return re.findall(r'<input id="([\w-]+)"[^>]*\schecked>', page)


class TestStarting:
    def test_shows_the_run_in_place(self, as_alice: Client, account: ProviderAccount) -> None:
        response = as_alice.post(reverse("assets:scan"), {"account": account.pk}, headers=HTMX)

        page, run = response.content.decode(), SyncRun.objects.get()
        assert reverse("assets:cancel_run", args=[run.pk]) in page
        assert "every 2s" in page
        assert "<html" not in page

    def test_hands_it_to_the_worker(self, as_alice: Client, account: ProviderAccount) -> None:
        run = start(as_alice, "assets:scan", account.pk, headers={})

        assert ProcrastinateJob.objects.filter(task_name="assets.run_sync", args={"run_id": run.pk}).count() == 1

    @DOORS
    def test_tells_of_the_run_that_is_under_way(
        self, as_alice: Client, account: ProviderAccount, headers: dict[str, str]
    ) -> None:
        run = start(as_alice, "assets:scan", account.pk, headers=headers)

        response = as_alice.post(reverse("assets:import_missing"), {"account": account.pk}, headers=headers)

        page = response.content.decode()
        assert response.status_code == 409
        assert "One run at a time" in page
        assert reverse("assets:run", args=[run.pk]) in page
        assert "Import Missing Assets" not in page
        assert SyncRun.objects.count() == 1

    @DOORS
    def test_refuses_a_disabled_account(
        self, as_alice: Client, account: ProviderAccount, headers: dict[str, str]
    ) -> None:
        ProviderAccount.objects.filter(pk=account.pk).update(is_enabled=False)

        response = as_alice.post(reverse("assets:scan"), {"account": account.pk}, headers=headers)

        assert response.status_code == 409
        assert "The account is disabled" in response.content.decode()

    def test_refuses_a_nonsense_mode(self, as_alice: Client, account: ProviderAccount) -> None:
        response = as_alice.post(reverse("assets:scan"), {"account": account.pk, "mode": "x\x00"}, headers=HTMX)

        assert response.status_code == 422
        assert "This cannot be started" in response.content.decode()

    @pytest.mark.parametrize("account_field", ["", "x", "-1", "9" * 40], ids=str)
    def test_knows_no_such_account(self, as_alice: Client, account_field: str) -> None:
        response = as_alice.post(reverse("assets:scan"), {"account": account_field}, headers=HTMX)

        assert response.status_code == 404


class TestNonsense:
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

    @pytest.mark.parametrize("name", ["assets:report", "assets:coverage"])
    def test_report_is_404(self, as_alice: Client, bob: User, name: str) -> None:
        theirs = AccountFactory(owner=bob)

        assert as_alice.get(reverse(name), {"account": theirs.pk}).status_code == 404
