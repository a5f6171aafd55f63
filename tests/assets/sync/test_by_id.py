"""Importing single items by their ids, over real HTTP to the sandbox; also from a provider without any list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from assets.models import Asset, RunKind, RunMode, SyncRun, Tombstone
from assets.sync.by_id import ByIdItem, ByIdOutcome, ByIdReport, import_by_id
from assets.sync_runs.start import start
from common.throttle import Clock
from common.vocabulary import MediaType
from library import deletion
from lineage.models import LineageEdge
from providers import registry
from providers.base import Capability, RemoteList
from providers.credentials.sealing import seal
from providers.errors import AccountDisabled, Authentication, Unavailable, UnsupportedOperation
from providers.models import AccountState, ProviderAccount
from providers.pixverse.adapter import PixverseAdapter
from providers.sandbox.server.server import SandboxServer
from tests.assets.sync_runs.test_runner import TickingClock
from tests.factories import NOW, AccountFactory, EdgeFactory

HTMX = {"HX-Request": "true"}


class UnlistedAdapter(PixverseAdapter):
    """A provider that speaks as the sandbox does, and cannot list what an account holds."""

    provider_id = "unlisted"
    display_name = "Unlisted"
    capabilities = frozenset({Capability.CHECK_ACCOUNT, Capability.GET_ASSET})
    lists = ()
    list_parts = ()
    fetchable_by_id: ClassVar[tuple[RemoteList, ...]] = (RemoteList.VIDEOS, RemoteList.IMAGES)


class MuteAdapter(UnlistedAdapter):
    """A provider that can be asked for nothing at all."""

    provider_id = "unlisted"
    display_name = "Mute"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.CHECK_ACCOUNT})
    fetchable_by_id = ()


@pytest.fixture(autouse=True)
def unhurried(settings: Any) -> None:
    settings.SYNC_REQUESTS_PER_SECOND = 0


@pytest.fixture
def unlisted(alice: User, sandbox: SandboxServer) -> Iterator[ProviderAccount]:
    with registry.registered(
        "unlisted",
        adapter=f"{__name__}.UnlistedAdapter",
        extractor="providers.pixverse.extractor.PixverseExtractor",
    ):
        yield AccountFactory(
            owner=alice,
            provider_id="unlisted",
            base_url=sandbox.url,
            sealed_credentials=seal({"access_key": sandbox.access_key}),
        )


def made(sandbox: SandboxServer, media_type: str) -> list[str]:
    """The ids of what the sandbox made of a kind, newest first."""
    items = sandbox.library.describe(0, 10_000)
    return [str(item["id"]) for item in items if item["media_type"] == media_type and item["asset_source"] == 1]


def bring(account: ProviderAccount, *ids: str, **changes: Any) -> ByIdReport:
    return import_by_id(account, ids, clock=told_by(TickingClock()), **changes)


def told_by(ticking: TickingClock) -> Clock:
    return Clock(now=ticking.now, sleep=ticking.sleep)


def outcomes(report: ByIdReport) -> list[ByIdOutcome]:
    return [item.outcome for item in report.items]


class TestImportById:
    def test_brings_in_items_of_every_kind(self, account: ProviderAccount, sandbox: SandboxServer) -> None:
        ids = [made(sandbox, kind)[0] for kind in ("video", "image", "audio")]

        report = bring(account, *ids)

        assert outcomes(report) == [ByIdOutcome.CREATED] * 3
        assert [item.provider_asset_id for item in report.items] == ids
        assert set(Asset.objects.values_list("media_type", flat=True)) == {"video", "image", "audio"}
        assert set(Asset.objects.values_list("account_id", flat=True)) == {account.pk}

    def test_again_changes_nothing(self, account: ProviderAccount, sandbox: SandboxServer) -> None:
        ids = made(sandbox, "video")[:2]
        first = bring(account, *ids)

        again = bring(account, *ids, ids[0])

        assert outcomes(again) == [ByIdOutcome.EXISTING] * 2
        assert [item.asset_id for item in again.items] == [item.asset_id for item in first.items]

    def test_tells_of_what_is_not_there_and_of_what_is_no_id(
        self, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        report = bring(account, "999", "no number", made(sandbox, "video")[0])

        assert outcomes(report) == [ByIdOutcome.NOT_FOUND, ByIdOutcome.INVALID, ByIdOutcome.CREATED]
        assert all(item.reason for item in report.items[:2])

    def test_asks_for_one_kind_only_when_told(self, account: ProviderAccount, sandbox: SandboxServer) -> None:
        report = bring(account, made(sandbox, "image")[0], media_type=MediaType.VIDEO)

        assert outcomes(report) == [ByIdOutcome.NOT_FOUND]

    @pytest.mark.parametrize("is_asked_for", [True, False])
    def test_makes_lineage_only_when_asked(
        self, account: ProviderAccount, sandbox: SandboxServer, is_asked_for: bool
    ) -> None:
        bring(account, *made(sandbox, "video")[:10], create_lineage=is_asked_for)

        assert LineageEdge.objects.exists() is is_asked_for

    def test_keeps_the_pace(self, account: ProviderAccount, sandbox: SandboxServer, settings: Any) -> None:
        settings.SYNC_REQUESTS_PER_SECOND = 0.1
        ticking = TickingClock()

        import_by_id(account, made(sandbox, "video")[:3], clock=told_by(ticking))

        assert len(ticking.slept) == 2

    def test_keeps_away_what_was_deleted_here_and_says_since_when(
        self, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        [asked] = made(sandbox, "video")[:1]
        deletion.delete(account.owner_id, [asset_id_of(bring(account, asked))], now=NOW)

        [item] = bring(account, asked).items

        assert item == ByIdItem(asked, ByIdOutcome.DELETED, reason="You deleted it from the library.", deleted_at=NOW)

    def test_restores_only_the_given_items(self, account: ProviderAccount, sandbox: SandboxServer) -> None:
        back, away = made(sandbox, "video")[:2]
        report = bring(account, back, away)
        deletion.delete(account.owner_id, [item.asset_id for item in report.items if item.asset_id], now=NOW)

        brought = bring(account, back, restore=True)

        assert outcomes(brought) in ([ByIdOutcome.CREATED], [ByIdOutcome.COMPLETED])
        assert outcomes(bring(account, away)) == [ByIdOutcome.DELETED]
        assert not Tombstone.objects.filter(provider_asset_id=back).exists()

    def test_stores_what_came_before_the_sign_in_ended(self, account: ProviderAccount, sandbox: SandboxServer) -> None:
        ids = made(sandbox, "video")[:3]
        sandbox.faults.add("session_replaced:after=1")

        report = bring(account, *ids)

        assert outcomes(report) == [ByIdOutcome.CREATED, ByIdOutcome.NOT_ASKED, ByIdOutcome.NOT_ASKED]
        assert isinstance(report.stopped_by, Authentication)
        account.refresh_from_db()
        assert account.state == AccountState.NEEDS_SIGN_IN

    def test_raises_when_nothing_could_be_read(self, account: ProviderAccount, sandbox: SandboxServer) -> None:
        sandbox.stop()

        with pytest.raises(Unavailable):
            bring(account, "7")

    def test_refuses_a_disabled_account(self, account: ProviderAccount) -> None:
        account.is_enabled = False

        with pytest.raises(AccountDisabled):
            bring(account, "7")

    @pytest.mark.parametrize("ids", [(), tuple(str(number) for number in range(101))], ids=["none", "too many"])
    def test_refuses_none_and_too_many(self, account: ProviderAccount, ids: tuple[str, ...]) -> None:
        with pytest.raises(ValueError, match="1 to 100 IDs"):
            bring(account, *ids)


def asset_id_of(report: ByIdReport) -> int:
    [item] = report.items
    assert item.asset_id is not None
    return item.asset_id


class TestAProviderWithoutAList:
    def test_imports_single_items(self, unlisted: ProviderAccount, sandbox: SandboxServer) -> None:
        report = bring(unlisted, made(sandbox, "video")[0], made(sandbox, "image")[0])

        assert outcomes(report) == [ByIdOutcome.CREATED] * 2
        assert set(Asset.objects.values_list("provider_id", flat=True)) == {"unlisted"}

    def test_refuses_a_type_it_does_not_have(self, unlisted: ProviderAccount) -> None:
        with pytest.raises(UnsupportedOperation):
            bring(unlisted, "7", media_type=MediaType.AUDIO)

    def test_has_no_runs(self, unlisted: ProviderAccount) -> None:
        with pytest.raises(UnsupportedOperation, match="by ID"):
            start(unlisted, kind=RunKind.IMPORT, mode=RunMode.FULL, now=NOW)

        assert not SyncRun.objects.exists()

    def test_api_refuses_scans_and_imports_and_says_what_instead(
        self, as_alice: Client, unlisted: ProviderAccount
    ) -> None:
        address = f"/api/v1/providers/unlisted/accounts/{unlisted.pk}"

        scan = as_alice.get(f"{address}/sync-dry-run")
        page = as_alice.post(f"{address}/sync-assets", {"mode": "both"}, content_type="application/json")
        run = as_alice.post(f"{address}/sync-runs", {"kind": "import"}, content_type="application/json")

        assert [answer.status_code for answer in (scan, page, run)] == [422] * 3
        assert {answer.json()["code"] for answer in (scan, page, run)} == {"provider_unsupported"}
        assert "by ID" in scan.json()["detail"]

    def test_its_tab_offers_only_import_by_id(self, as_alice: Client, unlisted: ProviderAccount) -> None:
        tab = as_alice.get("/settings/providers/unlisted/").content.decode()

        assert "Unlisted does not offer a list of your items" in tab
        assert "by-id-submit" in tab
        assert "Import by ID" in tab
        assert "Scan Library" not in tab
        assert "Rebuild Lineage" in tab

    def test_its_report_leads_to_import_by_id(self, as_alice: Client, unlisted: ProviderAccount) -> None:
        page = as_alice.get("/library/report/", {"account": unlisted.pk}).content.decode()

        assert f"/library/by-id/?account={unlisted.pk}" in page
        assert "Scan Library" not in page

    def test_without_lookup_by_id_neither_is_offered(self, as_alice: Client, unlisted: ProviderAccount) -> None:
        with registry.registered(
            "unlisted",
            adapter=f"{__name__}.MuteAdapter",
            extractor="providers.pixverse.extractor.PixverseExtractor",
        ):
            tab = as_alice.get("/settings/providers/unlisted/").content.decode()
            page = as_alice.get("/library/by-id/", {"account": unlisted.pk}).content.decode()
            with pytest.raises(UnsupportedOperation):
                bring(unlisted, "7")

        assert "by-id-submit" not in tab + page
        assert "does not support import by ID" in page


class TestTheDoors:
    def test_api_answers_per_id(self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer) -> None:
        address = f"/api/v1/providers/pixverse/accounts/{account.pk}/import-by-id"
        asked = {"ids": [made(sandbox, "video")[0], " 999 "], "media_type": "video", "create_lineage": True}

        answer = as_alice.post(address, asked, content_type="application/json").json()

        assert (answer["created"], answer["not_found"], answer["stopped_by"]) == (1, 1, "")
        assert [item["outcome"] for item in answer["items"]] == ["created", "not_found"]
        assert answer["items"][1]["id"] == "999"
        assert answer["items"][0]["asset_id"] == Asset.objects.listed().latest("pk").pk

    @pytest.mark.parametrize(
        "body",
        [{"ids": []}, {"ids": [" "]}, {"ids": ["7"] * 101}, {"ids": ["7"], "media_type": "smell"}, {"ids": "7"}],
        ids=["none", "blank", "too many", "unknown kind", "no list"],
    )
    def test_api_refuses_nonsense(self, as_alice: Client, account: ProviderAccount, body: dict[str, Any]) -> None:
        address = f"/api/v1/providers/pixverse/accounts/{account.pk}/import-by-id"

        assert as_alice.post(address, body, content_type="application/json").status_code == 422

    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_page_shows_the_results(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, headers: dict[str, str]
    ) -> None:
        posted = {"account": account.pk, "ids": f"{made(sandbox, 'video')[0]},\n999", "kind": ""}

        page = as_alice.post("/library/by-id/", posted, headers=headers).content.decode()

        assert f"/assets/{Asset.objects.listed().latest('pk').pk}/" in page
        assert "Not found at Pixverse" in page
        assert ("<html" in page) is not bool(headers)

    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_page_offers_to_restore_deleted_items(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer, headers: dict[str, str]
    ) -> None:
        [asked] = made(sandbox, "video")[:1]
        deletion.delete(account.owner_id, [asset_id_of(bring(account, asked))], now=NOW)
        posted = {"account": account.pk, "ids": asked}

        refused = as_alice.post("/library/by-id/", posted, headers=headers).content.decode()
        brought = as_alice.post("/library/by-id/", posted | {"bring_back": "true"}, headers=headers).content.decode()

        assert "You deleted it on" in refused
        assert "Restore 1 deleted item" in refused
        assert "Restore 1 deleted item" not in brought
        assert Asset.objects.filter(provider_asset_id=asked).exists()

    def test_page_of_a_deleted_asset_ends_on_the_restored_one(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        [parent, child] = [asset_id_of(bring(account, asked)) for asked in made(sandbox, "video")[:2]]
        EdgeFactory(parent_id=parent, child_id=child, owner=account.owner)
        deletion.delete(account.owner_id, [parent], now=NOW)
        page = f"/assets/{parent}/"
        form = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', as_alice.get(page).content.decode())

        sandbox.faults.add({"name": "auth_expired"})
        refused = as_alice.post("/library/by-id/", dict(form), follow=True)
        sandbox.faults.clear()
        restored = as_alice.post("/library/by-id/", dict(form), follow=True)

        assert refused.redirect_chain == restored.redirect_chain == [(page, 302)]
        assert "Not restored: " in refused.content.decode()
        assert "Restored." in restored.content.decode()
        assert not Asset.objects.get(pk=parent).is_stub

    @pytest.mark.parametrize("ids", ["", " , ", " ".join(str(number) for number in range(26)), "9" * 201])
    def test_page_refuses_nonsense(self, as_alice: Client, account: ProviderAccount, ids: str) -> None:
        answer = as_alice.post("/library/by-id/", {"account": account.pk, "ids": ids}, headers=HTMX)

        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()

    def test_page_says_what_went_wrong(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.stop()

        answer = as_alice.post("/library/by-id/", {"account": account.pk, "ids": "7"}, headers=HTMX)

        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()

    def test_command_imports_them(self, account: ProviderAccount, sandbox: SandboxServer) -> None:
        said = StringIO()
        [asked] = made(sandbox, "video")[:1]

        call_command("import_library", account.pk, "--id", asked, "--id", "999", stdout=said)

        assert f"{asked}: created." in said.getvalue()
        assert "999: not found." in said.getvalue()
        assert Asset.objects.filter(provider_asset_id=asked).exists()

    def test_command_says_what_went_wrong(self, account: ProviderAccount, sandbox: SandboxServer) -> None:
        sandbox.stop()

        with pytest.raises(CommandError):
            call_command("import_library", account.pk, "--id", "7")
