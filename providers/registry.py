"""Registry of providers, listed by hand; each is imported on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.utils.module_loading import import_string

from providers.base import Adapter, Connection, Extractor
from providers.credentials.sealing import open_sealed
from providers.errors import AccountDisabled

if TYPE_CHECKING:
    from providers.models import ProviderAccount


class UnknownProvider(LookupError):
    """There is no provider with that ID."""

    def __init__(self, provider_id: str) -> None:
        super().__init__(f"There is no provider with the ID {provider_id!r}.")
        self.provider_id = provider_id


@dataclass(frozen=True, slots=True)
class _Entry:
    adapter: str
    extractor: str


_providers: dict[str, _Entry] = {
    "pixverse": _Entry(
        adapter="providers.pixverse.adapter.PixverseAdapter",
        extractor="providers.pixverse.extractor.PixverseExtractor",
    ),
}


def provider_ids() -> tuple[str, ...]:
    """Return the IDs of all providers, in display order."""
    return tuple(_providers)


def adapter_class(provider_id: str) -> type[Adapter]:
    """Return a provider's adapter class, which declares its lists, capabilities and sign-in methods.

    Raises:
        UnknownProvider: there is no such provider.
    """
    return cast(type[Adapter], import_string(_entry(provider_id).adapter))


def adapter(account: ProviderAccount, *, before_request: Callable[[], object] = bool) -> Adapter:
    """Return the adapter of an account, its credentials decrypted. Sends nothing.

    Args:
        account: the account to use.
        before_request: called before each request of the adapter; it may wait or raise.

    Raises:
        AccountDisabled: the account is disabled, so that nothing may be sent for it.
        UnknownProvider: there is no such provider.
        WrongCredentialsKey: no key decrypts the account's credentials.
    """
    if not account.is_enabled:
        raise AccountDisabled
    connection = Connection(
        account_id=account.pk,
        base_url=account.base_url,
        credentials=open_sealed(account.sealed_credentials),
        before_request=before_request,
    )
    return adapter_class(account.provider_id)(connection)


def extractor(provider_id: str) -> Extractor:
    """Return the extractor of a provider's payloads. It needs no account. Raises UnknownProvider."""
    return cast(Extractor, import_string(_entry(provider_id).extractor)())


@contextmanager
def registered(provider_id: str, *, adapter: str, extractor: str) -> Iterator[None]:
    """Register a provider by dotted paths inside a `with` block. For tests only."""
    before: Any = _providers.get(provider_id)
    _providers[provider_id] = _Entry(adapter=adapter, extractor=extractor)
    try:
        yield
    finally:
        if before is None:
            del _providers[provider_id]
        else:
            _providers[provider_id] = before


def _entry(provider_id: str) -> _Entry:
    try:
        return _providers[provider_id]
    except KeyError:
        raise UnknownProvider(provider_id) from None
