"""Scan and import over real HTTP to the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from assets.models import Asset
from assets.sync.page import import_page, scan
from lineage.models import LineageEdge
from providers import accounts
from providers.base import RemoteList
from providers.errors import AccountDisabled, Authentication, ProtocolError, Unavailable
from providers.models import AccountState, ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import NOW


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(size=80, seed=3) as server:
        yield server


@pytest.fixture(autouse=True)
def _allowed(settings: Any, sandbox: SandboxServer) -> None:
    settings.STEMMA_PRIVATE_HOSTS = [sandbox.url.removeprefix("http://")]
    settings.PIXVERSE_MEDIA_HOSTS = ["media.pixverse.ai", sandbox.url.removeprefix("http://")]


def connect(owner: User, sandbox: SandboxServer, key: str | None = None) -> ProviderAccount:
    return accounts.connect(
        owner,
        provider_id="pixverse",
        label="Sandbox",
        base_url=sandbox.url,
        credentials={"access_key": key or sandbox.access_key},
        now=NOW,
    )


def import_all(account: ProviderAccount, remote_list: RemoteList, *, create_lineage: bool = False) -> int:
    position: str | None = ""
    created = 0
    while position is not None:
        report = import_page(
            account, remote_list=remote_list, position=position, size=30, create_lineage=create_lineage, now=NOW
        )
        created, position = created + report.created + report.completed, report.next
    return created


def scan_first(account: ProviderAccount, size: int = 50) -> Any:
    return scan(account, remote_list=RemoteList.VIDEOS, position="", size=size, now=NOW)


class TestScan:
    def test_counts_what_is_here(self, alice: User, sandbox: SandboxServer) -> None:
        account = connect(alice, sandbox)
        import_page(account, remote_list=RemoteList.VIDEOS, position="", size=10, create_lineage=False, now=NOW)

        report = scan_first(account, size=20)

        totals = sandbox.library.totals()
        assert report.total == totals["video"] + totals["upload_video"]
        assert (report.scanned, report.existing_count) == (20, 10)

    def test_does_not_count_stubs_as_here(self, alice: User, sandbox: SandboxServer) -> None:
        account = connect(alice, sandbox)
        report = import_page(account, remote_list=RemoteList.VIDEOS, position="", size=5, create_lineage=True, now=NOW)

        assert scan_first(account, size=200).existing_count == len(report.asset_ids)

    @pytest.mark.django_db(transaction=True)
    def test_reads_in_a_transaction_that_cannot_write(
        self, django_user_model: type[User], sandbox: SandboxServer
    ) -> None:
        account = connect(django_user_model.objects.create_user("alice"), sandbox)
        before = everything()

        with connection.execute_wrapper(only_reading):
            scan_first(account)

        assert everything() == before

    def test_marks_an_account_whose_key_is_dead(self, alice: User, sandbox: SandboxServer) -> None:
        account = connect(alice, sandbox, key="not-the-key")

        with pytest.raises(Authentication):
            scan_first(account)

        account.refresh_from_db()
        assert account.state == AccountState.NEEDS_SIGN_IN

    def test_asks_nothing_of_a_disabled_account(self, alice: User, sandbox: SandboxServer) -> None:
        account = connect(alice, sandbox)
        accounts.update(account, is_enabled=False, now=NOW)

        with pytest.raises(AccountDisabled):
            scan_first(account)


class TestImportPage:
    def test_brings_in_the_whole_library(self, alice: User, sandbox: SandboxServer) -> None:
        account = connect(alice, sandbox)

        created = sum(import_all(account, remote_list) for remote_list in RemoteList)

        assert created == sum(sandbox.library.totals().values())
        assert Asset.objects.owned_by(alice).listed().count() == created

    def test_makes_no_lineage_unless_asked(self, alice: User, sandbox: SandboxServer) -> None:
        import_all(connect(alice, sandbox), RemoteList.VIDEOS)

        assert not LineageEdge.objects.exists()

    def test_makes_the_true_lineage_when_asked(self, alice: User, sandbox: SandboxServer) -> None:
        account = connect(alice, sandbox)

        for remote_list in RemoteList:
            import_all(account, remote_list, create_lineage=True)

        assert edges_here(alice) == true_edges(sandbox)

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            pytest.param("http_502_html", Unavailable, id="html instead of json, 502"),
            pytest.param("truncated_json", ProtocolError, id="truncated"),
            pytest.param("cut", Unavailable, id="cut"),
        ],
    )
    def test_leaves_no_trace_when_the_provider_fails(
        self, alice: User, sandbox: SandboxServer, fault: str, error: type[Exception]
    ) -> None:
        account = connect(alice, sandbox)
        sandbox.faults.add(fault)

        with pytest.raises(error):
            import_page(account, remote_list=RemoteList.VIDEOS, position="", size=50, create_lineage=False, now=NOW)

        sandbox.faults.clear()
        assert not Asset.objects.exists()


def everything() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        tables = sorted(name for (name,) in cursor.fetchall())
        counts = []
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts.append((table, cursor.fetchone()[0]))
    return counts


def only_reading(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run a statement, and see that its transaction is read-only and was given no id to write under."""
    result = execute(sql, params, many, context)
    cursor = context["connection"].connection.cursor()
    if not transaction.get_connection().get_autocommit() and not sql.startswith("SET TRANSACTION"):
        cursor.execute("SELECT pg_current_xact_id_if_assigned(), current_setting('transaction_read_only')")
        assert cursor.fetchone() == (None, "on")
    return result


def edges_here(owner: User) -> set[tuple[Any, ...]]:
    return {
        tuple(edge)
        for edge in LineageEdge.objects.owned_by(owner).values_list(
            "child__provider_asset_id", "relation_type", "operation_type", "sequence_order"
        )
    }


def true_edges(sandbox: SandboxServer) -> set[tuple[Any, ...]]:
    return {
        (item["id"], parent["relation_type"], parent["operation_type"], parent["sequence_order"])
        for item in sandbox.library.describe(0, None)
        for parent in item["parents"]
    }
