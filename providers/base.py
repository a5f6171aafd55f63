"""The two halves a provider fills in: an Adapter that talks, and an Extractor that reads payloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from common.vocabulary import MediaType, Origin
from providers.errors import UnsupportedOperation
from providers.records import AccountCheck, Name, Page, ParentRef, RemoteAsset


class InvalidPayload(ValueError):
    """A payload that is no asset; the message is the reason in words."""


class Capability(StrEnum):
    """What an adapter can do; declared, never probed (provider contract, section 3)."""

    CHECK_ACCOUNT = "check_account"
    LIST_ASSETS = "list_assets"
    GET_ASSET = "get_asset"
    WALK_ASSETS = "walk_assets"


class RemoteList(StrEnum):
    """The lists a library is read by; each holds what was made and what was uploaded, newest first within each."""

    VIDEOS = "videos"
    IMAGES = "images"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class ListPart:
    """One list that a whole-library walk reads by itself; `origin` is None where a provider mixes what it has."""

    remote_list: RemoteList
    origin: Origin | None

    @property
    def key(self) -> str:
        """How the list is called in rows and answers."""
        return f"{self.remote_list}:{self.origin}" if self.origin else str(self.remote_list)

    @classmethod
    def from_key(cls, key: str) -> ListPart:
        """The part of a key. Raises ValueError when it is none."""
        name, _, origin = key.partition(":")
        return cls(RemoteList(name), Origin(origin) if origin else None)


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One thing a person may fill in to connect an account."""

    name: str
    label: str
    help_text: str
    is_secret: bool = True


@dataclass(frozen=True, slots=True)
class SignInMethod:
    """One way to connect an account: its fields are filled in together."""

    name: str
    label: str
    fields: tuple[CredentialField, ...]


class Extractor(Protocol):
    """Reads stored payloads and touches nothing else, so lineage can be rebuilt when a provider is gone.

    Every function is pure: the same payload gives the same answer, without credentials, network or database.
    """

    def asset(self, payload: Any) -> RemoteAsset:
        """Turn one list or detail record into an asset. Raises InvalidPayload when it is none."""

    def references(self, payload: Mapping[str, Any]) -> tuple[Name, ...]:
        """Every name the record gives to the asset itself, the most specific first."""

    def parents(self, payload: Mapping[str, Any]) -> tuple[ParentRef, ...]:
        """Every parent the record names, in order, one ParentRef a parent and use."""

    def identify(self, payload: Any) -> str:
        """The provider's id of a record that may be rotten, "" when it has none. Never raises."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What an adapter needs to speak for one account; never shown, logged or stored.

    `base_url` is "" for the provider's own address. `before_request` is called before every request, repeated ones
    included: it may wait, and whatever it raises goes through to the caller.
    """

    account_id: int | None
    base_url: str
    credentials: Mapping[str, str]
    before_request: Callable[[], object] = bool  # Does nothing.

    def __repr__(self) -> str:
        return f"Connection(account_id={self.account_id})"


class Adapter:
    """Speaks over the wire for one account. Constructing one sends nothing."""

    provider_id: ClassVar[str]
    display_name: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    lists: ClassVar[tuple[RemoteList, ...]] = ()
    list_parts: ClassVar[tuple[ListPart, ...]] = ()
    # What can be asked for by its id, the most frequent first; also where a provider has no list.
    fetchable_by_id: ClassVar[tuple[RemoteList, ...]] = ()
    sign_in_methods: ClassVar[tuple[SignInMethod, ...]] = ()
    page_size_max: ClassVar[int] = 100
    # Fields of its payloads, by their last name, that change without the item changing, each with the reason in words.
    volatile_fields: ClassVar[Mapping[str, str]] = {}

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def check_account(self) -> AccountCheck:
        """Ask who the account is and what it may spend. Raises ProviderError kinds."""
        raise self._unsupported(Capability.CHECK_ACCOUNT)

    def list_assets(self, remote_list: RemoteList, *, position: str, size: int) -> Page:
        """One window of a list, newest first.

        Args:
            remote_list: which list.
            position: "" or a decimal offset in items, or what an earlier Page called `next`.
            size: items wanted, 1–500; the adapter asks as often as the provider's own limit makes needful.

        Raises:
            ProviderError: any kind; an empty page is only ever a successful answer.
        """
        raise self._unsupported(Capability.LIST_ASSETS)

    def walk(self, part: ListPart, *, position: str, size: int) -> Page:
        """One window of a whole-list walk.

        Whatever is added or deleted at the provider between two calls, nothing older than the walk's beginning is left
        out, and what was handed out in this walk is not handed out again.

        Args:
            part: which list.
            position: "" for the newest item, or what an earlier Page called `next`.
            size: items wanted, 1–100.

        Returns:
            A page whose `next` can be stored (500 characters at most), None when the list has been walked to its end.

        Raises:
            ProviderError: any kind; an empty page is only ever a successful answer.
        """
        raise self._unsupported(Capability.WALK_ASSETS)

    def get_asset(self, provider_asset_id: str, *, remote_list: RemoteList) -> RemoteAsset:
        """One item by its id. Raises JobNotFound when the provider has no such item."""
        raise self._unsupported(Capability.GET_ASSET)

    @classmethod
    def no_list_error(cls) -> UnsupportedOperation:
        """The error of a provider that has no list to read, with what can be done instead."""
        instead = " Import single items by their ids instead." if Capability.GET_ASSET in cls.capabilities else ""
        return UnsupportedOperation(
            f"{cls.display_name} has no list of what an account holds.{instead}",
            provider_id=cls.provider_id,
            operation=Capability.LIST_ASSETS.value,
        )

    def _unsupported(self, capability: Capability) -> UnsupportedOperation:
        return UnsupportedOperation(
            f"{self.display_name} has no {capability.value.replace('_', ' ')}.",
            provider_id=self.provider_id,
            operation=capability.value,
        )


MEDIA_OF_LIST = {
    RemoteList.VIDEOS: MediaType.VIDEO,
    RemoteList.IMAGES: MediaType.IMAGE,
    RemoteList.AUDIO: MediaType.AUDIO,
}
