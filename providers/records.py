"""Frozen values that cross app borders: what a provider said, in Stemma's words, before it is a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.vocabulary import AssetStatus, MediaType, NameKind, OperationType, Origin, RelationType

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Name:
    """One way by which a provider knows an asset, normalised; a reference before it is a row."""

    kind: NameKind
    value: str

    def __hash__(self) -> int:
        """By the value alone: a page's names are looked up by the thousand, and hardly two share one."""
        return hash(self.value)


@dataclass(frozen=True, slots=True)
class RemoteAsset:
    """One item of a provider in Stemma's words, with its payload whole.

    `provider_asset_id` is never blank. `names` are the item's own names, the most specific first, and include
    `Name(ID, provider_asset_id)`. Text that is not known is "", numbers and dates that are not known are None;
    lengths are seconds, sizes pixels, dates aware UTC. `remote_url` is "" while there is no real file.
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
    """An item of a page that could not be read: what came, and why it is no asset."""

    provider_asset_id: str
    reason: str
    payload: Any


@dataclass(frozen=True, slots=True)
class ParentRef:
    """What a payload says of one parent: every name it gives for it, and how it was used.

    `names` may be empty only in a payload that names nothing; extractors leave such parents out. `remote_url` is
    where the parent's media may be seen, "" when unknown. `transformation` is what the provider said of this one
    use; it is JSON. `start_seconds` and `end_seconds` are times in the parent.
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


@dataclass(frozen=True, slots=True)
class Page:
    """A window of a remote list, newest first.

    `next` is the position of the window after this one, None at the end; only the adapter reads it. `total` is the
    provider's own count, None when it gives none. `complete` is False when items are known to be left out.
    """

    items: tuple[RemoteAsset | InvalidItem, ...]
    next: str | None
    total: int | None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Balance:
    """One kind of credit an account holds; amounts of different kinds are never added up.

    `amount` None means the provider did not say; unknown is not zero.
    """

    kind: str
    amount: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """What the provider said when an account was tested: who it is and what it may spend."""

    display_name: str
    balances: tuple[Balance, ...]
    workspaces: tuple[str, ...] = ()
