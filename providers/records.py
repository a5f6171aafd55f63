"""Frozen dataclasses that providers return to other apps: parsed provider data before it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.vocabulary import AssetStatus, MediaType, NameKind, OperationType, Origin, RelationType

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Name:
    """Normalized identifier of an asset at its provider; stored as a reference."""

    kind: NameKind
    value: str

    def __hash__(self) -> int:
        """Hash the value alone: thousands of names are looked up per page, and few share a value."""
        return hash(self.value)


@dataclass(frozen=True, slots=True)
class RemoteAsset:
    """Parsed item of a provider, with its complete payload.

    `provider_asset_id` is never blank. `names` are the item's own names, most specific first, and include
    `Name(id_kind(media_type), provider_asset_id)`. Unknown text is "", unknown numbers and dates are None. Durations
    are in seconds, sizes in pixels, dates aware UTC. `remote_url` is "" while there is no real file.
    """

    provider_id: str
    provider_asset_id: str
    media_type: MediaType
    names: tuple[Name, ...]
    payload: Payload
    status: AssetStatus = AssetStatus.UNKNOWN
    origin: Origin = Origin.GENERATED
    operation_type: OperationType = OperationType.UNKNOWN
    title: str = ""
    prompt: str = ""
    model_name: str = ""
    remote_url: str = ""
    thumbnail_url: str = ""
    last_frame_url: str = ""
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None
    provider_created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvalidItem:
    """Item of a page that could not be parsed, with the reason as shown to the owner."""

    provider_asset_id: str
    reason: str
    payload: Any


@dataclass(frozen=True, slots=True)
class ParentRef:
    """One use of a parent, as found in a child's payload.

    `names` are all names that the payload has for the parent; extractors omit parents without names. `remote_url` is
    the address of the parent's media, "" when unknown. `transformation` holds the provider's details of this use, as
    JSON. `start_seconds` and `end_seconds` are times in the parent, `parent_frame` is the 0-based position of a frame
    there, in presentation order.
    """

    relation_type: RelationType
    operation_type: OperationType
    sequence_order: int
    media_type: MediaType
    names: tuple[Name, ...]
    remote_url: str = ""
    transformation: Mapping[str, Any] = field(default_factory=dict)
    start_seconds: float | None = None
    end_seconds: float | None = None
    parent_frame: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Window of a remote list, newest first.

    `next` is the position of the following window, None at the end; only the adapter interprets it. `total` is the
    provider's own count, None when it gives none. `complete` is False when items are known to be missing.
    """

    items: tuple[RemoteAsset | InvalidItem, ...]
    next: str | None
    total: int | None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Balance:
    """Balance of one kind of credit; amounts of different kinds are never added up.

    `amount` is None when the provider does not report it; unknown is not zero.
    """

    kind: str
    amount: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """Result of testing an account: its name, balances and workspaces."""

    display_name: str
    balances: tuple[Balance, ...]
    workspaces: tuple[str, ...] = ()
