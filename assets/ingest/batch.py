"""Import a batch of records into a library: the only place where assets are created."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from assets.ingest import sql
from assets.ingest.deleted_stubs import mark_deleted
from assets.ingest.entries import Entry, asset_ids
from assets.ingest.fitting import FittedAsset, fit, fit_asset, fit_parent
from assets.ingest.identity import IdentityIndex
from assets.ingest.merge import merge
from assets.ingest.payload_merge import merge_payloads
from assets.ingest.results import Batch, Ingested, ResolvedParent, ResolvedParents
from assets.models import Asset
from providers import registry
from providers.base import InvalidPayload
from providers.records import InvalidItem, ParentRef, RemoteAsset

# Advisory locks share one space of 64-bit numbers in a database; this one is Stemma's library lock.
_LOCK_SPACE = 0x5354_0000_0000_0000


def lock_library(owner_id: int) -> None:
    """Wait until no other transaction writes assets or edges of this owner; held to the end of the transaction.

    With one writer per library, two concurrent imports end as they would one after the other.
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
    """Import a batch of one provider's items into an owner's library.

    Finds all known names in one query, inserts what is new, completes stubs in place, and joins assets that turn out
    to be one. Assets that the owner deleted are skipped. A fixed number of statements and one transaction for any
    size; safe for two batches at once; running it again changes nothing.

    Args:
        owner_id: whose library.
        records: the adapter's records, in any order; malformed items are returned as invalid.
        provider_id: the provider all of them come from.
        account_id: the account they were read with, None when there is none.
        now: the time that new rows carry.

    Returns:
        An outcome per record, in order, and the count of merges.

    Source: domain.md §2.
    """
    fitted = [fit(record) for record in records]
    valid = [item.record for item in fitted if isinstance(item, FittedAsset)]
    names = [name for record in valid for name in record.names]
    with transaction.atomic(savepoint=False):
        lock_library(owner_id)
        index = sql.load_index_of_items(owner_id, provider_id, names, item_count=len(valid))
        index.merge_payloads = partial(merge_payloads, registry.extractor(provider_id))
        placements = [index.place(item) for item in fitted]
        _parse_merged_payloads(index, provider_id)
        _write(index, owner_id, provider_id, account_id, now)
    return Batch(
        tuple([Ingested(found.outcome, found.provider_asset_id, found.asset_id, found.reason) for found in placements]),
        merged=len(index.absorbed()),
        changed_ids=asset_ids(_with_other_inputs(index, provider_id)),
        lost_name_ids=index.lost_name_ids(),
    )


def ingest_parents(owner_id: int, parents: Sequence[ParentRef], *, provider_id: str, now: datetime) -> ResolvedParents:
    """Find the assets of the parents that payloads name; unknown ones become stubs.

    Makes the same promises as `ingest`. Two complete assets are never merged here (domain.md §2).

    Returns:
        One answer per parent, in order, and the assets that lost a name.
    """
    fitted = [fit_parent(parent) for parent in parents]
    with transaction.atomic():
        lock_library(owner_id)
        names = (name for parent in fitted for name in parent.names)
        index = sql.load_index(owner_id, provider_id, names)
        # Register all names first, so that batch order cannot change the result.
        for parent in fitted:
            index.resolve(parent)
        placements = [index.resolve(parent) for parent in fitted]
        _write(index, owner_id, provider_id, None, now)
        mark_deleted(index, owner_id)
    return ResolvedParents(
        tuple(ResolvedParent(found.asset_id, found.reason, found.is_contradicted) for found in placements),
        lost_name_ids=index.lost_name_ids(),
    )


def delete_unused_stubs(owner_id: int, asset_ids: Sequence[int]) -> None:
    """Delete the stubs among these assets that are no asset's parent any more."""
    Asset.objects.filter(owner_id=owner_id, pk__in=asset_ids, is_stub=True, child_count=0).delete()


def _parse_merged_payloads(index: IdentityIndex, provider_id: str) -> None:
    for entry in (*index.stored, *index.created):
        if not entry.needs_parsing or entry.absorbed_by is not None:
            continue
        try:
            fitted = fit_asset(registry.extractor(provider_id).asset(entry.payload))
        except InvalidPayload:
            if entry.record is None:
                raise
        else:
            entry.record, entry.payload_text = fitted.record, fitted.payload_text


def _with_other_inputs(index: IdentityIndex, provider_id: str) -> list[Entry]:
    """Return the entries whose payload names other inputs than before this batch."""
    extractor = registry.extractor(provider_id)
    changed = [entry for entry in index.stored if entry.old_payload is not None]
    return [entry for entry in changed if extractor.parents(entry.old_payload) != extractor.parents(entry.payload)]


def _write(index: IdentityIndex, owner_id: int, provider_id: str, account_id: int | None, now: datetime) -> None:
    sql.insert_assets(index, owner_id, provider_id, account_id, now)
    if absorbed := index.absorbed():
        merge(owner_id, absorbed, now=now)
    sql.insert_references(index, owner_id, provider_id, now)
    sql.write_changes(index, owner_id, account_id, now)
