"""Connect, change, test and disconnect provider accounts.

No transaction is open during a request to a provider.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from common.errors import AppError
from common.hosts import InvalidHost, ascii_url
from common.text import name_problem, tidy_name
from common.versions import require_version, version_of
from providers import registry
from providers.base import SignInMethod
from providers.credentials.sealing import seal
from providers.errors import (
    AccountDisabled,
    Authentication,
    ProtocolError,
    ProviderError,
    QuotaExceeded,
    TimedOut,
    Unavailable,
)
from providers.http import address_problem
from providers.models import AccountState, ProviderAccount
from providers.pace import asking
from providers.records import AccountCheck, Balance

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LABEL_LENGTH_MAX = 80
CREDENTIAL_LENGTH_MAX = 8_192
BASE_URL_LENGTH_MAX = 300

# Account state that follows from an error. Kinds that are not listed do not concern the account itself.
STATE_BY_ERROR: dict[type[ProviderError], AccountState] = {
    Authentication: AccountState.NEEDS_SIGN_IN,
    QuotaExceeded: AccountState.NO_CREDIT,
    Unavailable: AccountState.UNREACHABLE,
    TimedOut: AccountState.UNREACHABLE,
    ProtocolError: AccountState.UNREACHABLE,
}

_WORKING_FIRST = (
    AccountState.ACTIVE,
    AccountState.UNTESTED,
    AccountState.NO_CREDIT,
    AccountState.UNREACHABLE,
    AccountState.NEEDS_SIGN_IN,
)


class InvalidAccount(AppError):
    """The account data is invalid. `errors` maps each field, or credential field, to its message."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)

    @property
    def detail(self) -> str:
        """Empty: `members` has a message per field."""
        return ""

    @property
    def members(self) -> dict[str, Any]:
        """A message per field; messages never quote the entered values."""
        errors = [
            {"location": "body", "field": field, "code": "invalid_account", "message": message}
            for field, message in self.errors.items()
        ]
        return {"errors": errors}


class AccountConflict(InvalidAccount):
    """Valid data that does not go with what is stored: the name is taken, credentials are missing, or it is gone."""

    http_status = 409
    code = "account_conflict"
    title = "The account cannot be saved like this"


def connect(
    owner: User,
    *,
    provider_id: str,
    label: str,
    base_url: str = "",
    credentials: Mapping[str, str],
    now: datetime,
) -> ProviderAccount:
    """Store an account. Sends nothing to the provider.

    Args:
        owner: the user who owns the account.
        provider_id: one of `registry.provider_ids()`.
        label: the owner's name for it, 1–80 characters, unique per provider.
        base_url: "" for the provider's own address.
        credentials: the fields of exactly one of the provider's sign-in methods.
        now: the time of connecting.

    Raises:
        InvalidAccount: with a message for every field that is wrong.
    """
    if provider_id not in registry.provider_ids():
        raise InvalidAccount({"provider_id": f"There is no provider with the ID {provider_id[:40]!r}."})
    label, credentials = tidy_name(label), _trimmed(credentials)
    base_url, address_errors = _address(base_url)
    errors = _label_errors(label) | address_errors | _credentials_errors(provider_id, credentials)
    if errors:
        raise InvalidAccount(errors)
    account = ProviderAccount(
        owner=owner,
        provider_id=provider_id,
        label=label,
        base_url=base_url,
        sealed_credentials=seal(credentials),
        created_at=now,
        updated_at=now,
    )
    _save(account)
    return account


def update(
    account: ProviderAccount,
    *,
    label: str | None = None,
    base_url: str | None = None,
    credentials: Mapping[str, str] | None = None,
    is_enabled: bool | None = None,
    now: datetime,
    version: str = "",
) -> None:
    """Change the given fields. New credentials or a new base URL set the state back to UNTESTED.

    A new base URL requires the credentials again, so that stored ones are never sent to an address they were not
    entered for. With a `version`, which `version_of_account` returned, only that version is changed.

    Raises:
        InvalidAccount: with a message for every field that is wrong; nothing is changed then.
        EditConflict: the account has another version.
    """
    with transaction.atomic():
        if version:
            stored = ProviderAccount.objects.select_for_update().filter(pk=account.pk).first()
            if stored is None:
                raise AccountConflict({"label": "This account was deleted meanwhile."})
            require_version(version, values_of(stored), version_of_account(stored))
        _update(account, label=label, base_url=base_url, credentials=credentials, is_enabled=is_enabled, now=now)


def values_of(account: ProviderAccount) -> dict[str, Any]:
    """Return the editable fields of an account that may be shown."""
    return {"label": account.label, "base_url": account.base_url, "is_enabled": account.is_enabled}


def version_of_account(account: ProviderAccount) -> str:
    """Return the version of an account's editable fields, credentials included."""
    return version_of({**values_of(account), "sealed": account.sealed_credentials})


def _update(
    account: ProviderAccount,
    *,
    label: str | None,
    base_url: str | None,
    credentials: Mapping[str, str] | None,
    is_enabled: bool | None,
    now: datetime,
) -> None:
    changes = _changes(account, label=label, base_url=base_url, credentials=credentials)
    if is_enabled is not None:
        changes["is_enabled"] = is_enabled
    if "base_url" in changes or "sealed_credentials" in changes:
        changes |= {"state": AccountState.UNTESTED, "state_detail": "", "checked_at": None}
    changes["updated_at"] = now
    for field, value in changes.items():
        setattr(account, field, value)
    _save(account, update_fields=list(changes))


def test(account: ProviderAccount, *, now: datetime) -> AccountCheck:
    """Request the account's name and balances from the provider and store them.

    The response is discarded when the account was changed during the request.

    Raises:
        ProviderError: the request failed; the account's state has been updated.
        Busy: too many requests to providers at the same time.
        AccountDisabled: the account is disabled.
    """
    try:
        with asking(account):
            check = registry.adapter(account).check_account()
    except ProviderError as error:
        record_failure(account, error, now=now)
        raise
    has_nothing = bool(check.balances) and all(balance.amount == 0 for balance in check.balances)
    _store(
        account,
        state=AccountState.NO_CREDIT if has_nothing else AccountState.ACTIVE,
        state_detail="The account has no credits left. Its library can still be imported." if has_nothing else "",
        display_name=check.display_name[:120],
        balances=[_as_json(balance) for balance in check.balances],
        checked_at=now,
    )
    return check


def record_failure(account: ProviderAccount, error: ProviderError, *, now: datetime) -> None:
    """Update the account's state from an error; kinds that do not concern the account change nothing."""
    state = next((state for kind, state in STATE_BY_ERROR.items() if isinstance(error, kind)), None)
    if state is not None:
        _store(account, state=state, state_detail=error.message[:300], checked_at=now)


def disconnect(account: ProviderAccount) -> None:
    """Delete an account and its credentials. Assets imported through it stay in the library."""
    account.delete()


def usable(owner_id: int, provider_id: str) -> list[ProviderAccount]:
    """Return an owner's enabled accounts at a provider, working ones first."""
    found = ProviderAccount.objects.filter(owner_id=owner_id, provider_id=provider_id, is_enabled=True)
    return working_first(found.order_by("label", "id"))


def working_first(found: Iterable[ProviderAccount]) -> list[ProviderAccount]:
    """Sort accounts by state, working ones first; the sort is stable."""
    return sorted(found, key=lambda account: _WORKING_FIRST.index(AccountState(account.state)))


def _changes(
    account: ProviderAccount, *, label: str | None, base_url: str | None, credentials: Mapping[str, str] | None
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    errors: dict[str, str] = {}
    if label is not None and tidy_name(label) != account.label:
        changes["label"] = tidy_name(label)
        errors |= _label_errors(changes["label"])
    address, address_errors = _address(account.base_url if base_url is None else base_url)
    if address != account.base_url:
        changes["base_url"] = address
        errors |= address_errors
    if credentials is not None:
        given = _trimmed(credentials)
        changes["sealed_credentials"] = seal(given)
        errors |= _credentials_errors(account.provider_id, given)
    if errors:
        raise InvalidAccount(errors)
    if "base_url" in changes and credentials is None:
        message = "Enter the credentials again: saved ones are not sent to a new address."
        raise AccountConflict({"credentials": message})
    return changes


def _save(account: ProviderAccount, *, update_fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            account.save(update_fields=update_fields)
    except IntegrityError as error:
        if "providers_account_unique_label" not in str(error):
            raise
        raise AccountConflict({"label": f"You already have an account named {account.label!r}."}) from None


def _store(account: ProviderAccount, **values: Any) -> None:
    unchanged = ProviderAccount.objects.filter(pk=account.pk, updated_at=account.updated_at)
    if unchanged.update(**values):
        for field, value in values.items():
            setattr(account, field, value)


def _as_json(balance: Balance) -> dict[str, Any]:
    return {"kind": balance.kind, "amount": balance.amount, "unit": balance.unit}


def _trimmed(credentials: Mapping[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in credentials.items() if value.strip()}


def _label_errors(label: str) -> dict[str, str]:
    if not label:
        return {"label": "Enter a name for the account."}
    if len(label) > LABEL_LENGTH_MAX:
        return {"label": f"Names can have up to {LABEL_LENGTH_MAX} characters."}
    problem = name_problem(label)
    return {"label": problem} if problem else {}


def _address(base_url: str) -> tuple[str, dict[str, str]]:
    """Return a base URL as it is stored, with an internationalized host name in ASCII, and what is wrong with it."""
    base_url = base_url.strip()
    if not base_url.isprintable() or " " in base_url:
        return base_url, {"base_url": "URLs cannot contain spaces, line breaks or invisible characters. Copy it again."}
    try:
        base_url = ascii_url(base_url)
    except InvalidHost as error:
        return base_url, {"base_url": str(error)}
    except ValueError:
        return base_url, {"base_url": "This is not a URL."}
    if len(base_url) > BASE_URL_LENGTH_MAX:
        return base_url, {"base_url": f"URLs can have up to {BASE_URL_LENGTH_MAX} characters."}
    problem = address_problem(base_url) if base_url else ""
    return base_url, {"base_url": problem} if problem else {}


def _credentials_errors(provider_id: str, credentials: Mapping[str, str]) -> dict[str, str]:
    methods = registry.adapter_class(provider_id).sign_in_methods
    fields = {field.name: field for method in methods for field in method.fields}
    # Values are never quoted in messages: even a wrong one may be a secret.
    errors = {name: "This provider has no such credential field." for name in credentials if name not in fields}
    for name, value in credentials.items():
        if name in fields and not _can_be_sent(value):
            errors[name] = f"{fields[name].label}: no spaces, line breaks or special characters. Copy it again."
    if not errors and not any(_field_names(method) == set(credentials) for method in methods):
        errors["credentials"] = f"Fill in one of these: {_choices(methods)}."
    return errors


def _field_names(method: SignInMethod) -> set[str]:
    return {field.name for field in method.fields}


def _choices(methods: tuple[SignInMethod, ...]) -> str:
    return "; ".join(" and ".join(field.label.lower() for field in method.fields) for method in methods)


def _can_be_sent(value: str) -> bool:
    # Credentials are sent in headers, which are limited to printable ASCII.
    is_plain = value.isascii() and value.isprintable() and " " not in value
    return is_plain and len(value) <= CREDENTIAL_LENGTH_MAX


def require_enabled(account: ProviderAccount) -> None:
    """Raise AccountDisabled when an account is disabled, before anything is sent to its provider."""
    if not account.is_enabled:
        raise AccountDisabled
