"""Schemas of the JSON API for providers and accounts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from ninja import Schema
from pydantic import Field

from common.schemas import Body, JsonBool
from common.text import NAME_PATTERN
from providers.accounts import BASE_URL_LENGTH_MAX, CREDENTIAL_LENGTH_MAX, LABEL_LENGTH_MAX
from providers.base import Adapter, Capability, RemoteList
from providers.models import AccountState, ProviderAccount
from providers.registry import adapter_class, provider_ids


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


def _credentials_schema(schema: dict[str, Any]) -> None:
    """Describe the fields of each sign-in method, which `accounts.connect` demands."""
    value = {"type": "string", "minLength": 1, "maxLength": CREDENTIAL_LENGTH_MAX, "pattern": "^[!-~]+$"}
    methods = [method for name in provider_ids() for method in adapter_class(name).sign_in_methods]
    schema["anyOf"] = [
        {
            "type": "object",
            "title": method.label,
            "properties": {field.name: value for field in method.fields},
            "required": [field.name for field in method.fields],
            "additionalProperties": False,
        }
        for method in methods
    ]


def _base_url_schema(schema: dict[str, Any]) -> None:
    """Describe the addresses that `accounts.connect` allows, international host names in ASCII."""
    hosts = "|".join(re.escape(host) for host in settings.STEMMA_PRIVATE_HOSTS if "*" not in host)
    plain = f"|http://({hosts}){_REST_OF_URL}" if hosts else ""
    schema |= {"maxLength": BASE_URL_LENGTH_MAX, "pattern": f"^(https://{_HOST}{_REST_OF_URL}{plain})?$"}


_HOST = r"[a-z][a-z0-9]{0,50}(\.[a-z][a-z0-9]{0,50}){1,3}"
_REST_OF_URL = r"(:[1-9][0-9]{0,3})?(/[a-z0-9/_-]{0,60})?"

_LABEL_SCHEMA: dict[str, Any] = {"minLength": 1, "maxLength": LABEL_LENGTH_MAX, "pattern": NAME_PATTERN}
Label = Annotated[str, Field(json_schema_extra=_LABEL_SCHEMA)]
BaseUrl = Annotated[str, Field(json_schema_extra=_base_url_schema)]
Credentials = Annotated[dict[str, str], Field(json_schema_extra=_credentials_schema)]


class NewAccount(Body):
    """Account to connect; `credentials` are the fields of one of the provider's sign-in methods."""

    label: Label
    base_url: BaseUrl = ""
    credentials: Credentials


class AccountChange(Body):
    """Changes to an account; omitted fields are kept. A new base URL requires the credentials again."""

    label: Label | None = None
    base_url: BaseUrl | None = None
    credentials: Credentials | None = None
    is_enabled: JsonBool | None = None
