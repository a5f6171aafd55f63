"""Which asset a set of names means: the bookkeeping of one ingest batch, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.vocabulary import MediaType
from providers.records import Name, ParentRef, RemoteAsset


class Refused(ValueError):
    """Names that cannot be brought together; the message is the reason in words."""


@dataclass(slots=True, eq=False)
class Entry:
    """One asset of the batch: known before (`asset_id`) or new (`asset_id` None until it is written).

    `record` is the item as it should be stored when that differs from the row; `is_unread` asks for it to be read from
    the payload. `is_seen_elsewhere` says that a stub's `remote_url` is new. `set_aside` are payloads of other ids that
    turned out to be the same thing; `is_replaced` says that one of them took the place of the row's own. `payload_text`
    is the record's payload as JSON, "" when that is still to be written out.
    """

    media_type: MediaType
    is_stub: bool
    asset_id: int | None = None
    provider_asset_id: str = ""
    payload: Any = None
    record: RemoteAsset | None = None
    payload_text: str = ""
    remote_url: str = ""
    is_seen_elsewhere: bool = False
    absorbed_by: Entry | None = None
    set_aside: list[tuple[str, Any]] = field(default_factory=list)
    is_unread: bool = False
    is_replaced: bool = False

    def may_be_seen_at(self, url: str) -> None:
        """Note where a stub's media is; of several places the same one is chosen in any order."""
        if self.is_stub and url and (not self.remote_url or url < self.remote_url):
            self.remote_url, self.is_seen_elsewhere = url, True

    def current(self) -> Entry:
        """The entry this one has become part of, itself when it has not."""
        entry = self
        while entry.absorbed_by is not None:
            entry = entry.absorbed_by
        return entry


@dataclass(slots=True)
class Held:
    """A name and who holds it. `reference_id` is None until the name is a row."""

    entry: Entry
    is_indirect: bool
    reference_id: int | None = None
    is_changed: bool = False


@dataclass(slots=True)
class Claim:
    """Where an item belongs, and what stood there before."""

    entry: Entry
    was_stub: bool = False
    is_new: bool = False


@dataclass(slots=True)
class Ledger:
    """Every name of a batch and the asset that holds it.

    An item's own names make it one with whatever calls itself the same. What only a child says of its parent
    (an indirect name) finds an asset, and gives way when an item turns up that owns the name. `deleted` are names of
    what the owner deleted here; `ids` are free for new assets. `lost_names` have lost a name that only a child gave
    them, so edges that rest on it may be another asset's.
    """

    held: dict[Name, Held] = field(default_factory=dict)
    known: list[Entry] = field(default_factory=list)
    opened: list[Entry] = field(default_factory=list)
    merged: list[Entry] = field(default_factory=list)
    emptied: list[Entry] = field(default_factory=list)
    lost_names: list[Entry] = field(default_factory=list)
    deleted: set[tuple[Name, MediaType]] = field(default_factory=set)
    ids: list[int] = field(default_factory=list)

    def know(self, name: Name, entry: Entry, *, is_indirect: bool, reference_id: int) -> None:
        """Enter a name that is a row already."""
        self.held[name] = Held(entry, is_indirect, reference_id)

    def absorbed(self) -> dict[int, int]:
        """The rows that have become part of others: absorbed asset id → survivor's id, once new assets have theirs."""
        return {
            entry.asset_id: survivor.asset_id
            for entry in self.merged
            if entry.asset_id is not None and (survivor := entry.current()).asset_id is not None
        }

    def is_deleted(self, record: RemoteAsset) -> bool:
        """Whether an item is one that was deleted here: by a name of its own, and by no name of what is here."""
        if not self.deleted or not any((name, record.media_type) in self.deleted for name in record.names):
            return False
        return all(match.is_stub for match in self._matches_of(record))

    def claim(self, record: RemoteAsset) -> Claim:
        """Find or open the entry of an item by its own names; several that match become one.

        Raises:
            Refused: a match is media of another type.
        """
        matches = self._matches_of(record)
        if any(match.media_type != record.media_type for match in matches):
            raise Refused(f"It shares a name with {_article(matches, record.media_type)}.")
        if not matches:
            entry = self._open(Entry(record.media_type, is_stub=False, provider_asset_id=record.provider_asset_id))
            claim = Claim(entry, is_new=True)
        else:
            was_stub = all(match.is_stub for match in matches)
            claim = Claim(self._join(matches), was_stub=was_stub)
        for name in record.names:
            self._take(name, claim.entry)
        claim.entry.is_stub = False
        return claim

    def resolve(self, parent: ParentRef) -> tuple[Entry, bool]:
        """Find or open the entry that a parent's names mean, and whether they contradict each other.

        Complete assets are never joined here, nor do they change: of two, the one with the more specific name is meant.

        Raises:
            Refused: every name belongs to media of another type.
        """
        found = [held for name in parent.names if (held := self.held.get(name))]
        if (entry := _only_entry(found)) and len(found) == len(parent.names) and entry.media_type == parent.media_type:
            entry.may_be_seen_at(parent.remote_url)
            return entry, False
        fitting = [held for held in found if held.entry.current().media_type == parent.media_type]
        if found and not fitting and not all(_gives_way(held, parent.media_type) for held in found):
            raise Refused(f"It is named as {parent.media_type.label.lower()}, but that name is other media.")
        # A stub is only that, even one that holds a name of its own: it never stands on both sides of a merge.
        stubs = _distinct(held.entry for held in fitting if held.entry.current().is_stub)
        complete = [held for held in fitting if held.entry.current() not in stubs]
        owned = _distinct(held.entry for held in complete if not held.is_indirect)
        heard = _distinct(held.entry for held in complete if held.is_indirect)
        # A name that several children give to different assets is the oldest one's, in whatever order they are read.
        meant = [*owned[:1], *sorted(heard, key=_id_age)]
        entry = self._take_in(meant, stubs) or self._open(Entry(parent.media_type, is_stub=True))
        entry.may_be_seen_at(parent.remote_url)
        for name in parent.names:
            self._hear(name, entry)
        return entry, len(owned) > 1

    def _take_in(self, meant: Sequence[Entry], stubs: Sequence[Entry]) -> Entry | None:
        if not meant:
            return self._join(stubs) if stubs else None
        for stub in stubs:
            self._absorb(meant[0], stub)
        return meant[0]

    def _hear(self, name: Name, entry: Entry) -> None:
        held = self.held.get(name)
        if held is None:
            self.held[name] = Held(entry, is_indirect=True, is_changed=True)
            return
        holder = held.entry.current()
        if holder is entry or not held.is_indirect:
            return
        if holder.is_stub:
            if _gives_way(held, entry.media_type):
                self.emptied.append(holder)
                held.entry, held.is_changed = entry, True
        elif not entry.is_stub and _id_age(entry) < _id_age(holder):
            held.entry, held.is_changed = entry, True

    def _matches_of(self, record: RemoteAsset) -> list[Entry]:
        matches = []
        for name in record.names:
            held = self.held.get(name)
            if held is None:
                continue
            entry = held.entry.current()
            if not held.is_indirect or (entry.is_stub and entry.media_type == record.media_type):
                matches.append(entry)
        return _distinct(matches)

    def _take(self, name: Name, entry: Entry) -> None:
        held = self.held.get(name)
        if held is None:
            self.held[name] = Held(entry, is_indirect=False, is_changed=True)
            return
        loser = held.entry.current()
        if loser is not entry and loser.is_stub:
            self.emptied.append(loser)
        elif loser is not entry:
            self.lost_names.append(loser)
        if loser is not entry or held.is_indirect:
            held.entry, held.is_indirect, held.is_changed = entry, False, True

    def _join(self, matches: Sequence[Entry]) -> Entry:
        survivor, *others = sorted(matches, key=_age)
        for other in others:
            self._absorb(survivor, other)
        return survivor

    def _absorb(self, survivor: Entry, other: Entry) -> None:
        other.absorbed_by = survivor
        self.merged.append(other)
        survivor.set_aside += other.set_aside
        if other.is_stub:
            survivor.may_be_seen_at(other.remote_url)
            return
        if survivor.is_stub or _is_older_id(other.provider_asset_id, survivor.provider_asset_id):
            if not survivor.is_stub:
                survivor.set_aside.append((survivor.provider_asset_id, survivor.payload))
            survivor.provider_asset_id, survivor.payload = other.provider_asset_id, other.payload
            survivor.record, survivor.is_unread = other.record, other.record is None
            survivor.payload_text = other.payload_text
            survivor.is_replaced = not survivor.is_stub
            survivor.is_stub = False
        else:
            survivor.set_aside.append((other.provider_asset_id, other.payload))

    def _open(self, entry: Entry) -> Entry:
        self.opened.append(entry)
        return entry


def _only_entry(found: Sequence[Held]) -> Entry | None:
    """The one entry that all of these names stand for, None when there are several or none."""
    entries = {held.entry.current() for held in found}
    return entries.pop() if len(entries) == 1 else None


def _gives_way(held: Held, media_type: MediaType) -> bool:
    """Whether a name that children give to media of two types goes to this one: by a fixed order, videos first."""
    holder = held.entry.current()
    types = list(MediaType)
    return held.is_indirect and holder.is_stub and types.index(media_type) < types.index(holder.media_type)


def is_other_id(entry: Entry, record: RemoteAsset) -> bool:
    """Whether an item goes by another id than the asset it turned out to be."""
    return not entry.is_stub and bool(entry.provider_asset_id) and entry.provider_asset_id != record.provider_asset_id


def _is_older_id(one: str, other: str) -> bool:
    # Ids of one provider sort by creation when compared as numbers; as text of equal length that is the same.
    return (len(one), one) < (len(other), other)


def _id_age(entry: Entry) -> tuple[int, str]:
    return (len(entry.provider_asset_id), entry.provider_asset_id)


def _age(entry: Entry) -> tuple[bool, int]:
    return (entry.asset_id is None, entry.asset_id or 0)


def _distinct(entries: Iterable[Entry]) -> list[Entry]:
    return list(dict.fromkeys(entry.current() for entry in entries))


def _article(matches: Sequence[Entry], wanted: MediaType) -> str:
    other = next(match.media_type for match in matches if match.media_type != wanted)
    return f"other media ({other.value}), and {wanted.value} is never the same thing"
