"""JSON API of providers and accounts. Credentials are accepted and never returned."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status

from common.auth import request_user
from common.errors import raises
from common.schemas import PageLimit, PageOffset, RowId
from common.versions import EditConflict
from common.versions.http import IfMatch, set_etag
from providers import accounts
from providers.accounts import InvalidAccount
from providers.credentials.sealing import WrongCredentialsKey
from providers.errors import AccountDisabled, ProviderError
from providers.lookups import account_or_404, provider_or_404
from providers.models import ProviderAccount
from providers.registry import adapter_class, provider_ids
from providers.schemas import (
    AccountAnswer,
    AccountChange,
    AccountCheckAnswer,
    AccountList,
    NewAccount,
    ProviderAnswer,
    ProviderList,
)

router = Router(tags=["providers"])


@router.get("/providers", response=ProviderList)
def list_providers(request: HttpRequest) -> dict[str, Any]:
    """List the providers, their sign-in methods and their capabilities."""
    known = [ProviderAnswer.of(adapter_class(provider_id)) for provider_id in provider_ids()]
    return {"items": known, "total": len(known), "limit": len(known), "offset": 0}


@router.get("/providers/{provider_id}/accounts", response=AccountList)
def list_accounts(
    request: HttpRequest, provider_id: str, limit: PageLimit = 50, offset: PageOffset = 0
) -> dict[str, Any]:
    """List your accounts at a provider, sorted by label."""
    provider_or_404(provider_id)
    rows = ProviderAccount.objects.filter(owner=request_user(request), provider_id=provider_id).order_by("label", "pk")
    return {"items": rows[offset : offset + limit], "total": rows.count(), "limit": limit, "offset": offset}


@router.post("/providers/{provider_id}/accounts", response={201: AccountAnswer})
@raises(InvalidAccount)
def connect_account(request: HttpRequest, provider_id: str, payload: NewAccount) -> Status[ProviderAccount]:
    """Connect an account. Nothing is sent to the provider until the account is tested or used."""
    provider_or_404(provider_id)
    account = accounts.connect(
        request_user(request),
        provider_id=provider_id,
        label=payload.label,
        base_url=payload.base_url,
        credentials=payload.credentials,
        now=timezone.now(),
    )
    return Status(201, account)


@router.get("/providers/{provider_id}/accounts/{account_id}", response=AccountAnswer)
def get_account(request: HttpRequest, response: HttpResponse, provider_id: str, account_id: RowId) -> ProviderAccount:
    """Return one account with its last known state and its ETag."""
    account = account_or_404(request, provider_id, account_id)
    set_etag(response, accounts.version_of_account(account))
    return account


@router.patch("/providers/{provider_id}/accounts/{account_id}", response=AccountAnswer)
@raises(InvalidAccount, EditConflict)
def change_account(
    request: HttpRequest,
    response: HttpResponse,
    provider_id: str,
    account_id: RowId,
    payload: AccountChange,
    if_match: IfMatch = "",
) -> ProviderAccount:
    """Rename, enable or disable an account, or replace its credentials; with If-Match, only the version you read."""
    account = account_or_404(request, provider_id, account_id)
    accounts.update(
        account,
        label=payload.label,
        base_url=payload.base_url,
        credentials=payload.credentials,
        is_enabled=payload.is_enabled,
        now=timezone.now(),
        version=if_match,
    )
    set_etag(response, accounts.version_of_account(account))
    return account


@router.delete("/providers/{provider_id}/accounts/{account_id}", response={204: None})
def disconnect_account(request: HttpRequest, provider_id: str, account_id: RowId) -> Status[None]:
    """Delete an account and its credentials. Assets imported through it stay in the library."""
    accounts.disconnect(account_or_404(request, provider_id, account_id))
    return Status(204, None)


@router.post("/providers/{provider_id}/accounts/{account_id}/test", response=AccountCheckAnswer)
@raises(ProviderError, AccountDisabled, WrongCredentialsKey)
def test_account(request: HttpRequest, provider_id: str, account_id: RowId) -> dict[str, Any]:
    """Test an account: request its name, balances and workspaces from the provider."""
    account = account_or_404(request, provider_id, account_id)
    check = accounts.test(account, now=timezone.now())
    return AccountCheckAnswer.of(account, check.workspaces)
