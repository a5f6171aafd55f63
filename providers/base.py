"""Interfaces that each provider implements: an Adapter for its API and an Extractor for its payloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from common.vocabulary import MediaType, Origin
from providers.errors import UnsupportedOperation
from providers.records import AccountCheck, Name, Page, ParentRef, RemoteAsset

# The largest offset in a remote library. Every adapter accepts offsets up to it, and the API documents it.
OFFSET_MAX = 999_999_999


class InvalidPayload(ValueError):
    """The payload is not an asset. The message is the reason, as shown to the owner."""


class Capability(StrEnum):
    """Operation that an adapter supports; declared, never probed (provider contract, section 3)."""

    CHECK_ACCOUNT = "check_account"
    LIST_ASSETS = "list_assets"
    GET_ASSET = "get_asset"
    WALK_ASSETS = "walk_assets"


class RemoteList(StrEnum):
    """Lists of a remote library. Each has generated items, newest first, then uploads, newest first."""

    VIDEOS = "videos"
    IMAGES = "images"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class ListPart:
    """Part of a list that a walk of the whole library reads separately.

    `origin` is None where a provider's list mixes generated items and uploads.
    """

    remote_list: RemoteList
    origin: Origin | None

    @property
    def key(self) -> str:
        """Key of the part in database rows and API responses."""
        return f"{self.remote_list}:{self.origin}" if self.origin else str(self.remote_list)

    @classmethod
    def from_key(cls, key: str) -> ListPart:
        """Return the part that has a key. Raises ValueError when there is none."""
        name, _, origin = key.partition(":")
        return cls(RemoteList(name), Origin(origin) if origin else None)


@dataclass(frozen=True, slots=True)
class CredentialField:
    """Form field for one credential."""

    name: str
    label: str
    help_text: str
    is_secret: bool = True


@dataclass(frozen=True, slots=True)
class SignInMethod:
    """One way to connect an account; all its fields are required."""

    name: str
    label: str
    fields: tuple[CredentialField, ...]


class Extractor(Protocol):
    """Parser of stored payloads. It uses nothing else, so lineage can be rebuilt after a provider has closed.

    Every method is pure: the same payload gives the same result, without credentials, network or database.
    """

    def asset(self, payload: Any) -> RemoteAsset:
        """Parse one list or detail record. Raises InvalidPayload when it is not an asset."""

    def references(self, payload: Mapping[str, Any]) -> tuple[Name, ...]:
        """Return the names that the record has for the asset itself, most specific first."""

    def parents(self, payload: Mapping[str, Any]) -> tuple[ParentRef, ...]:
        """Return the parents that the record names, in order: one ParentRef per parent and use."""

    def without_replaced_inputs(self, kept: Any, later: Any) -> Any:
        """Return a kept payload without the inputs that a later answer for the same item replaces.

        A later answer that names an input which the kept payload lacks gives all inputs of this media type anew. One
        that names fewer of the same inputs, or none, is poorer and replaces nothing.
        """

    def identify(self, payload: Any) -> str:
        """Return the provider's ID of a record that may be malformed, "" when it has none. Never raises."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Address and credentials of one account, as an adapter needs them; never shown, logged or stored.

    `base_url` is "" for the provider's own address. `before_request` is called before every request, including
    retries. It may wait, and its exceptions propagate to the caller.
    """

    account_id: int | None
    base_url: str
    credentials: Mapping[str, str]
    before_request: Callable[[], object] = bool  # Does nothing.

    def __repr__(self) -> str:
        return f"Connection(account_id={self.account_id})"


class Adapter:
    """Client of a provider's API for one account. Constructing one sends nothing."""

    provider_id: ClassVar[str]
    display_name: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    lists: ClassVar[tuple[RemoteList, ...]] = ()
    list_parts: ClassVar[tuple[ListPart, ...]] = ()
    # Lists whose items `get_asset` can fetch by ID, most frequent first. A provider without lists may have some, too.
    fetchable_by_id: ClassVar[tuple[RemoteList, ...]] = ()
    sign_in_methods: ClassVar[tuple[SignInMethod, ...]] = ()
    page_size_max: ClassVar[int] = 100
    # Payload fields that may change while the item stays the same: last part of the field name → reason for the owner.
    volatile_fields: ClassVar[Mapping[str, str]] = {}

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def check_account(self) -> AccountCheck:
        """Request the account's name, balances and workspaces. Raises ProviderError."""
        raise self._unsupported(Capability.CHECK_ACCOUNT)

    def list_assets(self, remote_list: RemoteList, *, position: str, size: int) -> Page:
        """Return one window of a list, newest first.

        Args:
            remote_list: the list to read.
            position: "", a decimal offset in items, or `next` of an earlier Page.
            size: items wanted, 1–500. The adapter sends as many requests as the provider's own page limit requires.

        Raises:
            ProviderError: any kind. An empty page is always a successful response.
        """
        raise self._unsupported(Capability.LIST_ASSETS)

    def walk(self, part: ListPart, *, position: str, size: int) -> Page:
        """Return one window of a walk over a whole list.

        Items may be added or deleted at the provider between two calls. The walk still returns every item that is
        older than its beginning, and returns none of them twice.

        Args:
            part: the list to walk.
            position: "" for the newest item, or `next` of an earlier Page.
            size: items wanted, 1–100.

        Returns:
            A page. Its `next` can be stored (500 characters at most) and is None at the end of the list.

        Raises:
            ProviderError: any kind. An empty page is always a successful response.
        """
        raise self._unsupported(Capability.WALK_ASSETS)

    def get_asset(self, provider_asset_id: str, *, remote_list: RemoteList) -> RemoteAsset:
        """Return one item by its ID. Raises JobNotFound when the provider has no such item."""
        raise self._unsupported(Capability.GET_ASSET)

    @classmethod
    def no_list_error(cls) -> UnsupportedOperation:
        """Return the error for a provider without a library list. Its message suggests the alternative."""
        instead = " Import items by ID instead." if Capability.GET_ASSET in cls.capabilities else ""
        return UnsupportedOperation(
            f"{cls.display_name} does not offer a list of an account's items.{instead}",
            provider_id=cls.provider_id,
            operation=Capability.LIST_ASSETS.value,
        )

    def _unsupported(self, capability: Capability) -> UnsupportedOperation:
        return UnsupportedOperation(
            f"{self.display_name} does not support this operation ({capability.value.replace('_', ' ')}).",
            provider_id=self.provider_id,
            operation=capability.value,
        )


MEDIA_OF_LIST = {
    RemoteList.VIDEOS: MediaType.VIDEO,
    RemoteList.IMAGES: MediaType.IMAGE,
    RemoteList.AUDIO: MediaType.AUDIO,
}
