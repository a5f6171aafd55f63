"""Schemas of the JSON API for providers and accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema

from common.schemas import Body
from providers.base import Adapter, Capability, RemoteList
from providers.models import AccountState, ProviderAccount


class CredentialFieldAnswer(Schema):
    """Credential field of a sign-in method."""

    name: str
    label: str
    help_text: str
    is_secret: bool


class SignInMethodAnswer(Schema):
    """One way to connect an account; all its fields are required."""

    name: str
    label: str
    fields: list[CredentialFieldAnswer]


class ProviderAnswer(Schema):
    """A provider with its sign-in methods and capabilities."""

    provider_id: str
    display_name: str
    sign_in_methods: list[SignInMethodAnswer]
    lists: list[RemoteList]
    capabilities: list[Capability]

    @classmethod
    def of(cls, adapter: type[Adapter]) -> ProviderAnswer:
        """Build the response for one provider."""
        return cls.model_validate(
            {
                "provider_id": adapter.provider_id,
                "display_name": adapter.display_name,
                "sign_in_methods": adapter.sign_in_methods,
                "lists": list(adapter.lists),
                "capabilities": sorted(adapter.capabilities),
            }
        )


class ProviderList(Schema):
    """All providers."""

    items: list[ProviderAnswer]
    total: int
    limit: int
    offset: int


class BalanceAnswer(Schema):
    """Balance of one kind of credit; `amount` is null when the provider does not report it."""

    kind: str
    amount: float | None = None
    unit: str = ""


class AccountAnswer(Schema):
    """An account. Its credentials are never returned."""

    id: int
    provider_id: str
    label: str
    base_url: str
    is_enabled: bool
    state: AccountState
    state_detail: str
    display_name: str
    balances: list[BalanceAnswer]
    checked_at: datetime | None
    created_at: datetime
    updated_at: datetime


class AccountList(Schema):
    """Your accounts at one provider."""

    items: list[AccountAnswer]
    total: int
    limit: int
    offset: int


class AccountCheckAnswer(Schema):
    """Result of testing an account."""

    account: AccountAnswer
    workspaces: list[str]

    @classmethod
    def of(cls, account: ProviderAccount, workspaces: tuple[str, ...]) -> dict[str, Any]:
        """Build the response for one tested account."""
        return {"account": account, "workspaces": list(workspaces)}


class NewAccount(Body):
    """Account to connect; `credentials` are the fields of one of the provider's sign-in methods."""

    label: str
    base_url: str = ""
    credentials: dict[str, str]


class AccountChange(Body):
    """Changes to an account; omitted fields are kept. A new base URL requires the credentials again."""

    label: str | None = None
    base_url: str | None = None
    credentials: dict[str, str] | None = None
    is_enabled: bool | None = None
