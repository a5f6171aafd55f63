"""JSON API for scanning and importing one page of a remote library."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from assets.sync import page
from assets.sync.schemas import (
    ImportAnswer,
    ImportMode,
    ImportRequest,
    RemoteOffset,
    ScanAnswer,
    imported_list,
    scanned_list,
)
from common.errors import raises
from common.schemas import Flag, PageLimit, RowId
from providers.base import RemoteList
from providers.credentials.sealing import WrongCredentialsKey
from providers.errors import AccountDisabled, ProviderError
from providers.lookups import account_or_404
from providers.models import ProviderAccount
from providers.pace import limited_turn, waiting_clock
from providers.registry import adapter_class

router = Router(tags=["library"])

LISTS_OF_MODE = {
    ImportMode.VIDEOS: (RemoteList.VIDEOS,),
    ImportMode.IMAGES: (RemoteList.IMAGES,),
    ImportMode.AUDIO: (RemoteList.AUDIO,),
    ImportMode.BOTH: (RemoteList.VIDEOS, RemoteList.IMAGES),
    ImportMode.ALL: tuple(RemoteList),
}
# These two take the lists that the provider has; the others are refused when the provider lacks their list.
LOOSE_MODES = (ImportMode.BOTH, ImportMode.ALL)


@router.get("/providers/{provider_id}/accounts/{account_id}/sync-dry-run", response=ScanAnswer)
@raises(ProviderError, AccountDisabled, WrongCredentialsKey)
def scan_account_library(
    request: HttpRequest,
    provider_id: str,
    account_id: RowId,
    limit: PageLimit = 50,
    offset: RemoteOffset = 0,
    include_images: Flag = True,
    include_audio: Flag = False,
) -> dict[str, Any]:
    """Compare a window of the remote library with your library; writes nothing.

    Requests to the provider are paced for the account, so the response may take a while.
    """
    account = _listed_account_or_404(request, provider_id, account_id)
    wanted = {RemoteList.VIDEOS: True, RemoteList.IMAGES: include_images, RemoteList.AUDIO: include_audio}
    lists = _offered(account, (name for name, is_wanted in wanted.items() if is_wanted))
    turn = _turn(account)
    scan = partial(page.scan, account, position=str(offset), size=limit, before_request=turn, now=timezone.now())
    reports = {name.value: scanned_list(scan(remote_list=name)) for name in lists}
    return _by_list(account, reports) | {"limit": limit, "offset": offset}


@router.post("/providers/{provider_id}/accounts/{account_id}/sync-assets", response=ImportAnswer)
@raises(ProviderError, AccountDisabled, WrongCredentialsKey)
def import_account_library(
    request: HttpRequest, provider_id: str, account_id: RowId, payload: ImportRequest
) -> dict[str, Any]:
    """Import a window of the remote library; builds lineage only with `create_lineage`.

    When one list fails after another was stored, the response holds both: the imported list, and an `error` for the
    failed one.
    """
    account = _listed_account_or_404(request, provider_id, account_id)
    lists = LISTS_OF_MODE[payload.mode]
    if payload.mode in LOOSE_MODES:
        lists = _offered(account, lists)
    turn = _turn(account)
    reports = {name: _import(account, name, payload, turn) for name in lists}
    failures = [report for report in reports.values() if isinstance(report, ProviderError)]
    if failures and len(failures) == len(reports):
        raise failures[0]
    return _by_list(account, {name.value: imported_list(report) for name, report in reports.items()})


def _listed_account_or_404(request: HttpRequest, provider_id: str, account_id: int) -> ProviderAccount:
    """Return the account; refuse a provider without lists, whose response would look like an empty library."""
    account = account_or_404(request, provider_id, account_id)
    declared = adapter_class(account.provider_id)
    if not declared.lists:
        raise declared.no_list_error()
    return account


def _offered(account: ProviderAccount, lists: Iterable[RemoteList]) -> tuple[RemoteList, ...]:
    offered = adapter_class(account.provider_id).lists
    return tuple(name for name in lists if name in offered)


def _import(
    account: ProviderAccount, remote_list: RemoteList, wanted: ImportRequest, turn: Callable[[], object]
) -> page.ImportReport | ProviderError:
    """Import from one list; return a failure, so that it does not hide the result of another list."""
    try:
        return page.import_page(
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


def _turn(account: ProviderAccount) -> Callable[[], object]:
    """Return the function that paces requests, shared by all lists."""
    return limited_turn(account, waiting_clock())


def _by_list(account: ProviderAccount, reports: dict[str, Any]) -> dict[str, Any]:
    nothing = dict.fromkeys(name.value for name in RemoteList)
    return {"provider_id": account.provider_id, "account_id": account.pk} | nothing | reports
