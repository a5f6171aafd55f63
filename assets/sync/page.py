"""Scan a provider's library without writing, and import missing items, page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.ingest.batch import ingest
from assets.ingest.results import Outcome
from assets.signals import assets_imported
from assets.sync.listing import ListedPage, record_window
from assets.sync.lookup import ScannedItem, compare
from assets.sync.unlisted import clear_unlisted
from providers import accounts, registry
from providers.base import MEDIA_OF_LIST, RemoteList
from providers.errors import ProviderError
from providers.models import ProviderAccount
from providers.pace import asking
from providers.records import InvalidItem, Page, RemoteAsset


@dataclass(frozen=True, slots=True)
class ScanReport:
    """One window of a remote list, compared with the library.

    `total` is the provider's count of the whole list, None when it gives none. `scanned` counts the window's items,
    malformed ones included. `existing_count` counts items, not names. `deleted_count` counts items that the owner
    deleted from the library. `next` is the position of the next window.
    """

    remote_list: RemoteList
    total: int | None
    scanned: int
    existing_count: int
    deleted_count: int
    items: tuple[ScannedItem, ...]
    invalid: tuple[InvalidItem, ...]
    next: str | None

    @property
    def has_more(self) -> bool:
        """True when the list continues after this window."""
        return self.next is not None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Result of importing one window of a remote list.

    `deleted` counts items that were skipped because the owner deleted them. `asset_ids` are the assets created or
    completed. `has_lineage_failed` is true when the items were imported but the requested lineage was not built; a
    later rebuild builds it.
    """

    remote_list: RemoteList
    total: int | None
    scanned: int
    created: int
    existing: int
    completed: int
    merged: int
    deleted: int
    invalid: tuple[InvalidItem, ...]
    asset_ids: tuple[int, ...]
    next: str | None
    has_lineage_failed: bool = False

    @property
    def has_more(self) -> bool:
        """True when the list continues after this window."""
        return self.next is not None


def scan(
    account: ProviderAccount,
    *,
    remote_list: RemoteList,
    position: str,
    size: int,
    before_request: Callable[[], object] = bool,
    now: datetime,
) -> ScanReport:
    """Compare one window of a remote list with the library; writes nothing in the library.

    Args:
        account: the account to read with; the caller has checked who owns it.
        remote_list: which list.
        position: "" for the newest item, a decimal offset, or an earlier report's `next`.
        size: items, 1–500.
        before_request: called before each request to the provider, to keep the account's pace.
        now: the time stored on the account if it fails.

    Raises:
        AccountDisabled: the account is disabled.
        ProviderError: the provider could not be read.

    Source: domain.md §3.
    """
    page = _read(account, remote_list, position, size, before_request, now)
    records = [item for item in page.items if isinstance(item, RemoteAsset)]
    items = compare(account.owner_id, records, provider_id=account.provider_id)
    return ScanReport(
        remote_list=remote_list,
        total=page.total,
        scanned=len(page.items),
        existing_count=sum(item.already_imported for item in items),
        deleted_count=sum(item.is_deleted for item in items),
        items=items,
        invalid=tuple(item for item in page.items if isinstance(item, InvalidItem)),
        next=page.next,
    )


def import_page(
    account: ProviderAccount,
    *,
    remote_list: RemoteList,
    position: str,
    size: int,
    create_lineage: bool,
    before_request: Callable[[], object] = bool,
    now: datetime,
) -> ImportReport:
    """Import one window of a remote list. The page is read first and stored in one transaction.

    Builds no lineage unless `create_lineage`, which rebuilds the created and completed assets.

    Args and errors: as `scan`.
    """
    page = _read(account, remote_list, position, size, before_request, now)
    batch = ingest(account.owner_id, page.items, provider_id=account.provider_id, account_id=account.pk, now=now)
    listed = ListedPage.of(page.items, batch.items, MEDIA_OF_LIST[remote_list])
    record_window(account.pk, listed, owner_id=account.owner_id)
    clear_unlisted(batch)
    answers = assets_imported.send_robust(
        sender=import_page,
        owner_id=account.owner_id,
        asset_ids=batch.lineage_ids,
        lost_name_ids=batch.lost_name_ids,
        create_lineage=create_lineage,
        now=now,
    )
    return ImportReport(
        remote_list=remote_list,
        total=page.total,
        scanned=len(page.items),
        created=batch.count(Outcome.CREATED),
        existing=batch.count(Outcome.EXISTING),
        completed=batch.count(Outcome.COMPLETED),
        merged=batch.merged,
        deleted=batch.count(Outcome.DELETED),
        invalid=tuple(
            InvalidItem(outcome.provider_asset_id, outcome.reason, _payload(item))
            for item, outcome in zip(page.items, batch.items, strict=True)
            if outcome.outcome is Outcome.INVALID
        ),
        asset_ids=tuple(batch.fresh_ids),
        next=page.next,
        has_lineage_failed=any(isinstance(answer, Exception) for _, answer in answers),
    )


def _read(
    account: ProviderAccount,
    remote_list: RemoteList,
    position: str,
    size: int,
    before_request: Callable[[], object],
    now: datetime,
) -> Page:
    accounts.require_enabled(account)
    try:
        adapter = registry.adapter(account, before_request=before_request)
        with asking(account):
            return adapter.list_assets(remote_list, position=position, size=size)
    except ProviderError as error:
        accounts.record_failure(account, error, now=now)
        raise


def _payload(item: RemoteAsset | InvalidItem) -> Any:
    return item.payload
