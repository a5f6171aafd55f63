"""Import single items by ID: items missing from the lists, or of a provider without lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from assets import tombstones
from assets.ingest.batch import ingest
from assets.ingest.results import Batch, Ingested, Outcome
from assets.signals import assets_imported
from assets.sync.unlisted import clear_unlisted
from common.throttle import Clock
from common.vocabulary import MediaType
from providers import accounts, registry
from providers.base import MEDIA_OF_LIST, Adapter, Capability, RemoteList
from providers.errors import (
    InvalidParameters,
    JobNotFound,
    ProtocolError,
    ProviderError,
    UnsupportedOperation,
)
from providers.models import ProviderAccount
from providers.pace import asking, limited_turn
from providers.records import InvalidItem, RemoteAsset

IDS_MAX = 100

_NOT_FOUND = "{provider} has no item with this ID."


class ByIdOutcome(StrEnum):
    """Result for one ID; NOT_ASKED is for IDs that were skipped because an error ended the import early."""

    CREATED = "created"
    EXISTING = "existing"
    COMPLETED = "completed"
    INVALID = "invalid"
    DELETED = "deleted"
    NOT_FOUND = "not_found"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class ByIdItem:
    """Result for one ID.

    `reason` says why nothing was imported. `deleted_at` is when the owner deleted the asset, for DELETED only.
    """

    provider_asset_id: str
    outcome: ByIdOutcome
    asset_id: int | None = None
    reason: str = ""
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ByIdReport:
    """An outcome per ID, in the given order. `stopped_by` is the error that ended the import early.

    `has_lineage_failed` is true when the items were imported but the requested lineage was not built.
    """

    items: tuple[ByIdItem, ...]
    stopped_by: ProviderError | None = None
    has_lineage_failed: bool = False

    def count(self, outcome: ByIdOutcome) -> int:
        """Return the number of IDs with this outcome."""
        return sum(item.outcome is outcome for item in self.items)

    @property
    def deleted_ids(self) -> tuple[str, ...]:
        """IDs that were skipped because the owner deleted their assets."""
        return tuple(item.provider_asset_id for item in self.items if item.outcome is ByIdOutcome.DELETED)


def import_by_id(
    account: ProviderAccount,
    ids: Sequence[str],
    *,
    media_type: MediaType | None = None,
    create_lineage: bool = False,
    restore: bool = False,
    clock: Clock,
) -> ByIdReport:
    """Fetch items one by one and import them.

    All are fetched first, at the account's pace and for a limited time, and stored in one transaction. Assets that the
    owner deleted are skipped unless `restore`, which removes the tombstones of these items. Builds no lineage unless
    `create_lineage`.

    Args:
        account: the account to read with; the caller has checked who owns it.
        ids: the provider's own IDs, 1–100; repeated ones are fetched once.
        media_type: the type of the items; None tries each type that can be fetched by ID.
        create_lineage: rebuild the lineage of the created and completed assets.
        restore: also import items that the owner deleted.
        clock: the time, and how to wait.

    Raises:
        AccountDisabled: the account is disabled.
        UnsupportedOperation: the provider has no lookup by ID, or not for this type.
        ProviderError: nothing could be read at all.
        ValueError: there are no IDs, or too many.

    Source: domain.md §2 and 3; provider contract, 3.
    """
    wanted = list(dict.fromkeys(ids))
    if not 1 <= len(wanted) <= IDS_MAX:
        raise ValueError(f"1 to {IDS_MAX} IDs can be imported at once.")
    kinds = _kinds(account, media_type)
    adapter = registry.adapter(account, before_request=limited_turn(account, clock))
    with asking(account):
        read, stopped_by = _read(adapter, wanted, kinds)
    now = clock.now()
    if stopped_by is not None:
        accounts.record_failure(account, stopped_by, now=now)
        if not read:
            raise stopped_by
    batch, deleted_at = _store(account, [record for record in read.values() if record], restore, now)
    answers = assets_imported.send_robust(
        sender=import_by_id,
        owner_id=account.owner_id,
        asset_ids=batch.lineage_ids,
        lost_name_ids=batch.lost_name_ids,
        create_lineage=create_lineage,
        now=now,
    )
    outcomes = iter(batch.items)
    results = {asked: _item(asked, next(outcomes), deleted_at) for asked, record in read.items() if record}
    return ByIdReport(
        items=tuple(results.get(asked) or _missing(adapter, asked, is_asked=asked in read) for asked in wanted),
        stopped_by=stopped_by,
        has_lineage_failed=any(isinstance(answer, Exception) for _, answer in answers),
    )


def _kinds(account: ProviderAccount, media_type: MediaType | None) -> list[RemoteList]:
    accounts.require_enabled(account)
    declared = registry.adapter_class(account.provider_id)
    if Capability.GET_ASSET not in declared.capabilities:
        message = f"{declared.display_name} does not support import by ID."
        raise UnsupportedOperation(message, provider_id=account.provider_id)
    kinds = [kind for kind in declared.fetchable_by_id if media_type in (None, MEDIA_OF_LIST[kind])]
    if not kinds:
        message = f"{declared.display_name} does not support import of {media_type} by ID."
        raise UnsupportedOperation(message, provider_id=account.provider_id)
    return kinds


def _read(
    adapter: Adapter, ids: Sequence[str], kinds: list[RemoteList]
) -> tuple[dict[str, RemoteAsset | InvalidItem | None], ProviderError | None]:
    """Fetch each ID; None when the provider has no such item. Stop at an error that the next request would meet too."""
    found: dict[str, RemoteAsset | InvalidItem | None] = {}
    for asked in ids:
        try:
            found[asked] = _ask(adapter, asked, kinds)
        except ProviderError as error:
            return found, error
    return found, None


def _ask(adapter: Adapter, asked: str, kinds: list[RemoteList]) -> RemoteAsset | InvalidItem | None:
    for kind in tuple(kinds):
        try:
            record = adapter.get_asset(asked, remote_list=kind)
        except JobNotFound:
            continue
        except (ProtocolError, InvalidParameters) as error:
            return InvalidItem(asked, error.message, None)
        # IDs given together are mostly of one type.
        kinds.remove(kind)
        kinds.insert(0, kind)
        return record
    return None


def _store(
    account: ProviderAccount, records: Sequence[RemoteAsset | InvalidItem], restore: bool, now: datetime
) -> tuple[Batch, dict[str, datetime]]:
    """Ingest the records; also return the deletion dates of those that the owner deleted."""
    with transaction.atomic():
        read = [record for record in records if isinstance(record, RemoteAsset)]
        deleted = tombstones.find_tombstones(account.owner_id, read, provider_id=account.provider_id)
        if restore:
            tombstones.allow_reimport(found for of_record in deleted.values() for found in of_record)
        batch = ingest(account.owner_id, records, provider_id=account.provider_id, account_id=account.pk, now=now)
        clear_unlisted(batch)
    return batch, {asked: max(found.deleted_at for found in of_record) for asked, of_record in deleted.items()}


def _item(asked: str, ingested: Ingested, deleted_at: dict[str, datetime]) -> ByIdItem:
    is_deleted = ingested.outcome is Outcome.DELETED
    return ByIdItem(
        provider_asset_id=asked,
        outcome=ByIdOutcome(ingested.outcome.value),
        asset_id=ingested.asset_id,
        reason=ingested.reason,
        deleted_at=deleted_at.get(ingested.provider_asset_id) if is_deleted else None,
    )


def _missing(adapter: Adapter, asked: str, *, is_asked: bool) -> ByIdItem:
    if is_asked:
        return ByIdItem(asked, ByIdOutcome.NOT_FOUND, reason=_NOT_FOUND.format(provider=adapter.display_name))
    return ByIdItem(asked, ByIdOutcome.NOT_ASKED, reason="Skipped after the error.")
