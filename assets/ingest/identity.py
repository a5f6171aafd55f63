"""Match records and parents of one ingest batch to assets by their names, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.ingest.fitting import FittedAsset
from assets.ingest.payload_merge import enrich
from assets.ingest.results import Outcome
from common.vocabulary import MediaType
from providers.records import InvalidItem, Name, ParentRef, RemoteAsset


@dataclass(frozen=True, slots=True)
class OtherPayload:
    """A payload that was merged away: the same thing under another id of the provider."""

    provider_asset_id: str
    payload: Any


@dataclass(slots=True, eq=False)
class Entry:
    """One asset of the batch: a stored row (`asset_id`), or a new asset (`asset_id` None until it is inserted).

    `record` is the item to write when it differs from the row, None otherwise. `needs_parsing` is true when `payload`
    was merged or moved, so that `record` must be extracted from it again. `payload_text` is the record's payload as
    JSON, "" until it is serialized. `has_new_url` is true when a stub's `remote_url` changed. `other_payloads` belong
    to other ids of the same thing; `is_replaced` is true when one of them took the place of the row's own payload.
    """

    media_type: MediaType
    is_stub: bool
    asset_id: int | None = None
    provider_asset_id: str = ""
    payload: Any = None
    record: RemoteAsset | None = None
    payload_text: str = ""
    needs_parsing: bool = False
    remote_url: str = ""
    has_new_url: bool = False
    absorbed_by: Entry | None = None
    other_payloads: list[OtherPayload] = field(default_factory=list)
    is_replaced: bool = False

    def current(self) -> Entry:
        """Return the entry that this one was merged into, or itself."""
        entry = self
        while entry.absorbed_by is not None:
            entry = entry.absorbed_by
        return entry

    def note_url(self, url: str) -> None:
        """Note a URL of a stub's media; of several URLs the same one is chosen in any order."""
        if self.is_stub and url and (not self.remote_url or url < self.remote_url):
            self.remote_url, self.has_new_url = url, True

    def set_record(self, fitted: FittedAsset) -> None:
        """Write this record and its payload."""
        self.record, self.payload, self.payload_text = fitted.record, fitted.record.payload, fitted.payload_text
        self.needs_parsing = False

    def store(self, fitted: FittedAsset) -> None:
        """Merge a record of this asset into what is to be written."""
        record = fitted.record
        if self.payload is not None and self._has_other_id(record):
            self._store_other_id(fitted)
            return
        self.provider_asset_id = record.provider_asset_id
        if self.payload is None:
            self.set_record(fitted)
            return
        if record.payload == self.payload:
            return
        payload = enrich(self.payload, record.payload)
        if payload == self.payload:
            return
        if payload == record.payload:
            self.set_record(fitted)
        else:
            # The record stands in, should the merged payload be unreadable.
            self.record, self.payload, self.payload_text = record, payload, ""
            self.needs_parsing = True

    def _has_other_id(self, record: RemoteAsset) -> bool:
        return not self.is_stub and bool(self.provider_asset_id) and self.provider_asset_id != record.provider_asset_id

    def _store_other_id(self, fitted: FittedAsset) -> None:
        # One thing under two ids: the payload of the older id is kept, so that import order cannot change the result.
        record = fitted.record
        if is_older_id(self.provider_asset_id, record.provider_asset_id):
            self.other_payloads.append(OtherPayload(record.provider_asset_id, record.payload))
            return
        self.other_payloads.append(OtherPayload(self.provider_asset_id, self.payload))
        self.provider_asset_id = record.provider_asset_id
        self.set_record(fitted)
        self.is_replaced = True


@dataclass(slots=True)
class Identifier:
    """A name and the entry that it identifies.

    `is_indirect` is true when only a child reported the name. `reference_id` is None until the name is a row;
    `is_changed` is true when that row must be updated.
    """

    name: Name
    entry: Entry
    is_indirect: bool
    reference_id: int | None = None
    is_changed: bool = False


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


@dataclass(slots=True)
class IdentityIndex:
    """All names of a batch, each with the asset it identifies, and the changes that the batch makes.

    An item is the same asset as everything that shares one of its own names. An indirect name, which only a child
    reports of its parent, finds an asset, but is reassigned to an item that has the name itself.

    `stored` are entries of rows; `created` are new ones; `merged` became part of others; `emptied` are stubs that lost
    a name; `lost_names` are complete assets that lost an indirect name, so that edges resting on it may belong to
    another asset. `deleted` are names of assets that the owner deleted. `free_ids` are unused asset ids.
    """

    identifiers: dict[Name, Identifier] = field(default_factory=dict)
    stored: list[Entry] = field(default_factory=list)
    created: list[Entry] = field(default_factory=list)
    merged: list[Entry] = field(default_factory=list)
    emptied: list[Entry] = field(default_factory=list)
    lost_names: list[Entry] = field(default_factory=list)
    deleted: set[tuple[Name, MediaType]] = field(default_factory=set)
    free_ids: list[int] = field(default_factory=list)

    def place(self, item: FittedAsset | InvalidItem) -> Placement:
        """Find or create the entry of an item by its own names, and merge the item into it.

        Entries that share a name with the item become one. An item is refused when an entry is other media.
        """
        if isinstance(item, InvalidItem):
            return Placement(Outcome.INVALID, item.provider_asset_id, reason=item.reason)
        record = item.record
        matches = self._matches_of(record)
        if self._is_deleted(record, matches):
            return Placement(Outcome.DELETED, record.provider_asset_id, reason="You deleted it from the library.")
        if any(match.media_type != record.media_type for match in matches):
            reason = f"It shares an ID or file with {_other_media(matches, record.media_type)}."
            return Placement(Outcome.INVALID, record.provider_asset_id, reason=reason)
        if matches:
            outcome = Outcome.COMPLETED if all(match.is_stub for match in matches) else Outcome.EXISTING
            entry = self._join(matches)
        else:
            outcome = Outcome.CREATED
            entry = self._create(Entry(record.media_type, is_stub=False, provider_asset_id=record.provider_asset_id))
        for name in record.names:
            self._assign(name, entry)
        entry.is_stub = False
        entry.store(item)
        return Placement(outcome, record.provider_asset_id, entry)

    def resolve(self, parent: ParentRef) -> ParentPlacement:
        """Find or create the entry that a parent's names identify.

        Complete assets are never joined here, nor changed: of two, the one with the more specific name is used. A
        parent is refused when every name belongs to other media.
        """
        if not parent.names:
            return ParentPlacement(reason="The provider gives no ID or file for it.")
        found = [identifier for name in parent.names if (identifier := self.identifiers.get(name))]
        if (entry := _only_entry(found)) and len(found) == len(parent.names) and entry.media_type == parent.media_type:
            entry.note_url(parent.remote_url)
            return ParentPlacement(entry)
        fitting = [identifier for identifier in found if identifier.entry.current().media_type == parent.media_type]
        if found and not fitting and not all(_may_reassign(identifier, parent.media_type) for identifier in found):
            reason = f"It is reported as {parent.media_type.label.lower()}, but its ID or file is other media."
            return ParentPlacement(reason=reason)
        # A stub remains a stub here, even with a direct name, so that no entry is on both sides of a merge.
        stubs = _distinct(identifier.entry for identifier in fitting if identifier.entry.current().is_stub)
        complete = [identifier for identifier in fitting if identifier.entry.current() not in stubs]
        direct = _distinct(identifier.entry for identifier in complete if not identifier.is_indirect)
        indirect = _distinct(identifier.entry for identifier in complete if identifier.is_indirect)
        # An indirect name that children give to different assets is the oldest one's, in any order of reading.
        candidates = [*direct[:1], *sorted(indirect, key=_id_order)]
        entry = self._absorb_stubs(candidates, stubs) or self._create(Entry(parent.media_type, is_stub=True))
        entry.note_url(parent.remote_url)
        for name in parent.names:
            self._assign_indirect(name, entry)
        return ParentPlacement(entry, is_contradicted=len(direct) > 1)

    def entries_to_insert(self) -> list[Entry]:
        """Return the new entries that are not merged into others and have a name left."""
        named = {id(identifier.entry.current()) for identifier in self.identifiers.values()}
        return [entry for entry in self.created if entry.absorbed_by is None and id(entry) in named]

    def identifiers_to_insert(self) -> list[Identifier]:
        """Return the identifiers that are not rows yet."""
        return [identifier for identifier in self.identifiers.values() if identifier.reference_id is None]

    def identifiers_to_update(self) -> list[Identifier]:
        """Return the identifiers whose rows must change."""
        return [
            identifier
            for identifier in self.identifiers.values()
            if identifier.is_changed and identifier.reference_id is not None
        ]

    def survivors(self) -> dict[int, int]:
        """Return absorbed asset id → survivor's id, for merged rows; call it once new assets have ids."""
        return {
            entry.asset_id: survivor.asset_id
            for entry in self.merged
            if entry.asset_id is not None and (survivor := entry.current()).asset_id is not None
        }

    def merge_count(self) -> int:
        """Return the number of rows that were merged into others."""
        return sum(entry.asset_id is not None for entry in self.merged)

    def lost_name_ids(self) -> tuple[int, ...]:
        """Return the ids of the assets that lost an indirect name to an item."""
        return tuple({entry.asset_id for lost in self.lost_names if (entry := lost.current()).asset_id is not None})

    def _matches_of(self, record: RemoteAsset) -> list[Entry]:
        matches = []
        for name in record.names:
            identifier = self.identifiers.get(name)
            if identifier is None:
                continue
            entry = identifier.entry.current()
            if not identifier.is_indirect or (entry.is_stub and entry.media_type == record.media_type):
                matches.append(entry)
        return _distinct(matches)

    def _is_deleted(self, record: RemoteAsset, matches: Sequence[Entry]) -> bool:
        """Tell whether the owner deleted the item: it has a deleted name, and matches no complete asset."""
        if not self.deleted or not any((name, record.media_type) in self.deleted for name in record.names):
            return False
        return all(match.is_stub for match in matches)

    def _assign(self, name: Name, entry: Entry) -> None:
        identifier = self.identifiers.get(name)
        if identifier is None:
            self.identifiers[name] = Identifier(name, entry, is_indirect=False, is_changed=True)
            return
        loser = identifier.entry.current()
        if loser is not entry and loser.is_stub:
            self.emptied.append(loser)
        elif loser is not entry:
            self.lost_names.append(loser)
        if loser is not entry or identifier.is_indirect:
            identifier.entry, identifier.is_indirect, identifier.is_changed = entry, False, True

    def _assign_indirect(self, name: Name, entry: Entry) -> None:
        identifier = self.identifiers.get(name)
        if identifier is None:
            self.identifiers[name] = Identifier(name, entry, is_indirect=True, is_changed=True)
            return
        holder = identifier.entry.current()
        if holder is entry or not identifier.is_indirect:
            return
        if holder.is_stub:
            if _may_reassign(identifier, entry.media_type):
                self.emptied.append(holder)
                identifier.entry, identifier.is_changed = entry, True
        elif not entry.is_stub and _id_order(entry) < _id_order(holder):
            identifier.entry, identifier.is_changed = entry, True

    def _absorb_stubs(self, candidates: Sequence[Entry], stubs: Sequence[Entry]) -> Entry | None:
        if not candidates:
            return self._join(stubs) if stubs else None
        for stub in stubs:
            self._absorb(candidates[0], stub)
        return candidates[0]

    def _join(self, matches: Sequence[Entry]) -> Entry:
        survivor, *others = sorted(matches, key=_row_order)
        for other in others:
            self._absorb(survivor, other)
        return survivor

    def _absorb(self, survivor: Entry, other: Entry) -> None:
        other.absorbed_by = survivor
        self.merged.append(other)
        survivor.other_payloads += other.other_payloads
        if other.is_stub:
            survivor.note_url(other.remote_url)
            return
        if survivor.is_stub or is_older_id(other.provider_asset_id, survivor.provider_asset_id):
            if not survivor.is_stub:
                survivor.other_payloads.append(OtherPayload(survivor.provider_asset_id, survivor.payload))
            survivor.provider_asset_id, survivor.payload = other.provider_asset_id, other.payload
            # A stored row has no record yet: its columns are extracted from its payload again.
            survivor.record, survivor.needs_parsing = other.record, other.needs_parsing or other.record is None
            survivor.payload_text = other.payload_text
            survivor.is_replaced = not survivor.is_stub
            survivor.is_stub = False
        else:
            survivor.other_payloads.append(OtherPayload(other.provider_asset_id, other.payload))

    def _create(self, entry: Entry) -> Entry:
        self.created.append(entry)
        return entry


def is_older_id(one: str, other: str) -> bool:
    """Tell whether one id of a provider was given before the other."""
    # Ids of one provider sort by creation when compared as numbers; as text of equal length that is the same.
    return (len(one), one) < (len(other), other)


def _only_entry(found: Sequence[Identifier]) -> Entry | None:
    """Return the single entry of these identifiers, None when there are several or none."""
    entries = {identifier.entry.current() for identifier in found}
    return entries.pop() if len(entries) == 1 else None


def _may_reassign(identifier: Identifier, media_type: MediaType) -> bool:
    """Tell whether a stub's indirect name moves to media of this type: by a fixed order of types, videos first."""
    holder = identifier.entry.current()
    types = list(MediaType)
    return identifier.is_indirect and holder.is_stub and types.index(media_type) < types.index(holder.media_type)


def _id_order(entry: Entry) -> tuple[int, str]:
    return (len(entry.provider_asset_id), entry.provider_asset_id)


def _row_order(entry: Entry) -> tuple[bool, int]:
    return (entry.asset_id is None, entry.asset_id or 0)


def _distinct(entries: Iterable[Entry]) -> list[Entry]:
    return list(dict.fromkeys(entry.current() for entry in entries))


def _other_media(matches: Sequence[Entry], wanted: MediaType) -> str:
    other = next(match.media_type for match in matches if match.media_type != wanted)
    return f"other media ({other.value}), and {wanted.value} is never the same thing"
