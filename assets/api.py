"""The library as JSON: its assets, and looking at and importing from remote libraries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from assets import removal, sync
from assets.consequences import foresee
from assets.library import browse, matching
from assets.models import Asset
from assets.pace import Clock, Pace
from assets.schemas import (
    AssetDetail,
    AssetList,
    ImportAnswer,
    ImportMode,
    ImportRequest,
    LibraryQuery,
    RemovalForeseen,
    ScanAnswer,
    imported_list,
    scanned_list,
)
from providers.api import account_or_404, asker
from providers.base import RemoteList
from providers.errors import ProviderError
from providers.models import ProviderAccount
from providers.registry import adapter_class
from providers.schemas import PageLimit, PageOffset, RowId

router = Router(tags=["library"])

LISTS_OF_MODE = {
    ImportMode.VIDEOS: (RemoteList.VIDEOS,),
    ImportMode.IMAGES: (RemoteList.IMAGES,),
    ImportMode.AUDIO: (RemoteList.AUDIO,),
    ImportMode.BOTH: (RemoteList.VIDEOS, RemoteList.IMAGES),
    ImportMode.ALL: tuple(RemoteList),
}
# These two mean whatever of it the provider has; the others name a list, and are refused where it is missing.
LOOSE_MODES = (ImportMode.BOTH, ImportMode.ALL)


@router.get("/providers/{provider_id}/accounts/{account_id}/sync-dry-run", response=ScanAnswer)
def scan_account_library(
    request: HttpRequest,
    provider_id: str,
    account_id: RowId,
    limit: PageLimit = 50,
    offset: PageOffset = 0,
    include_images: bool = True,
    include_audio: bool = False,
) -> dict[str, Any]:
    """Say what a window of the remote library holds and which of it is already here; writes nothing.

    The provider is asked at the account's pace, so the answer takes its time.
    """
    account = _listed_account_or_404(request, provider_id, account_id)
    wanted = {RemoteList.VIDEOS: True, RemoteList.IMAGES: include_images, RemoteList.AUDIO: include_audio}
    lists = _offered(account, (name for name, is_wanted in wanted.items() if is_wanted))
    scan = partial(sync.scan, account, position=str(offset), size=limit, before_request=_turn(), now=timezone.now())
    reports = {name.value: scanned_list(scan(remote_list=name)) for name in lists}
    return _by_list(account, reports) | {"limit": limit, "offset": offset}


@router.post("/providers/{provider_id}/accounts/{account_id}/sync-assets", response=ImportAnswer)
def import_account_library(
    request: HttpRequest, provider_id: str, account_id: RowId, payload: ImportRequest
) -> dict[str, Any]:
    """Import a window of the remote library; no lineage is made unless asked for.

    When one list fails after another was stored, the answer holds both: what came in, and an `error` for the rest.
    """
    account = _listed_account_or_404(request, provider_id, account_id)
    lists = LISTS_OF_MODE[payload.mode]
    if payload.mode in LOOSE_MODES:
        lists = _offered(account, lists)
    turn = _turn()
    reports = {name: _import(account, name, payload, turn) for name in lists}
    failures = [report for report in reports.values() if isinstance(report, ProviderError)]
    if failures and len(failures) == len(reports):
        raise failures[0]
    return _by_list(account, {name.value: imported_list(report) for name, report in reports.items()})


@router.get("/assets", response=AssetList)
def list_assets(
    request: HttpRequest,
    query: Annotated[LibraryQuery, Query()],
    limit: PageLimit = 50,
    cursor: Annotated[str, Query(max_length=500)] = "",
    with_total: bool = False,
) -> dict[str, Any]:
    """Your library, newest first by the provider's own dates, one page at a time."""
    owner, wanted = asker(request), query.filter()
    page = browse(owner.pk, wanted, cursor=cursor, size=limit)
    return {
        "items": page.items,
        "limit": limit,
        "next_cursor": page.next_cursor,
        "previous_cursor": page.previous_cursor,
        "total": matching(owner.pk, wanted).count() if with_total else None,
    }


@router.get("/assets/{asset_id}", response=AssetDetail)
def get_asset(request: HttpRequest, asset_id: RowId) -> Asset:
    """One asset with every name it has and its payload."""
    return get_object_or_404(Asset.objects.owned_by(asker(request)).defer("search_vector"), pk=asset_id)


@router.delete("/assets/{asset_id}", response={204: None})
def delete_asset(request: HttpRequest, asset_id: RowId) -> Status[None]:
    """Delete an asset here; nothing happens at the provider, and imports leave it out from now on.

    One that others were made from stays as a stub: a bare name in their lineage, with the day as `deleted_at`. Ask
    `removal` first to know what hangs on it.
    """
    owner = asker(request)
    get_object_or_404(Asset.objects.owned_by(owner).only("pk"), pk=asset_id)
    removal.delete(owner.pk, [asset_id], now=timezone.now())
    return Status(204, None)


@router.get("/assets/{asset_id}/removal", response=RemovalForeseen)
def foresee_removal(request: HttpRequest, asset_id: RowId) -> dict[str, Any]:
    """Say what deleting an asset would do and what hangs on it; nothing is deleted."""
    owner = asker(request)
    get_object_or_404(Asset.objects.owned_by(owner).only("pk"), pk=asset_id)
    found = foresee(owner.pk, [asset_id])
    return {"asset_id": asset_id, "stays_as_stub": bool(found.marked_ids), **asdict(found)}


def _listed_account_or_404(request: HttpRequest, provider_id: str, account_id: int) -> ProviderAccount:
    """The account, if its provider has a list at all: an answer without any list would look like an empty library."""
    account = account_or_404(request, provider_id, account_id)
    declared = adapter_class(account.provider_id)
    if not declared.lists:
        raise declared.without_list()
    return account


def _offered(account: ProviderAccount, lists: Iterable[RemoteList]) -> tuple[RemoteList, ...]:
    offered = adapter_class(account.provider_id).lists
    return tuple(name for name in lists if name in offered)


def _import(
    account: ProviderAccount, remote_list: RemoteList, wanted: ImportRequest, turn: Callable[[], object]
) -> sync.ImportReport | ProviderError:
    """Import from one list; a failure is handed back, so that it does not hide what another list brought."""
    try:
        return sync.import_page(
            account,
            remote_list=remote_list,
            position=str(wanted.offset),
            size=wanted.limit,
            create_lineage=wanted.create_lineage,
            before_request=turn,
            now=timezone.now(),
        )
    except ProviderError as error:
        return error


def _turn() -> Callable[[], object]:
    """What waits for the account's turn before each request, of whichever list."""
    return Pace(Clock(now=timezone.now, sleep=time.sleep)).wait


def _by_list(account: ProviderAccount, reports: dict[str, Any]) -> dict[str, Any]:
    nothing = dict.fromkeys(name.value for name in RemoteList)
    return {"provider_id": account.provider_id, "account_id": account.pk} | nothing | reports
