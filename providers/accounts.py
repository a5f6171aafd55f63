"""Connects, changes, tests and disconnects accounts.

Nothing here holds a transaction open while the provider is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from common.errors import AppError
from providers import registry
from providers.base import SignInMethod
from providers.errors import Authentication, ProtocolError, ProviderError, QuotaExceeded, TimedOut, Unavailable
from providers.http import address_problem
from providers.models import AccountState, ProviderAccount
from providers.records import AccountCheck, Balance
from providers.secrets import seal

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LABEL_LENGTH_MAX = 80
CREDENTIAL_LENGTH_MAX = 8_192
BASE_URL_LENGTH_MAX = 300

# What an error says of the account itself; the other kinds say nothing of it.
STATES_AFTER: dict[type[ProviderError], AccountState] = {
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
    """What was filled in makes no account. `errors` maps each field to its message; credentials go by their names."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)

    @property
    def detail(self) -> str:
        """The status' own: `members` has a message per field."""
        return ""

    @property
    def members(self) -> dict[str, Any]:
        """A message per field; messages never quote what was filled in."""
        errors = [
            {"location": "body", "field": field, "code": "invalid_account", "message": message}
            for field, message in self.errors.items()
        ]
        return {"errors": errors}


def connect(
    owner: User,
    *,
    provider_id: str,
    label: str,
    base_url: str = "",
    credentials: Mapping[str, str],
    now: datetime,
) -> ProviderAccount:
    """Store an account; nothing is sent to the provider yet.

    Args:
        owner: whose it will be.
        provider_id: one of `registry.provider_ids()`.
        label: what the owner calls it, 1–80 characters, once per provider.
        base_url: "" for the provider's own address.
        credentials: the fields of exactly one of the provider's sign-in methods.
        now: the time of connecting.

    Raises:
        InvalidAccount: with a message for every field that is wrong.
    """
    if provider_id not in registry.provider_ids():
        raise InvalidAccount({"provider_id": f"There is no provider called {provider_id[:40]!r}."})
    label, base_url, credentials = label.strip(), base_url.strip(), _trimmed(credentials)
    errors = _label_errors(label) | _address_errors(base_url) | _credentials_errors(provider_id, credentials)
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
) -> None:
    """Change what is given and leave the rest; new credentials or a new address make the account untested again.

    Credentials are asked for again when the address changes, so that stored ones never go where they were not meant to.

    Raises:
        InvalidAccount: with a message for every field that is wrong; nothing is changed then.
    """
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
    """Ask the provider who the account is and what it may spend, and store the answer.

    The answer is dropped when the account was changed meanwhile.

    Raises:
        ProviderError: what went wrong, after the account's state says so.
    """
    try:
        check = registry.adapter(account).check_account()
    except ProviderError as error:
        record_failure(account, error, now=now)
        raise
    has_nothing = bool(check.balances) and all(balance.amount == 0 for balance in check.balances)
    _store(
        account,
        state=AccountState.NO_CREDIT if has_nothing else AccountState.ACTIVE,
        state_detail="The account has no credits left. Its library can still be read." if has_nothing else "",
        display_name=check.display_name[:120],
        balances=[_as_json(balance) for balance in check.balances],
        checked_at=now,
    )
    return check


def record_failure(account: ProviderAccount, error: ProviderError, *, now: datetime) -> None:
    """Let the account's state say what an error says of it; errors that say nothing of it change nothing."""
    state = next((state for kind, state in STATES_AFTER.items() if isinstance(error, kind)), None)
    if state is not None:
        _store(account, state=state, state_detail=error.message[:300], checked_at=now)


def disconnect(account: ProviderAccount) -> None:
    """Forget an account and its credentials; what was imported through it stays in the library."""
    account.delete()


def usable(owner_id: int, provider_id: str) -> list[ProviderAccount]:
    """Somebody's accounts at a provider that are switched on, those that work before those that were refused."""
    found = ProviderAccount.objects.filter(owner_id=owner_id, provider_id=provider_id, is_enabled=True)
    return working_first(found.order_by("label", "id"))


def working_first(found: Iterable[ProviderAccount]) -> list[ProviderAccount]:
    """The same accounts by what their providers last said of them; equals stay in the order they have."""
    return sorted(found, key=lambda account: _WORKING_FIRST.index(AccountState(account.state)))


def _changes(
    account: ProviderAccount, *, label: str | None, base_url: str | None, credentials: Mapping[str, str] | None
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    errors: dict[str, str] = {}
    if label is not None and label.strip() != account.label:
        changes["label"] = label.strip()
        errors |= _label_errors(changes["label"])
    if base_url is not None and base_url.strip() != account.base_url:
        changes["base_url"] = base_url.strip()
        errors |= _address_errors(changes["base_url"])
        if credentials is None:
            errors["credentials"] = "Give the credentials again: stored ones are not sent to another address."
    if credentials is not None:
        given = _trimmed(credentials)
        changes["sealed_credentials"] = seal(given)
        errors |= _credentials_errors(account.provider_id, given)
    if errors:
        raise InvalidAccount(errors)
    return changes


def _save(account: ProviderAccount, *, update_fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            account.save(update_fields=update_fields)
    except IntegrityError as error:
        if "providers_account_unique_label" not in str(error):
            raise
        raise InvalidAccount({"label": f"You already have an account called {account.label!r} there."}) from None


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
        return {"label": "Give the account a name of your own."}
    if len(label) > LABEL_LENGTH_MAX:
        return {"label": f"A name has at most {LABEL_LENGTH_MAX} characters."}
    return {} if label.isprintable() else {"label": "A name is one line of readable text."}


def _address_errors(base_url: str) -> dict[str, str]:
    if len(base_url) > BASE_URL_LENGTH_MAX:
        return {"base_url": f"An address has at most {BASE_URL_LENGTH_MAX} characters."}
    if not _is_plain(base_url):
        return {"base_url": "An address has no spaces, line breaks or unusual characters. Copy it again."}
    problem = address_problem(base_url) if base_url else ""
    return {"base_url": problem} if problem else {}


def _credentials_errors(provider_id: str, credentials: Mapping[str, str]) -> dict[str, str]:
    methods = registry.adapter_class(provider_id).sign_in_methods
    fields = {field.name: field for method in methods for field in method.fields}
    # No value is ever quoted: it is a secret, also when it is a wrong one.
    errors = {name: "This provider asks for no such thing." for name in credentials if name not in fields}
    for name, value in credentials.items():
        if name in fields and not _can_be_sent(value):
            errors[name] = f"{fields[name].label}: no spaces, line breaks or unusual characters. Copy it again."
    if not errors and not any(_field_names(method) == set(credentials) for method in methods):
        errors["credentials"] = f"Fill in one of these: {_choices(methods)}."
    return errors


def _field_names(method: SignInMethod) -> set[str]:
    return {field.name for field in method.fields}


def _choices(methods: tuple[SignInMethod, ...]) -> str:
    return "; ".join(" and ".join(field.label.lower() for field in method.fields) for method in methods)


def _can_be_sent(value: str) -> bool:
    # Credentials travel in headers, which hold printable ASCII.
    return _is_plain(value) and len(value) <= CREDENTIAL_LENGTH_MAX


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


class AccountDisabled(AppError):
    """The owner has disabled the account; the provider was not contacted."""

    http_status = 409
    code = "account_disabled"
    title = "The account is disabled"
