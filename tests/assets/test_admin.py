"""Tests of the library in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from assets.models import Asset, AssetMerge, ListedItem, Reference, SyncList, SyncProblem, SyncRun
from assets.own_title import set_own_title, version_of_title
from providers import accounts
from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import NOW, AccountFactory, AssetFactory, ReferenceFactory, remote_asset

ASSETS = "/admin/assets/asset/"
RUNS = "/admin/assets/syncrun/"
# What a browser sends of an asset's list of identifiers, which is read-only.
NO_ROWS = {"references-TOTAL_FORMS": "0", "references-INITIAL_FORMS": "0"}


@pytest.fixture
def as_admin(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("admin", password="admin's password"))
    return client


def act(as_admin: Client, account: ProviderAccount, action: str) -> list[str]:
    """Run an action on an account; what the admin said of it."""
    answer = as_admin.post("/admin/providers/provideraccount/", {"action": action, "_selected_action": [account.pk]})
    assert answer.status_code == 302
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    # Read as the list's page would, so that the next act begins with none.
    as_admin.get(ASSETS)
    return told


class TestLists:
    @pytest.mark.parametrize("address", [ASSETS, "/admin/assets/reference/", "/admin/assets/assetmerge/"])
    def test_ask_as_often_for_two_rows_as_for_twelve(self, as_admin: Client, alice: User, address: str) -> None:
        for asset in AssetFactory.create_batch(2, owner=alice, media_metadata={"a": "payload"}):
            self._give_rows(asset)
        with CaptureQueriesContext(connection) as for_two:
            first = as_admin.get(address)
        for asset in AssetFactory.create_batch(10, owner=alice):
            self._give_rows(asset)

        with CaptureQueriesContext(connection) as for_twelve:
            second = as_admin.get(address)

        assert (first.status_code, second.status_code) == (200, 200)
        assert len(for_two) == len(for_twelve)
        assert not any("media_metadata" in found["sql"] or "absorbed_payload" in found["sql"] for found in for_twelve)

    @pytest.mark.parametrize(
        "query",
        [
            {"provider_id": "pixverse"},
            {"lineage": "orphan"},
            {"media_type__exact": "video"},
            {"q": "400123"},
            {"q": "paper boat"},
        ],
        ids=str,
    )
    def test_find_what_is_asked_for(self, as_admin: Client, alice: User, query: dict[str, str]) -> None:
        wanted = AssetFactory(owner=alice, provider_asset_id="400123", prompt="one paper boat")
        ReferenceFactory(asset=wanted)
        AssetFactory(owner=alice, provider_id="other", media_type="image", prompt="a tree", parent_count=1)

        found = as_admin.get(ASSETS, query).context["cl"].result_list

        assert [asset.pk for asset in found] == [wanted.pk]

    def _give_rows(self, asset: Asset) -> None:
        ReferenceFactory(asset=asset)
        AssetMerge.objects.create(
            owner=asset.owner, survivor=asset, absorbed_provider_asset_id="7", absorbed_payload={"a": 1}, merged_at=NOW
        )


class TestPlaceholders:
    def test_come_last_and_have_a_name(self, as_admin: Client, alice: User) -> None:
        real = AssetFactory(owner=alice)
        stub = AssetFactory(owner=alice, is_stub=True, provider_asset_id="", prompt="")
        ReferenceFactory(asset=stub, kind="path", value="upload/2026/first-frame.jpg")

        page = as_admin.get(ASSETS)

        assert [asset.pk for asset in page.context["cl"].result_list] == [real.pk, stub.pk]
        assert "Placeholder first-frame.jpg" in page.content.decode()

    def test_come_last_by_an_index(self, as_admin: Client, alice: User) -> None:
        with CaptureQueriesContext(connection) as found:
            as_admin.get(ASSETS)

        (listed,) = (query["sql"] for query in found if 'ORDER BY "assets_asset"' in query["sql"])
        with connection.cursor() as cursor:
            # Of a table of any size: whether the index can give the order.
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"
            )
            cursor.execute(f"EXPLAIN {listed}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "assets_asset_real_first" in plan
        assert "Sort Key: assets_asset" not in plan


class TestOwnTitle:
    def test_is_edited(self, as_admin: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice, title="a provider's title", media_metadata={"title": "a provider's title"})

        shown = as_admin.get(f"{ASSETS}{asset.pk}/change/").content.decode()
        answer = as_admin.post(
            f"{ASSETS}{asset.pk}/change/",
            NO_ROWS | {"own_title": " Harbour ", "title": "forged", "version": version_of_title(asset)},
        )

        stored = Asset.objects.get()
        assert "Imports write an asset from the data of the provider." in shown
        assert answer.status_code == 302
        assert (stored.own_title, stored.title) == ("Harbour", "a provider's title")
        assert stored.media_metadata == {"title": "a provider's title"}
        entry = LogEntry.objects.get()
        assert (entry.get_edited_object(), entry.get_change_message()) == (stored, "Changed Own title.")

    @pytest.mark.parametrize(
        ("title", "words"),
        [("a\u202eb", "Titles must be one line of readable text"), ("x" * 301, "Titles can have up to 300")],
        ids=["direction", "long"],
    )
    def test_is_refused(self, as_admin: Client, alice: User, title: str, words: str) -> None:
        asset = AssetFactory(owner=alice)

        page = as_admin.post(f"{ASSETS}{asset.pk}/change/", NO_ROWS | {"own_title": title})

        assert words in page.content.decode()
        assert Asset.objects.get().own_title == ""

    def test_is_not_saved_over_one_that_was_saved_meanwhile(self, as_admin: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice)
        version = version_of_title(asset)
        set_own_title(asset, "Theirs")

        page = as_admin.post(
            f"{ASSETS}{asset.pk}/change/", NO_ROWS | {"own_title": "Mine", "version": version}
        ).content.decode()

        assert "Saved meanwhile: Theirs" in page
        assert Asset.objects.get().own_title == "Theirs"


class TestRetry:
    @pytest.fixture
    def problems(self, alice: User) -> list[SyncProblem]:
        """Two items of one run that can be read by now, and one that cannot."""
        run = SyncRun.objects.create(
            owner=alice, account=AccountFactory(owner=alice), provider_id="pixverse", kind="import", state="succeeded",
            created_at=NOW,
        )  # fmt: skip
        payloads: list[Any] = [remote_asset(number=number).payload for number in (1, 2)]
        return [
            SyncProblem.objects.create(
                owner=alice, run=run, list_key="videos:generated", reason="It has no id.", payload=payload
            )
            for payload in [*payloads, {"no": "id"}]
        ]

    def test_imports_what_a_run_can_read_now(self, as_admin: Client, problems: list[SyncProblem]) -> None:
        run = problems[0].run

        page = as_admin.post(RUNS, {"action": "retry_failed", "_selected_action": [run.pk]}, follow=True)

        assert f"Run {run.pk}: 2 imported, 1 failed." in page.content.decode()
        assert Asset.objects.count() == 2

    def test_imports_the_selected_items(self, as_admin: Client, problems: list[SyncProblem]) -> None:
        posted = {"action": "retry", "_selected_action": [problems[0].pk, problems[2].pk]}

        page = as_admin.post("/admin/assets/syncproblem/", posted, follow=True)

        assert "1 imported, 2 failed." in page.content.decode()
        assert list(SyncProblem.objects.order_by("pk").values_list("is_resolved", flat=True)) == [True, False, False]


class TestWords:
    def test_are_short_however_long_the_prompt_is(self, alice: User) -> None:
        asset = AssetFactory(owner=alice, prompt="a paper boat " * 200)

        assert len(str(asset)) == 60


class TestPages:
    def test_show_an_asset_with_names_and_payload(self, as_admin: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice, media_metadata={"prompt": "<b>boats</b>"}, thumbnail_url="https://x.test/a")
        ReferenceFactory(asset=asset, kind="path", value="a/b.mp4")

        page = as_admin.get(f"{ASSETS}{asset.pk}/change/").content.decode()

        assert "<pre>{\n  &quot;prompt&quot;: &quot;&lt;b&gt;boats&lt;/b&gt;&quot;\n}</pre>" in page
        assert "a/b.mp4" in page
        assert 'src="https://x.test/a"' in page
        assert 'name="prompt"' not in page

    def test_show_a_reference_and_a_merge(self, as_admin: Client, alice: User) -> None:
        reference = ReferenceFactory(asset=AssetFactory(owner=alice))
        merge = AssetMerge.objects.create(
            owner=alice, survivor=reference.asset, absorbed_payload={"was": "other"}, merged_at=NOW
        )

        assert as_admin.get(f"/admin/assets/reference/{reference.pk}/change/").status_code == 200
        assert b"&quot;was&quot;" in as_admin.get(f"/admin/assets/assetmerge/{merge.pk}/change/").content

    @pytest.mark.parametrize("model", ["asset", "reference", "assetmerge"])
    def test_add_nothing(self, as_admin: Client, model: str) -> None:
        assert as_admin.get(f"/admin/assets/{model}/add/").status_code == 403

    def test_delete_an_asset_with_all_it_has(self, as_admin: Client, alice: User) -> None:
        asset = ReferenceFactory(asset=AssetFactory(owner=alice)).asset

        answer = as_admin.post(f"{ASSETS}{asset.pk}/delete/", {"post": "yes"})

        assert answer.status_code == 302
        assert Asset.objects.count() == Reference.objects.count() == 0


class TestAccounts:
    @pytest.mark.parametrize(
        ("label", "problem"),
        [("a\u202eb", "RIGHT-TO-LEFT OVERRIDE"), ("\u3164", "visible character"), ("Second\u00a0one", "already have")],
        ids=["direction", "blank", "taken"],
    )
    def test_refuse_a_name_that_settings_refuse(self, as_admin: Client, alice: User, label: str, problem: str) -> None:
        account = AccountFactory(owner=alice, label="First")
        AccountFactory(owner=alice, label="Second one")

        answer = as_admin.post(f"/admin/providers/provideraccount/{account.pk}/change/", {"label": label})

        assert answer.status_code == 200
        assert problem in answer.content.decode()
        account.refresh_from_db()
        assert account.label == "First"

    def test_take_a_name_of_any_script(self, as_admin: Client, alice: User) -> None:
        account = AccountFactory(owner=alice, label="First")

        as_admin.post(f"/admin/providers/provideraccount/{account.pk}/change/", {"label": "👩‍👩‍👧", "is_enabled": "on"})

        account.refresh_from_db()
        assert (account.label, account.is_enabled) == ("👩‍👩‍👧", True)


ACCOUNTS = "/admin/providers/provideraccount/"


class TestConnecting:
    @pytest.fixture
    def posted(self, alice: User, sandbox: SandboxServer) -> dict[str, Any]:
        return {
            "owner": alice.pk,
            "provider_id": "pixverse",
            "label": " Studio ",
            "base_url": sandbox.url,
            "credential_access_key": sandbox.access_key,
        }

    @pytest.mark.parametrize(
        ("is_right", "words", "state"),
        [(True, "connected", "active"), (False, "does not accept this sign-in", "needs_sign_in")],
        ids=["right", "wrong"],
    )
    def test_stores_an_account_and_tests_it(
        self,
        as_admin: Client,
        posted: dict[str, Any],
        django_capture_on_commit_callbacks: Any,
        is_right: bool,
        words: str,
        state: str,
    ) -> None:
        sent = posted | ({} if is_right else {"credential_access_key": "a-wrong-key"})

        with django_capture_on_commit_callbacks(execute=True):
            answer = as_admin.post(f"{ACCOUNTS}add/", sent)

        account = ProviderAccount.objects.get()
        assert answer.status_code == 302
        assert (account.label, account.owner.username, account.state) == ("Studio", "alice", state)
        assert any(words in str(message) for message in get_messages(answer.wsgi_request))
        entry = LogEntry.objects.get()
        assert (entry.action_flag, entry.get_edited_object()) == (ADDITION, account)
        assert sent["credential_access_key"] not in entry.change_message

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"credential_access_key": ""}, "Fill in one of these"),
            ({"credential_token": "another"}, "Fill in one of these"),
            ({"credential_access_key": "two words"}, "no spaces"),
            ({"label": ""}, "Enter a name for the account."),
            ({"label": "Main"}, "already have an account named"),
            ({"base_url": "ftp://x.test"}, 'class="errorlist"'),
            ({"provider_id": "nobody"}, "Select a valid choice"),
        ],
        ids=["none", "two", "spaces", "nameless", "taken", "address", "provider"],
    )
    def test_refuses_what_settings_refuse(
        self, as_admin: Client, alice: User, posted: dict[str, Any], changes: dict[str, str], words: str
    ) -> None:
        AccountFactory(owner=alice, label="Main")

        answer = as_admin.post(f"{ACCOUNTS}add/", posted | changes)

        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert ProviderAccount.objects.count() == 1
        assert posted["credential_access_key"] not in answer.content.decode()


class TestChangingAnAccount:
    def test_replaces_the_credentials_and_tests_them(
        self,
        as_admin: Client,
        account: ProviderAccount,
        sandbox: SandboxServer,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        account.state = "needs_sign_in"
        accounts.update(account, credentials={"access_key": "an-expired-key"}, now=NOW)
        fields = {"label": account.label, "base_url": account.base_url, "is_enabled": "on"}

        with django_capture_on_commit_callbacks(execute=True):
            as_admin.post(f"{ACCOUNTS}{account.pk}/change/", fields | {"credential_access_key": sandbox.access_key})

        account.refresh_from_db()
        assert account.state == "active"
        assert sandbox.access_key not in LogEntry.objects.get().change_message

    def test_keeps_the_credentials_when_they_are_blank(self, as_admin: Client, account: ProviderAccount) -> None:
        sealed = account.sealed_credentials
        fields = {"label": "Renamed", "base_url": account.base_url}

        as_admin.post(f"{ACCOUNTS}{account.pk}/change/", fields)

        account.refresh_from_db()
        assert (account.label, account.is_enabled, account.sealed_credentials) == ("Renamed", False, sealed)

    def test_saves_nothing_over_what_was_saved_meanwhile(self, as_admin: Client, account: ProviderAccount) -> None:
        fields = {"base_url": account.base_url, "is_enabled": "on", "version": accounts.version_of_account(account)}
        accounts.update(account, label="Theirs", now=NOW)

        page = as_admin.post(f"{ACCOUNTS}{account.pk}/change/", fields | {"label": "Mine"}).content.decode()

        account.refresh_from_db()
        assert "Saved meanwhile: Theirs" in page
        assert account.label == "Theirs"

    def test_sends_no_stored_credentials_to_a_new_address(self, as_admin: Client, account: ProviderAccount) -> None:
        address = account.base_url
        fields = {"label": "Renamed", "base_url": "https://other.test", "is_enabled": "on"}

        page = as_admin.post(f"{ACCOUNTS}{account.pk}/change/", fields).content.decode()

        account.refresh_from_db()
        assert "Enter the credentials again" in page
        assert account.base_url == address


class TestDeletingAnAccount:
    @pytest.mark.parametrize("way", ["action", "page"])
    def test_says_what_is_kept_and_keeps_it(self, as_admin: Client, alice: User, way: str) -> None:
        account = AccountFactory(owner=alice, label="Studio")
        asset = AssetFactory(owner=alice, account=account)
        ListedItem.objects.create(owner=alice, account=account, media_type="video", provider_asset_id="77001")
        address = ACCOUNTS if way == "action" else f"{ACCOUNTS}{account.pk}/delete/"
        posted = {"action": "delete_selected", "_selected_action": [account.pk]}

        asked = (as_admin.post(address, posted) if way == "action" else as_admin.get(address)).content.decode()
        as_admin.post(address, posted | {"post": "yes"})

        assert "pixverse · Studio, owned by alice, with its saved credentials" in asked
        assert "Kept: all imported assets" in asked
        assert "77001" not in asked
        assert not ProviderAccount.objects.exists()
        assert Asset.objects.get() == asset
        assert LogEntry.objects.get().action_flag == DELETION


class TestAccountActions:
    @pytest.mark.parametrize(("action", "kind"), [("scan_library", "scan"), ("import_missing", "import")])
    def test_start_runs_for_the_accounts_owner(
        self, as_admin: Client, account: ProviderAccount, alice: User, action: str, kind: str
    ) -> None:
        (told,) = act(as_admin, account, action)

        run = SyncRun.objects.get()
        assert f"{kind} started, run {run.pk}" in told
        assert (run.owner, run.kind, run.state) == (alice, kind, "queued")
        assert ProcrastinateJob.objects.filter(task_name="assets.run_sync", args={"run_id": run.pk}).count() == 1

    def test_name_the_open_run(self, as_admin: Client, account: ProviderAccount) -> None:
        act(as_admin, account, "scan_library")

        (told,) = act(as_admin, account, "import_missing")

        assert f"Run {SyncRun.objects.get().pk}." in told

    def test_disabled_account_is_left_alone(
        self, as_admin: Client, account: ProviderAccount, sandbox: SandboxServer
    ) -> None:
        ProviderAccount.objects.filter(pk=account.pk).update(is_enabled=False)

        (told,) = act(as_admin, account, "scan_library")

        assert "disabled" in told
        assert sandbox.requests == []

    def test_needs_the_right_to_change_accounts(self, client: Client, account: ProviderAccount, bob: Any) -> None:
        bob.is_staff = True
        bob.save()
        client.force_login(bob)

        assert client.post("/admin/providers/provideraccount/", {"action": "import_missing"}).status_code == 403


class TestRuns:
    @pytest.fixture
    def run(self, alice: User) -> SyncRun:
        account = AccountFactory(owner=alice, label="Studio")
        run = SyncRun.objects.create(
            owner=alice,
            account=account,
            provider_id="pixverse",
            account_label="Studio",
            kind="import",
            state="running",
            created_at=NOW,
        )
        SyncList.objects.create(
            owner=alice, run=run, list_key="videos:generated", total=10, seen=4, created=3, invalid=1
        )
        SyncProblem.objects.create(
            owner=alice, run=run, list_key="videos:generated", reason="It has no id.", payload={"prompt": "<b>"}
        )
        return run

    def test_are_listed_with_how_far_they_are(self, as_admin: Client, run: SyncRun) -> None:
        page = as_admin.get(RUNS, {"state__exact": "running", "q": "Studio"}).content.decode()

        assert "4 of 10 read" in page

    @pytest.mark.parametrize("count", [1, 5])
    def test_are_listed_by_the_same_number_of_queries(
        self, as_admin: Client, run: SyncRun, django_assert_max_num_queries: Any, count: int
    ) -> None:
        for _ in range(count - 1):
            run.pk, run.state = None, "succeeded"
            run.save()

        with django_assert_max_num_queries(9):
            as_admin.get(RUNS)

    def test_show_their_lists_and_problems(self, as_admin: Client, run: SyncRun) -> None:
        problem = run.problems.get()

        shown = as_admin.get(f"{RUNS}{run.pk}/change/").content.decode()
        came = as_admin.get(f"/admin/assets/syncproblem/{problem.pk}/change/").content.decode()

        assert "videos:generated" in shown
        assert "&lt;b&gt;" in came
        assert as_admin.get("/admin/assets/syncproblem/", {"q": str(run.pk)}).context["cl"].result_count == 1

    def test_are_cancelled_and_resumed(self, as_admin: Client, run: SyncRun) -> None:
        SyncRun.objects.update(state="queued")

        cancelled = as_admin.post(RUNS, {"action": "cancel_runs", "_selected_action": [run.pk]}, follow=True)
        resumed = as_admin.post(RUNS, {"action": "resume_runs", "_selected_action": [run.pk]}, follow=True)
        again = as_admin.post(RUNS, {"action": "resume_runs", "_selected_action": [run.pk]}, follow=True)

        assert f"Run {run.pk} was cancelled." in cancelled.content.decode()
        assert f"Run {run.pk} was resumed." in resumed.content.decode()
        assert "Only a run that stopped" in again.content.decode()


class TestCredentials:
    def test_are_never_shown(self, as_admin: Client, account: ProviderAccount, sandbox: SandboxServer) -> None:
        listed = as_admin.get("/admin/providers/provideraccount/").content.decode()
        shown = as_admin.get(f"/admin/providers/provideraccount/{account.pk}/change/").content.decode()

        assert sandbox.access_key not in listed + shown
        assert account.sealed_credentials not in listed + shown
