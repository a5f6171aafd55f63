"""Match records and parents of one ingest batch to assets by their names, in memory.

An ID at a provider belongs to one asset, and assets with different IDs are never joined. A name that items with
different IDs have identifies none of them: it is set aside. Source: domain.md §2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.ingest.entries import Entry, Identifier, ParentPlacement, Placement, asset_ids, distinct, find_id
from assets.ingest.fitting import FittedAsset
from assets.ingest.payload_merge import enrich
from assets.ingest.results import Outcome
from assets.tombstones import is_deleted_name
from common.vocabulary import MediaType
from providers.records import InvalidItem, Name, ParentRef, RemoteAsset


@dataclass(slots=True)
class IdentityIndex:
    """All names of a batch, each with the asset it identifies, and the changes that the batch makes.

    An indirect name, which only a child reports of its parent, finds an asset, but is reassigned to an item that has
    the name itself.

    `stored` are entries of rows; `created` are new ones; `merged` became part of others; `lost_names` lost a name or
    changed their media type, so that edges resting on it may belong to another asset. `adopted` are complete assets of
    no account. `deleted` are names of assets that the owner deleted, each with the media type and the IDs at the
    provider that these assets had. `free_ids` are unused asset ids. `merge_payloads` adds a later payload to a kept
    one.
    """

    identifiers: dict[Name, Identifier] = field(default_factory=dict)
    stored: list[Entry] = field(default_factory=list)
    created: list[Entry] = field(default_factory=list)
    merged: list[Entry] = field(default_factory=list)
    lost_names: list[Entry] = field(default_factory=list)
    adopted: list[Entry] = field(default_factory=list)
    deleted: dict[tuple[Name, MediaType], set[str]] = field(default_factory=dict)
    free_ids: list[int] = field(default_factory=list)
    merge_payloads: Callable[[Any, Any], Any] = enrich

    def place(self, item: FittedAsset | InvalidItem) -> Placement:
        """Find or create the entry of an item by its own names, and merge the item into it.

        Stubs without an ID that share a name with the item become part of it. An item is refused when an asset of
        other media has its ID.
        """
        if isinstance(item, InvalidItem):
            return Placement(Outcome.INVALID, item.provider_asset_id, reason=item.reason)
        record, own_id = item.record, find_id(item.record.names)
        known = self._asset_with_id(own_id, record.provider_asset_id)
        if known and not known.is_stub and known.media_type != record.media_type:
            return Placement(Outcome.INVALID, record.provider_asset_id, reason=_other_media(known, record.media_type))
        if (known is None or known.is_stub) and self._is_deleted(record):
            return Placement(Outcome.DELETED, record.provider_asset_id, reason="You deleted it from the library.")
        outcome, entry = self._entry_of(record, own_id, known)
        for name in record.names:
            self._assign(name, entry)
        self._store(entry, item)
        return Placement(outcome, record.provider_asset_id, entry)

    def resolve(self, parent: ParentRef) -> ParentPlacement:
        """Find or create the entry that a parent's names identify.

        Complete assets are never joined here, nor changed: of two, the one with the more specific name is used. A
        parent is refused when every name belongs to other media, or identifies no single asset.
        """
        if not parent.names:
            return ParentPlacement(reason="The provider gives no ID or file for it.")
        own_id = find_id(parent.names)
        known = [found for name in parent.names if (found := self.identifiers.get(name))]
        direct = distinct(found.holder() for found in known if not found.is_indirect)
        fitting = [entry for entry in direct if entry.is_stub or entry.media_type == parent.media_type]
        others = self._reported(known, own_id, parent.media_type)
        if not (fitting or others) and (reason := _refusal(parent, known, own_id)):
            return ParentPlacement(reason=reason)
        target = self._target(fitting, others, own_id)
        if target is None:
            target = self._create(Entry(parent.media_type, is_stub=True))
        if target.is_stub and target.id_name is None:
            target.id_name = own_id
        target.note_url(parent.remote_url)
        target.note_type(parent.media_type)
        for name in parent.names:
            self._assign_indirect(name, target, own_id)
        return ParentPlacement(target, is_contradicted=len(distinct(e for e in fitting if not e.is_stub)) > 1)

    def entries_to_insert(self) -> list[Entry]:
        """Return the new entries that are not merged into others and have a name left."""
        named = {id(holder) for identifier in self.identifiers.values() if (holder := identifier.holder())}
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

    def absorbed(self) -> list[Entry]:
        """Return the entries of rows that were merged into others; call it once new assets have ids."""
        return [entry for entry in self.merged if entry.asset_id is not None]

    def lost_name_ids(self) -> tuple[int, ...]:
        """Return the ids of the assets that lost an indirect name, or whose media type changed."""
        return asset_ids(self.lost_names)

    def _asset_with_id(self, own_id: Name | None, provider_asset_id: str) -> Entry | None:
        """Return the asset that has this ID, None when an asset with another ID holds it as one of its names."""
        identifier = self.identifiers.get(own_id) if own_id else None
        holder = identifier.holder() if identifier else None
        if holder is None or not (holder.is_stub or holder.provider_asset_id == provider_asset_id):
            return None
        return holder

    def _entry_of(self, record: RemoteAsset, own_id: Name | None, known: Entry | None) -> tuple[Outcome, Entry]:
        stubs = self._stubs_without_id(record, known)
        stubs = [
            stub for stub in stubs if not any(self._are_split(stub, other) for other in stubs[: stubs.index(stub)])
        ]
        if known is not None and not known.is_stub:
            outcome, entry = Outcome.EXISTING, known
        elif known or stubs:
            outcome, entry = Outcome.COMPLETED, min([*([known] if known else []), *stubs], key=_row_order)
        else:
            return Outcome.CREATED, self._create(
                Entry(record.media_type, False, provider_asset_id=record.provider_asset_id, id_name=own_id)
            )
        for stub in (known, *stubs):
            if stub is not None and stub is not entry:
                self._absorb(entry, stub, self._shared_name(record, stub))
        return outcome, entry

    def _stubs_without_id(self, record: RemoteAsset, known: Entry | None) -> list[Entry]:
        found = [identifier for name in record.names if (identifier := self.identifiers.get(name))]
        stubs = distinct(identifier.entry for identifier in found)
        stubs = [stub for stub in stubs if stub.is_stub and stub is not known and stub.id_name is None]
        return sorted((stub for stub in stubs if not (known and self._are_split(stub, known))), key=_row_order)

    def _shared_name(self, record: RemoteAsset, entry: Entry) -> Name | None:
        return next(
            (name for name in record.names if (found := self.identifiers.get(name)) and found.holder() is entry), None
        )

    def _store(self, entry: Entry, fitted: FittedAsset) -> None:
        """Merge a record of this asset into what is to be written."""
        record = fitted.record
        if entry.is_stub and entry.media_type != record.media_type:
            self.lost_names.append(entry)
        entry.media_type, entry.is_stub = record.media_type, False
        entry.provider_asset_id, entry.id_name = record.provider_asset_id, find_id(record.names)
        if entry.payload is None:
            entry.set_record(fitted)
            return
        if not entry.has_account:
            self.adopted.append(entry)
        if record.payload == entry.payload:
            return
        payload = self.merge_payloads(entry.payload, record.payload)
        if payload == entry.payload:
            return
        if entry.old_payload is None and entry.record is None:
            entry.old_payload = entry.payload
        if payload == record.payload:
            entry.set_record(fitted)
        else:
            # The record stands in, should the merged payload be unreadable.
            entry.record, entry.payload, entry.payload_text = record, payload, ""
            entry.needs_parsing = True

    def _is_deleted(self, record: RemoteAsset) -> bool:
        """Return True when the owner deleted the item."""
        return bool(self.deleted) and any(
            is_deleted_name(name, deleted_id, record)
            for name in record.names
            for deleted_id in self.deleted.get((name, record.media_type), ())
        )

    def _assign(self, name: Name, entry: Entry) -> None:
        """Give an item its own name; a name that another item has too is set aside."""
        identifier = self.identifiers.get(name)
        if identifier is None:
            self.identifiers[name] = Identifier(name, entry, is_indirect=False, is_changed=True)
            return
        holder = identifier.holder()
        if holder is None and not identifier.is_indirect:
            return
        if holder is not None and holder.is_stub and identifier.is_split_from(entry):
            return
        if holder is None or holder is entry:
            identifier.give(entry, is_indirect=False)
            return
        self.lost_names.append(holder)
        is_free = identifier.is_indirect or holder.is_stub or name == find_id([name])
        identifier.give(entry if is_free else None, is_indirect=False)

    def _reported(self, known: Sequence[Identifier], own_id: Name | None, media_type: MediaType) -> list[Entry]:
        """Return the entries that children's names identify, without those that have another ID."""
        holders = distinct(found.holder() for found in known if found.is_indirect)
        fitting = [holder for holder in holders if holder.is_stub or holder.media_type == media_type]
        return [holder for holder in fitting if not holder.has_other_id(own_id)]

    def _target(self, direct: Sequence[Entry], others: Sequence[Entry], own_id: Name | None) -> Entry | None:
        """Choose the entry of a parent and merge stubs without an ID into it."""
        candidates = distinct([*direct, *sorted(others, key=_preference)])
        if not candidates:
            return None
        target = candidates[0]
        id_name = target.id_name or own_id
        for stub in candidates[1:]:
            if stub.is_stub and not stub.has_other_id(id_name) and not self._are_split(stub, target):
                name = stub.id_name or self._any_name(stub)
                self._absorb(target, stub, name)
                target.id_name = id_name = id_name or stub.id_name
        return target

    def _any_name(self, entry: Entry) -> Name | None:
        return next((found.name for found in self.identifiers.values() if found.holder() is entry), None)

    def _are_split(self, one: Entry, other: Entry) -> bool:
        """Return True when the owner split one of the two from the other."""
        return any(
            (found.holder() is one and found.is_split_from(other))
            or (found.holder() is other and found.is_split_from(one))
            for found in self.identifiers.values()
            if found.split_from_id is not None
        )

    def _assign_indirect(self, name: Name, entry: Entry, own_id: Name | None) -> None:
        """Give a parent a name that a child reports; one that children report of different IDs is set aside."""
        identifier = self.identifiers.get(name)
        if name == own_id and entry.has_other_id(name):
            return
        if identifier is None:
            self.identifiers[name] = Identifier(name, entry, is_indirect=True, is_changed=True)
            return
        holder = identifier.holder()
        if holder is None or holder is entry or not identifier.is_indirect:
            return
        if holder.has_other_id(own_id or entry.id_name) and name != holder.id_name:
            self.lost_names.append(holder)
            identifier.give(None, is_indirect=True)

    def _absorb(self, survivor: Entry, stub: Entry, name: Name | None) -> None:
        stub.absorbed_by, stub.joined_by = survivor, name
        self.merged.append(stub)
        if stub.media_type != survivor.media_type:
            self.lost_names.append(survivor)
        survivor.note_url(stub.remote_url)

    def _create(self, entry: Entry) -> Entry:
        self.created.append(entry)
        return entry


def _preference(entry: Entry) -> tuple[bool, bool, tuple[bool, int], tuple[int, str]]:
    """Order candidates of a parent: complete ones, then those with an ID, the oldest row first."""
    value = entry.id_name.value if entry.id_name else ""
    return (entry.is_stub, entry.id_name is None, (False, 0) if value else _row_order(entry), (len(value), value))


def _row_order(entry: Entry) -> tuple[bool, int]:
    return (entry.asset_id is None, entry.asset_id or 0)


def _refusal(parent: ParentRef, known: Sequence[Identifier], own_id: Name | None) -> str:
    """Return why none of the known names can identify the parent, "" when an unknown one can."""
    holders = distinct(found.entry for found in known)
    if any(not holder.is_stub and holder.media_type != parent.media_type for holder in holders):
        return f"It is reported as {parent.media_type.label.lower()}, but its ID or file is other media."
    if own_id is None and len(known) == len(parent.names):
        return "Several items have its file name, so it is not known which one is meant."
    return ""


def _other_media(known: Entry, wanted: MediaType) -> str:
    return f"It shares an ID with other media ({known.media_type.value}), and {wanted.value} is never the same thing."
