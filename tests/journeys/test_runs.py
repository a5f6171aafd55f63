"""A whole-library run as a person sees it: its card, its end, cancelling and resuming, its report, the list of runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assets.models import Asset, SyncList, SyncProblem, SyncRun
from providers.accounts import update
from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import NOW, AccountFactory
from tests.journeys.walking import HTMX, look, report, start, work

DOORS = pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
RUNS = "/runs/"


def a_run(owner: User, account: ProviderAccount | None = None, **fields: Any) -> SyncRun:
    """A run that a worker is at: 50 of 200 items read."""
    account = account or AccountFactory(owner=owner, label="Studio")
    known: dict[str, Any] = {"kind": "import", "state": "running", "created_at": NOW, "progress_at": timezone.now()}
    run = SyncRun.objects.create(
        owner=owner,
        account=account,
        provider_id=account.provider_id,
        account_label=account.label,
        active_seconds=5,
        **{**known, **fields},
    )
    SyncList.objects.create(
        owner=owner,
        run=run,
        list_key="videos:generated",
        total=200,
        pages=1,
        seen=50,
        created=40,
        existing=9,
        invalid=1,
    )
    SyncProblem.objects.create(
        owner=owner,
        run=run,
        list_key="videos:generated",
        provider_asset_id="77",
        reason="It has no address.",
        payload={},
    )
    return run


def press(client: Client, name: str, run: SyncRun, *, headers: dict[str, str]) -> str:
    """Press one of a run's buttons; what is shown then."""
    response = client.post(reverse(name, args=[run.pk]), headers=headers, follow=True)
    assert response.status_code == 200
    run.refresh_from_db()
    return response.content.decode()


class TestTheCard:
    @DOORS
    def test_says_how_far_it_is(self, as_alice: Client, alice: User, headers: dict[str, str]) -> None:
        page = look(as_alice, a_run(alice), headers=headers)

        assert "50 of 200 items read" in page
        assert 'value="25"' in page
        assert "items/s" in page
        assert "left" in page
        assert "Videos, generated" in page
        assert 'hx-trigger="every 2s"' in page

    @pytest.mark.parametrize("state", ["running", "succeeded", "failed"])
    def test_names_no_whole_that_an_incremental_run_does_not_read(
        self, as_alice: Client, alice: User, state: str
    ) -> None:
        run = a_run(alice, mode="incremental", state=state)
        SyncList.objects.update(phase="done")

        page = look(as_alice, run, headers={})

        assert "50 items read" in page
        assert "of 200" not in page
        assert "Done, older items skipped" in page

    @pytest.mark.parametrize(
        ("phase", "is_complete", "said"),
        [
            ("walking", True, "450 of 450 items read"),
            ("looking_again", True, "450 of 450 items read"),
            ("done", True, "450 of 450 items read"),
            ("done", False, "450 of 450 items read"),
        ],
    )
    def test_never_reads_more_than_there_is(
        self, as_alice: Client, alice: User, phase: str, is_complete: bool, said: str
    ) -> None:
        run = a_run(alice)
        SyncList.objects.update(phase=phase, is_complete=is_complete, seen=450, total=434)

        assert said in look(as_alice, run, headers=HTMX)

    def test_reads_as_many_as_there_are_once_it_is_done(self, as_alice: Client, alice: User) -> None:
        run = a_run(alice, state="succeeded")
        SyncList.objects.update(phase="done", seen=198, total=200)

        page = look(as_alice, run, headers=HTMX)

        assert "198 of 198 items read" in page

    def test_says_how_long_and_why_it_rests(self, as_alice: Client, alice: User) -> None:
        continue_at = timezone.now() + timedelta(minutes=2)

        page = look(as_alice, a_run(alice, continue_at=continue_at), headers=HTMX)

        assert f"{continue_at:%H:%M:%S}" in page
        assert "did not answer" in page

    def test_tells_screen_readers_only_what_is_new(self, as_alice: Client, alice: User) -> None:
        address = reverse("assets:run", args=[a_run(alice).pk])

        first = as_alice.get(address, {"announced": "Importing 10"}, headers=HTMX).content.decode()
        again = as_alice.get(address, {"announced": "Importing 20"}, headers=HTMX).content.decode()

        assert "Import of Studio: Importing, 20 % done." in first
        assert "hx-swap-oob" not in again

    @pytest.mark.parametrize(
        ("state", "status"),
        [("queued", 200), ("running", 200), ("succeeded", 286), ("failed", 286), ("cancelled", 286)],
    )
    def test_stops_polling_when_the_run_is_over(self, as_alice: Client, alice: User, state: str, status: int) -> None:
        run = a_run(alice, state=state)

        response = as_alice.get(reverse("assets:run", args=[run.pk]), headers=HTMX)

        assert response.status_code == status
        assert ("every 2s" in response.content.decode()) == (status == 200)

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"state": "succeeded"}, "Imported 40 videos, 0 images · 9 already imported, 1 unreadable"),
            ({"state": "succeeded", "kind": "scan"}, "Scanned 50: 9 already imported, 40 not imported"),
            ({"state": "failed", "error_title": "The provider is down"}, "stopped: The provider is down."),
            ({"state": "cancelled"}, "was cancelled. Resume continues it."),
        ],
        ids=["import", "scan", "failed", "cancelled"],
    )
    def test_ends_with_a_toast(self, as_alice: Client, alice: User, fields: dict[str, Any], said: str) -> None:
        run = a_run(alice, **fields)

        answer = as_alice.get(reverse("assets:run", args=[run.pk]), headers=HTMX)

        assert said in answer.content.decode()
        assert "account-changed" in answer.headers["HX-Trigger"]
        assert "data-toast=" not in look(as_alice, run, headers={})

    def test_takes_a_fixed_number_of_queries(
        self, as_alice: Client, alice: User, django_assert_num_queries: Any
    ) -> None:
        run = a_run(alice)

        with django_assert_num_queries(4):
            look(as_alice, run, headers=HTMX)


class TestCancelAndResume:
    @DOORS
    def test_a_run_that_waits_is_cancelled_and_goes_on(
        self, as_alice: Client, account: ProviderAccount, headers: dict[str, str]
    ) -> None:
        run = start(as_alice, "assets:import_missing", account.pk, headers=headers)

        cancelled = press(as_alice, "assets:cancel_run", run, headers=headers)
        resumed = press(as_alice, "assets:resume_run", run, headers=headers)
        work(run)

        assert "Resume" in cancelled
        assert "Waiting for a worker" in resumed
        assert run.state == "succeeded"
        assert Asset.objects.listed().count() == 240

    def test_a_run_that_reads_stops_after_its_page(self, as_alice: Client, alice: User) -> None:
        run = a_run(alice)

        page = press(as_alice, "assets:cancel_run", run, headers=HTMX)

        assert run.cancel_requested_at is not None
        assert "Stopping after the current page" in page

    def test_a_run_that_is_over_cannot_go_on(self, as_alice: Client, alice: User) -> None:
        page = press(as_alice, "assets:resume_run", a_run(alice, state="succeeded"), headers=HTMX)

        assert "Only a run that stopped or was cancelled can be resumed." in page

    def test_a_run_goes_on_after_signing_in_again(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add({"name": "auth_expired", "path": "/library/list", "after": 2})
        run = work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))

        stopped = look(as_alice, run, headers={})
        sandbox.faults.clear()
        update(account, credentials={"access_key": sandbox.access_key}, now=timezone.now())
        press(as_alice, "assets:resume_run", run, headers=HTMX)
        work(run)

        assert "The provider does not accept this sign-in" in stopped
        assert reverse("providers:change", args=[account.pk]) in stopped
        assert "0 already imported, 0 unreadable" in look(as_alice, run, headers=HTMX)


class TestTheReport:
    def test_offers_the_stopped_run(self, as_alice: Client, alice: User, account: ProviderAccount) -> None:
        run = a_run(alice, account, state="failed", error_title="The provider is down")

        page = report(as_alice, account.pk)

        assert reverse("assets:resume_run", args=[run.pk]) in page
        assert "Import Missing Assets" in page

    def test_says_in_the_accounts_card_when_somebody_last_looked(
        self, as_alice: Client, alice: User, account: ProviderAccount
    ) -> None:
        address, asked = reverse("assets:coverage"), {"account": account.pk}
        before = as_alice.get(address, asked, headers=HTMX).content.decode()
        work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))
        SyncRun.objects.update(progress_at=timezone.now() - timedelta(days=3))

        after = as_alice.get(address, asked, headers=HTMX).content.decode()

        assert "Never scanned." in before
        assert "3\xa0days ago" in after
        assert "Import, done" in after

    @pytest.mark.parametrize("count", [1, 6])
    def test_takes_the_same_number_of_queries_for_any_number_of_runs(
        self, as_alice: Client, alice: User, account: ProviderAccount, django_assert_num_queries: Any, count: int
    ) -> None:
        for _ in range(count):
            a_run(alice, account, state="succeeded")

        with django_assert_num_queries(7):
            report(as_alice, account.pk)


class TestProblems:
    def test_are_listed_with_reason_and_payload(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        sandbox.faults.add({"name": "malformed_item", "times": 1})
        run = work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))

        page = look(as_alice, run, headers={})

        assert "1 item could not be imported" in page
        assert SyncProblem.objects.get().reason in page.replace("&#x27;", "'")
        assert "Retry these" in page

    @DOORS
    def test_are_read_again_when_asked(self, as_alice: Client, alice: User, headers: dict[str, str]) -> None:
        run = a_run(alice, state="succeeded")

        page = press(as_alice, "assets:retry_problems", run, headers=headers)

        assert "None of them can be read yet." in page
        assert "It has no address." in page

    def test_that_can_be_read_now_are_taken_in(
        self, as_alice: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        run = work(start(as_alice, "assets:import_missing", account.pk, headers=HTMX))
        asset = Asset.objects.listed().latest("pk")
        SyncProblem.objects.create(
            owner=run.owner, run=run, list_key="videos:generated", reason="?", payload=asset.media_metadata
        )
        asset.delete()

        page = press(as_alice, "assets:retry_problems", run, headers=HTMX)

        assert "1 imported, 0 failed." in page
        assert "Imported" in page
        assert Asset.objects.listed().count() == 240

    def test_are_shown_by_the_page(self, as_alice: Client, alice: User) -> None:
        run = a_run(alice, state="succeeded")
        SyncProblem.objects.bulk_create(
            SyncProblem(owner=alice, run=run, list_key="videos:generated", reason=f"reason {number}")
            for number in range(30)
        )

        second = as_alice.get(reverse("assets:run", args=[run.pk]), {"page": 2}).content.decode()

        assert "reason 28" in second
        assert "reason 1<" not in second
        assert "Previous" in second

    def test_are_asked_for_by_htmx_apart_from_the_card(self, as_alice: Client, alice: User) -> None:
        run = a_run(alice, state="succeeded")

        part = look(as_alice, run, headers={**HTMX, "HX-Target": "run-problems"})

        assert "It has no address." in part
        assert "syncrun-card" not in part


class TestTheList:
    @DOORS
    def test_shows_the_newest_first(self, as_alice: Client, alice: User, headers: dict[str, str]) -> None:
        a_run(alice, AccountFactory(owner=alice, label="Older"), state="succeeded", created_at=NOW)
        a_run(alice, AccountFactory(owner=alice, label="Newer"), created_at=NOW + timedelta(hours=1))

        page = as_alice.get(RUNS, headers=headers).content.decode()

        assert page.index("Import of Newer") < page.index("Import of Older")

    @pytest.mark.parametrize(
        "query",
        [{"provider_id": "pixverse"}, {"kind": "scan"}, {"state": "failed"}, {"kind": "scan", "state": "failed"}],
        ids=str,
    )
    def test_is_filtered(self, as_alice: Client, alice: User, query: dict[str, str]) -> None:
        a_run(alice, AccountFactory(owner=alice, label="Wanted"), kind="scan", state="failed")
        other = a_run(alice, AccountFactory(owner=alice, label="Unwanted", provider_id="pixverse"), state="succeeded")
        SyncRun.objects.filter(pk=other.pk).update(provider_id="pixverse" if "provider_id" not in query else "other")

        page = as_alice.get(RUNS, query, headers=HTMX).content.decode()

        assert "Scan of Wanted" in page
        assert "of Unwanted" not in page

    def test_is_filtered_by_account(self, as_alice: Client, alice: User) -> None:
        wanted, other = a_run(alice), a_run(alice, AccountFactory(owner=alice, label="Home"))

        page = as_alice.get(RUNS, {"account_id": str(wanted.account_id)}, headers=HTMX).content.decode()

        assert reverse("assets:run", args=[wanted.pk]) in page
        assert reverse("assets:run", args=[other.pk]) not in page

    @pytest.mark.parametrize("query", [{"state": "x"}, {"account_id": "9" * 40}, {"kind": "\x00"}], ids=repr)
    def test_refuses_nonsense(self, as_alice: Client, query: dict[str, str]) -> None:
        answer = as_alice.get(RUNS, query)

        assert answer.status_code == 422
        assert "Check your filters" in answer.content.decode()

    def test_comes_in_pages(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice)
        for _ in range(21):
            a_run(alice, account, state="succeeded")

        first, second = (as_alice.get(RUNS, {"page": page}).content.decode() for page in (1, 2))

        assert first.count("run-row__title") == 20
        assert second.count("run-row__title") == 1
        assert "Older" in first
        assert "Newer" in second

    def test_says_when_there_is_none(self, as_alice: Client) -> None:
        assert "No runs yet" in as_alice.get(RUNS).content.decode()
        assert "No matching runs" in as_alice.get(RUNS, {"state": "failed"}).content.decode()

    @pytest.mark.parametrize("count", [1, 8])
    def test_takes_the_same_number_of_queries_for_any_number_of_runs(
        self, as_alice: Client, alice: User, django_assert_num_queries: Any, count: int
    ) -> None:
        account = AccountFactory(owner=alice)
        for _ in range(count):
            a_run(alice, account, state="succeeded")

        with django_assert_num_queries(6):
            as_alice.get(RUNS)


class TestNotYours:
    def test_page_is_404(self, as_alice: Client, bob: User) -> None:
        assert as_alice.get(reverse("assets:run", args=[a_run(bob).pk])).status_code == 404

    @pytest.mark.parametrize("name", ["cancel_run", "resume_run", "retry_problems"])
    def test_acts_are_404(self, as_alice: Client, bob: User, name: str) -> None:
        theirs = a_run(bob)

        assert as_alice.post(reverse(f"assets:{name}", args=[theirs.pk])).status_code == 404
        assert SyncRun.objects.get().cancel_requested_at is None

    def test_list_shows_only_the_readers(self, as_alice: Client, bob: User) -> None:
        a_run(bob)

        assert "Studio" not in as_alice.get(RUNS).content.decode()
