"""Import single items by their ids: what no list shows, and what a provider without a list has at all."""

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
from common.throttle import Clock, Throttle
from common.vocabulary import MediaType
from providers import accounts, registry
from providers.accounts import AccountDisabled
from providers.base import MEDIA_OF_LIST, Adapter, Capability, RemoteList
from providers.errors import InvalidParameters, JobNotFound, ProtocolError, ProviderError, UnsupportedOperation
from providers.models import ProviderAccount
from providers.records import InvalidItem, RemoteAsset

IDS_MAX = 100

_NOT_FOUND = "The provider has no such item, or does not tell of it by its id."


class ByIdOutcome(StrEnum):
    """What became of one id; NOT_ASKED stands for those behind the error that ended it early."""

    CREATED = "created"
    EXISTING = "existing"
    COMPLETED = "completed"
    INVALID = "invalid"
    DELETED = "deleted"
    NOT_FOUND = "not_found"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class ByIdItem:
    """One id and what became of it.

    `reason` says why nothing came in; `deleted_at` when it was deleted here, for DELETED only.
    """

    provider_asset_id: str
    outcome: ByIdOutcome
    asset_id: int | None = None
    reason: str = ""
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ByIdReport:
    """An outcome per id, in the order asked for. `stopped_by` is the error that ended it early.

    `has_lineage_failed` says that they came in, but the lineage that was asked for could not be made.
    """

    items: tuple[ByIdItem, ...]
    stopped_by: ProviderError | None = None
    has_lineage_failed: bool = False

    def count(self, outcome: ByIdOutcome) -> int:
        """How many ids ended so."""
        return sum(item.outcome is outcome for item in self.items)

    @property
    def deleted_ids(self) -> tuple[str, ...]:
        """Those that were deleted here and stayed away."""
        return tuple(item.provider_asset_id for item in self.items if item.outcome is ByIdOutcome.DELETED)


def import_by_id(
    account: ProviderAccount,
    ids: Sequence[str],
    *,
    media_type: MediaType | None = None,
    create_lineage: bool = False,
    bring_back: bool = False,
    clock: Clock,
) -> ByIdReport:
    """Ask the provider for items one by one, and bring what it gives into the library.

    All are read first, at the account's pace, and stored in one transaction. What was deleted here stays away unless
    `bring_back`, which forgets the deletion of just these items. Makes no lineage unless `create_lineage`.

    Args:
        account: with what to ask; the caller has checked who owns it.
        ids: the provider's own ids, 1–100; repeated ones are asked for once.
        media_type: what they are; None tries each kind that can be asked for.
        create_lineage: rebuild the lineage of what was created or completed.
        bring_back: also import what was deleted here.
        clock: the time, and how to wait.

    Raises:
        AccountDisabled: the account is switched off.
        UnsupportedOperation: the provider cannot be asked for single items, or not for this kind.
        ProviderError: nothing could be read at all.
        ValueError: there are none or too many ids.

    Source: domain.md §2 and 3; provider contract, 3.
    """
    wanted = list(dict.fromkeys(ids))
    if not 1 <= len(wanted) <= IDS_MAX:
        raise ValueError(f"1 to {IDS_MAX} ids can be asked for at once.")
    kinds = _kinds(account, media_type)
    adapter = registry.adapter(account, before_request=Throttle(clock).wait)
    read, stopped_by = _read(adapter, wanted, kinds)
    now = clock.now()
    if stopped_by is not None:
        accounts.record_failure(account, stopped_by, now=now)
        if not read:
            raise stopped_by
    batch, deleted_at = _store(account, [record for record in read.values() if record], bring_back, now)
    answers = assets_imported.send_robust(
        sender=import_by_id,
        owner_id=account.owner_id,
        asset_ids=batch.fresh_ids,
        lost_name_ids=batch.lost_name_ids,
        create_lineage=create_lineage,
        now=now,
    )
    outcomes = iter(batch.items)
    settled = {asked: _item(asked, next(outcomes), deleted_at) for asked, record in read.items() if record}
    return ByIdReport(
        items=tuple(settled.get(asked) or _missing(asked, is_asked=asked in read) for asked in wanted),
        stopped_by=stopped_by,
        has_lineage_failed=any(isinstance(answer, Exception) for _, answer in answers),
    )


def _kinds(account: ProviderAccount, media_type: MediaType | None) -> list[RemoteList]:
    if not account.is_enabled:
        raise AccountDisabled("This account is switched off. Enable it in Provider Settings.")
    declared = registry.adapter_class(account.provider_id)
    if Capability.GET_ASSET not in declared.capabilities:
        message = f"{declared.display_name} cannot be asked for single items."
        raise UnsupportedOperation(message, provider_id=account.provider_id)
    kinds = [kind for kind in declared.fetchable_by_id if media_type in (None, MEDIA_OF_LIST[kind])]
    if not kinds:
        message = f"{declared.display_name} cannot be asked for a single {media_type}."
        raise UnsupportedOperation(message, provider_id=account.provider_id)
    return kinds


def _read(
    adapter: Adapter, ids: Sequence[str], kinds: list[RemoteList]
) -> tuple[dict[str, RemoteAsset | InvalidItem | None], ProviderError | None]:
    """What each id stands for, None for what the provider does not know, until an error that more asking meets too."""
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
        # Ids that come together are mostly of one kind.
        kinds.remove(kind)
        kinds.insert(0, kind)
        return record
    return None


def _store(
    account: ProviderAccount, records: Sequence[RemoteAsset | InvalidItem], bring_back: bool, now: datetime
) -> tuple[Batch, dict[str, datetime]]:
    """Take the records in; also when those were deleted that stay away."""
    with transaction.atomic():
        read = [record for record in records if isinstance(record, RemoteAsset)]
        deleted = tombstones.find_tombstones(account.owner_id, read, provider_id=account.provider_id)
        if bring_back:
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


def _missing(asked: str, *, is_asked: bool) -> ByIdItem:
    if is_asked:
        return ByIdItem(asked, ByIdOutcome.NOT_FOUND, reason=_NOT_FOUND)
    return ByIdItem(asked, ByIdOutcome.NOT_ASKED, reason="It was not asked for any more.")
