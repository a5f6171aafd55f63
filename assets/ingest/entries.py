"""Assets, names and decisions of one ingest batch, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assets.ingest.fitting import FittedAsset
from assets.ingest.results import Outcome
from common.vocabulary import ID_KINDS, MediaType
from providers.records import Name, RemoteAsset

# A stub that children report as different media has the first of these types.
TYPE_ORDER = tuple(MediaType)


@dataclass(slots=True, eq=False)
class Entry:
    """One asset of the batch: a stored row (`asset_id`), or a new asset (`asset_id` None until it is inserted).

    `id_name` is the asset's ID at its provider as a name; a stub may have none. `record` is the item to write when it
    differs from the row, None otherwise. `needs_parsing` is true when `payload` was merged, so that `record` must be
    extracted from it again. `payload_text` is the record's payload as JSON, "" until it is serialized. `old_payload`
    is the row's payload before this batch changed it. `has_new_url` and `has_new_type` are true when the URL or the
    media type of a stored stub changed. `joined_by` is the name by which it was merged into `absorbed_by`.
    """

    media_type: MediaType
    is_stub: bool
    asset_id: int | None = None
    provider_asset_id: str = ""
    id_name: Name | None = None
    has_account: bool = True
    payload: Any = None
    old_payload: Any = None
    record: RemoteAsset | None = None
    payload_text: str = ""
    needs_parsing: bool = False
    remote_url: str = ""
    has_new_url: bool = False
    has_new_type: bool = False
    absorbed_by: Entry | None = None
    joined_by: Name | None = None

    def current(self) -> Entry:
        """Return the entry that this one was merged into, or itself."""
        entry = self
        while entry.absorbed_by is not None:
            entry = entry.absorbed_by
        return entry

    def has_other_id(self, id_name: Name | None) -> bool:
        """Return True when both have an ID at the provider and the two differ."""
        return self.id_name is not None and id_name is not None and self.id_name != id_name

    def note_url(self, url: str) -> None:
        """Note a URL of a stub's media; of several URLs the same one is chosen in any order."""
        if self.is_stub and url and (not self.remote_url or url < self.remote_url):
            self.remote_url, self.has_new_url = url, True

    def note_type(self, media_type: MediaType) -> None:
        """Note the media type that a child reports of a stub; of several types the same one is chosen in any order."""
        if self.is_stub and TYPE_ORDER.index(media_type) < TYPE_ORDER.index(self.media_type):
            self.media_type, self.has_new_type = media_type, True

    def set_record(self, fitted: FittedAsset) -> None:
        """Write this record and its payload."""
        self.record, self.payload, self.payload_text = fitted.record, fitted.record.payload, fitted.payload_text
        self.needs_parsing = False


@dataclass(slots=True)
class Identifier:
    """A name and the entry that it identifies, None when several assets claim the name and it identifies none.

    `is_indirect` is true when only children reported the name; of a name without an entry, when only children claim it
    for several assets. `reference_id` is None until the name is a row; `is_changed` is true when that row must be
    updated. `split_from_id` is the asset from which the owner split this name's asset.
    """

    name: Name
    entry: Entry | None
    is_indirect: bool
    reference_id: int | None = None
    is_changed: bool = False
    split_from_id: int | None = None

    def holder(self) -> Entry | None:
        """Return the entry that the name identifies, None when it identifies none."""
        return self.entry.current() if self.entry else None

    def give(self, entry: Entry | None, *, is_indirect: bool) -> None:
        """Let the name identify this entry."""
        if self.holder() is not entry or self.is_indirect != is_indirect:
            self.entry, self.is_indirect, self.is_changed = entry, is_indirect, True

    def is_split_from(self, entry: Entry) -> bool:
        """Return True when the owner split this name's asset from the entry."""
        return self.split_from_id is not None and self.split_from_id == entry.asset_id


@dataclass(frozen=True, slots=True)
class Placement:
    """The decision on one record; `entry` is None, and `reason` says why, when it is not imported."""

    outcome: Outcome
    provider_asset_id: str
    entry: Entry | None = None
    reason: str = ""

    @property
    def asset_id(self) -> int | None:
        """Id of the asset, once the batch is written."""
        return self.entry.current().asset_id if self.entry else None


@dataclass(frozen=True, slots=True)
class ParentPlacement:
    """The decision on one parent; `entry` is None, and `reason` says why, when its names cannot be resolved.

    `is_contradicted` is true when the names identify two known assets and the more specific one was used.
    """

    entry: Entry | None = None
    reason: str = ""
    is_contradicted: bool = False

    @property
    def asset_id(self) -> int | None:
        """Id of the asset, once the batch is written."""
        return self.entry.current().asset_id if self.entry else None


def find_id(names: Iterable[Name]) -> Name | None:
    """Return the name that is an ID at the provider, None when there is none."""
    return next((name for name in names if name.kind in ID_KINDS), None)


def distinct(entries: Iterable[Entry | None]) -> list[Entry]:
    """Return each current entry once, in order."""
    return list(dict.fromkeys(entry.current() for entry in entries if entry))


def asset_ids(entries: Sequence[Entry]) -> tuple[int, ...]:
    """Return the ids of the current entries that are rows, each once."""
    return tuple(entry.asset_id for entry in distinct(entries) if entry.asset_id is not None)
