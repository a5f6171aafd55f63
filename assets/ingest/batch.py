"""The only way an asset comes to exist: a batch of records in, an outcome per record out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from django.db import connection, transaction

from assets.ingest import sql
from assets.ingest.deleted_stubs import mark_deleted
from assets.ingest.identity import Entry, Ledger, Refused, is_other_id
from assets.ingest.merge import merge
from assets.ingest.payload_merge import enrich
from assets.models import Asset
from common.json_storage import is_storable, to_jsonb
from providers import registry
from providers.base import InvalidPayload
from providers.records import InvalidItem, Name, ParentRef, RemoteAsset

NAME_BYTES_MAX = 2_000  # The unique index of tombstones is a b-tree, whose rows hold at most 2,704 bytes.
ID_LENGTH_MAX = 200


class Outcome(StrEnum):
    """What became of one record."""

    CREATED = "created"
    EXISTING = "existing"
    COMPLETED = "completed"
    INVALID = "invalid"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Ingested:
    """The outcome of one record, in the order of the batch; `asset_id` is None when it was invalid or deleted here.

    `reason` says why nothing came in.
    """

    outcome: Outcome
    provider_asset_id: str
    asset_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """The outcome of a batch, and how many assets were merged into others on the way.

    `lost_name_ids` are assets that lost an identifier, which only a child had given them, to an item of the batch:
    children of theirs may belong to that item, so their lineage is rebuilt too.
    """

    items: tuple[Ingested, ...]
    merged: int
    lost_name_ids: tuple[int, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """How many records ended so."""
        return sum(item.outcome is outcome for item in self.items)

    @property
    def fresh_ids(self) -> list[int]:
        """The assets that were created or completed."""
        news = (Outcome.CREATED, Outcome.COMPLETED)
        return [item.asset_id for item in self.items if item.asset_id is not None and item.outcome in news]


@dataclass(frozen=True, slots=True)
class ResolvedParent:
    """The asset that a parent's names mean; None with a reason when they cannot be resolved.

    `is_contradicted` says that the names mean two known assets and the more specific one was taken.
    """

    asset_id: int | None
    reason: str = ""
    is_contradicted: bool = False


def lock_library(owner_id: int) -> None:
    """Wait until no other transaction writes assets or edges of this owner; held to the end of the transaction.

    One writer a library is what makes two imports at once end as one after the other would.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_SPACE + owner_id])


def ingest(
    owner_id: int,
    records: Sequence[RemoteAsset | InvalidItem],
    *,
    provider_id: str,
    account_id: int | None,
    now: datetime,
) -> Batch:
    """Bring a batch of one provider's items into an owner's library.

    Finds all known names in one query, adds what is new, completes stubs in place, and joins assets that turn out to
    be one. What the owner deleted here stays away. A fixed number of statements and one transaction, whatever the size;
    safe when two batches run at once; running it again changes nothing.

    Args:
        owner_id: whose library.
        records: what the adapter read, in any order; rotten items are passed through as invalid.
        provider_id: the provider all of them come from.
        account_id: the account they were read with, None when there is none.
        now: the time that new rows carry.

    Returns:
        An outcome per record, in order, and the count of merges.

    Source: domain.md §2.
    """
    fitted = [_fit(record) for record in records]
    valid = [record for record, _ in fitted if isinstance(record, RemoteAsset)]
    names = [name for record in valid for name in record.names]
    with transaction.atomic(savepoint=False):
        lock_library(owner_id)
        ledger = sql.load_known_of_items(owner_id, provider_id, names, item_count=len(valid))
        placed = [_place(ledger, record, text) for record, text in fitted]
        _read_unread(ledger, provider_id)
        _write(ledger, owner_id, provider_id, account_id, now)
    return Batch(
        tuple(_settled(*item) for item in placed),
        merged=_merge_count(ledger),
        lost_name_ids=tuple(
            {entry.asset_id for lost in ledger.lost_names if (entry := lost.current()).asset_id is not None}
        ),
    )


def ingest_parents(
    owner_id: int, parents: Sequence[ParentRef], *, provider_id: str, now: datetime
) -> list[ResolvedParent]:
    """Find the assets that parents named inside payloads are; what nobody knows yet becomes a stub.

    Same promises as `ingest`. Two complete assets are never merged here (domain.md §2).

    Returns:
        One answer per parent, in order.
    """
    fitted = [_fit_parent(parent) for parent in parents]
    with transaction.atomic():
        lock_library(owner_id)
        names = (name for parent in fitted for name in parent.names)
        ledger = sql.load_known(owner_id, provider_id, names)
        # Everybody is heard before anybody is answered, so that the order of a batch does not matter.
        for parent in fitted:
            _resolve(ledger, parent)
        resolved = [_resolve(ledger, parent) for parent in fitted]
        _write(ledger, owner_id, provider_id, None, now)
        mark_deleted(ledger, owner_id)
    return [_found(*item) for item in resolved]


def delete_unused_stubs(owner_id: int, asset_ids: Sequence[int]) -> None:
    """Remove those of these assets that are stubs no edge leads to; a stub is only known as somebody's parent."""
    Asset.objects.filter(owner_id=owner_id, pk__in=asset_ids, is_stub=True, child_count=0).delete()


# Advisory locks share one space of 64-bit numbers in a database; this one is Stemma's library lock.
_LOCK_SPACE = 0x5354_0000_0000_0000


def _place(ledger: Ledger, record: RemoteAsset | InvalidItem, text: str) -> tuple[Outcome, str, Entry | None, str]:
    if isinstance(record, InvalidItem):
        return Outcome.INVALID, record.provider_asset_id, None, record.reason
    if ledger.is_deleted(record):
        return Outcome.DELETED, record.provider_asset_id, None, "It was deleted here."
    try:
        claim = ledger.claim(record)
    except Refused as error:
        return Outcome.INVALID, record.provider_asset_id, None, str(error)
    outcome = Outcome.CREATED if claim.is_new else Outcome.COMPLETED if claim.was_stub else Outcome.EXISTING
    _store(claim.entry, record, text)
    return outcome, record.provider_asset_id, claim.entry, ""


def _store(entry: Entry, record: RemoteAsset, text: str) -> None:
    """Note on the entry what its row should say after this record; `text` is its payload as JSON."""
    if is_other_id(entry, record) and entry.payload is not None:
        _store_other_id(entry, record, text)
        return
    entry.provider_asset_id = record.provider_asset_id
    if entry.payload is None:
        entry.payload, entry.record, entry.payload_text = record.payload, record, text
        return
    if record.payload == entry.payload:
        return
    payload = enrich(entry.payload, record.payload)
    if payload == entry.payload:
        return
    if payload == record.payload:
        entry.record, entry.payload_text = record, text
    else:
        entry.record, entry.payload_text = _read_again(record, payload), ""
    entry.payload = payload


def _store_other_id(entry: Entry, record: RemoteAsset, text: str) -> None:
    # One thing under two ids: the payload of the smaller, older id stays, so that the order of import does not matter.
    if (len(record.provider_asset_id), record.provider_asset_id) > (
        len(entry.provider_asset_id),
        entry.provider_asset_id,
    ):
        entry.set_aside.append((record.provider_asset_id, record.payload))
        return
    entry.set_aside.append((entry.provider_asset_id, entry.payload))
    entry.provider_asset_id, entry.payload, entry.record = record.provider_asset_id, record.payload, record
    entry.payload_text, entry.is_replaced = text, True


def _read_unread(ledger: Ledger, provider_id: str) -> None:
    # A merge can bring another row's payload to the survivor, whose columns then follow from it.
    for entry in ledger.known:
        if entry.is_unread and entry.record is None and entry.absorbed_by is None:
            entry.record, entry.payload_text = _fit_asset(registry.extractor(provider_id).asset(entry.payload))


def _read_again(record: RemoteAsset, payload: object) -> RemoteAsset:
    try:
        return _fit_asset(registry.extractor(record.provider_id).asset(payload))[0]
    except InvalidPayload:
        return record


def _resolve(ledger: Ledger, parent: ParentRef) -> tuple[Entry | None, str, bool]:
    if not parent.names:
        return None, "The payload gives it no name.", False
    try:
        entry, is_contradicted = ledger.resolve(parent)
    except Refused as error:
        return None, str(error), False
    return entry, "", is_contradicted


def _write(ledger: Ledger, owner_id: int, provider_id: str, account_id: int | None, now: datetime) -> None:
    sql.insert_assets(ledger, owner_id, provider_id, account_id, now)
    if absorbed := ledger.absorbed():
        merge(owner_id, absorbed, now=now)
    sql.insert_references(ledger, owner_id, provider_id, now)
    sql.write_changes(ledger, owner_id, account_id, now)


def _settled(outcome: Outcome, provider_asset_id: str, entry: Entry | None, reason: str) -> Ingested:
    return Ingested(outcome, provider_asset_id, entry.current().asset_id if entry else None, reason)


def _found(entry: Entry | None, reason: str, is_contradicted: bool) -> ResolvedParent:
    return ResolvedParent(entry.current().asset_id if entry else None, reason, is_contradicted)


def _merge_count(ledger: Ledger) -> int:
    return sum(entry.asset_id is not None for entry in ledger.merged)


def _fit(record: RemoteAsset | InvalidItem) -> tuple[RemoteAsset | InvalidItem, str]:
    """The record as the columns can hold it, and its payload as JSON; an item that cannot be held is invalid."""
    if isinstance(record, InvalidItem):
        return record, ""
    if not record.provider_asset_id or len(record.provider_asset_id) > ID_LENGTH_MAX:
        return InvalidItem(record.provider_asset_id[:ID_LENGTH_MAX], "Its id cannot be used.", record.payload), ""
    try:
        return _fit_asset(record)
    except RecursionError:
        reason = "Its payload is nested too deeply to be kept."
        return InvalidItem(record.provider_asset_id, reason, None), ""


def _fit_asset(record: RemoteAsset) -> tuple[RemoteAsset, str]:
    payload, text = to_jsonb(record.payload)
    names = _fit_names(record.names)
    if payload is record.payload and names is record.names:
        return record, text
    kept = {field.name: getattr(record, field.name) for field in fields(RemoteAsset)}
    return RemoteAsset(**{**kept, "payload": payload, "names": names}), text


def _fit_parent(parent: ParentRef) -> ParentRef:
    names = _fit_names(parent.names)
    return parent if names is parent.names else replace(parent, names=names)


def _fit_names(names: tuple[Name, ...]) -> tuple[Name, ...]:
    fitting = tuple([name for name in names if _is_nameable(name.value)])
    return names if len(fitting) == len(names) else fitting


def _is_nameable(value: str) -> bool:
    if not value or not is_storable(value):
        return False
    return len(value) <= NAME_BYTES_MAX // 4 or len(value.encode()) <= NAME_BYTES_MAX
