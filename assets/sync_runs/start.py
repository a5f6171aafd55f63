"""Start a scan or import of a whole library."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from assets.models import RunKind, RunMode, SyncList, SyncRun
from assets.sync import unlisted
from common.runs import lifecycle
from providers import accounts, registry
from providers.base import Capability, ListPart
from providers.models import ProviderAccount


def start(
    account: ProviderAccount, *, kind: RunKind, mode: RunMode, create_lineage: bool = False, now: datetime
) -> SyncRun:
    """Save a new run with its lists; the caller enqueues it in the same transaction.

    Args:
        account: the account to read; the caller has checked who owns it.
        kind: scan, which writes nothing in the library, or import.
        mode: the whole library, or newest first until a page holds nothing new.
        create_lineage: rebuild the lineage of what an import creates or completes.
        now: time of the request.

    Raises:
        AlreadyRunning: the account has an open run.
        UnsupportedOperation: the provider has no list.
        AccountDisabled: the account is disabled.

    Source: domain.md §3.
    """
    list_parts = _list_parts(account)
    run = lifecycle.start(
        SyncRun(
            owner_id=account.owner_id,
            account=account,
            provider_id=account.provider_id,
            account_label=account.label,
            kind=kind,
            mode=mode,
            create_lineage=create_lineage,
            created_at=now,
        )
    )
    unlisted.discard_earlier_seen(run)
    SyncList.objects.bulk_create(SyncList(owner_id=run.owner_id, run=run, list_key=part.key) for part in list_parts)
    return run


def _list_parts(account: ProviderAccount) -> Sequence[ListPart]:
    adapter = registry.adapter_class(account.provider_id)
    if Capability.WALK_ASSETS not in adapter.capabilities or not adapter.list_parts:
        raise adapter.no_list_error()
    accounts.require_enabled(account)
    return adapter.list_parts
