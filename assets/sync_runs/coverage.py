"""Coverage of an account: items at the provider and items imported, list by list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from django.db.models import Count

from assets.models import Asset, ListPhase, RunKind, RunMode, SyncList, SyncRun, Tombstone
from common.runs import RunState
from providers.base import MEDIA_OF_LIST, ListPart, RemoteList
from providers.models import ProviderAccount
from providers.registry import adapter_class


@dataclass(frozen=True, slots=True)
class ListCoverage:
    """One of the provider's lists; `there` is None until a run has read its length."""

    remote_list: RemoteList
    here: int
    there: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """An account's lists, its last run, and the time of the last page read, None when there was none."""

    lists: tuple[ListCoverage, ...]
    last_run: SyncRun | None
    scanned_at: datetime | None


def coverage(account: ProviderAccount) -> Coverage:
    """Count the items of each list, at the provider and in the library.

    `there` is the length that the newest run of the list has read. `here` is the number of items that this run found
    in the library, once it has read all lists to the end; before that, and after a deletion, it is the number of
    assets that were imported with this account.

    Args:
        account: the account; the caller has checked who owns it.
    """
    last_run = SyncRun.objects.filter(account=account).prefetch_related("lists").order_by("-created_at", "-pk").first()
    newest = list(
        SyncList.objects.filter(run__account=account, pages__gt=0)
        .select_related("run")
        .order_by("list_key", "-run_id")
        .distinct("list_key")
    )
    by_key = {sync_list.list_key: sync_list for sync_list in newest}
    # Counts the whole library, so it is counted at most once, and not at all when runs have read everything.
    imported = cache(partial(_imported, account))
    adapter = adapter_class(account.provider_id)
    return Coverage(
        lists=tuple(_list_coverage(name, adapter.list_parts, by_key, imported) for name in adapter.lists),
        last_run=last_run,
        scanned_at=max((sync_list.run.progress_at for sync_list in newest if sync_list.run.progress_at), default=None),
    )


def _imported(account: ProviderAccount) -> Mapping[str, int]:
    """Count the assets imported with this account by media type."""
    listed = Asset.objects.filter(owner_id=account.owner_id, account=account).listed()
    return dict(listed.order_by().values_list("media_type").annotate(Count("pk")))


def _list_coverage(
    name: RemoteList,
    list_parts: Sequence[ListPart],
    by_key: Mapping[str, SyncList],
    imported: Callable[[], Mapping[str, int]],
) -> ListCoverage:
    keys = [sync_list.key for sync_list in list_parts if sync_list.remote_list is name]
    known = [by_key[key] for key in keys if key in by_key]
    totals = [_length(sync_list) for sync_list in known]
    there = sum(total for total in totals if total is not None)
    is_known = bool(keys) and len(known) == len(keys) and None not in totals
    if is_known and all(_has_read_everything(sync_list.run) for sync_list in known) and not _has_deletions(name, known):
        here = sum(_in_library(sync_list) for sync_list in known)
    else:
        here = imported().get(MEDIA_OF_LIST[name], 0)
    return ListCoverage(name, here, there if is_known else None)


def _length(sync_list: SyncList) -> int | None:
    if sync_list.total is not None:
        return sync_list.total
    return sync_list.seen if sync_list.phase == ListPhase.DONE else None


def _has_read_everything(run: SyncRun) -> bool:
    return run.state == RunState.SUCCEEDED and run.mode == RunMode.FULL


def _has_deletions(name: RemoteList, known: Sequence[SyncList]) -> bool:
    """Return whether an asset of a list was deleted here since the run has read it."""
    read_at = min(sync_list.run.started_at or sync_list.run.created_at for sync_list in known)
    run = known[0].run
    deleted = Tombstone.objects.filter(owner_id=run.owner_id, provider_id=run.provider_id, deleted_at__gte=read_at)
    return deleted.filter(media_type=MEDIA_OF_LIST[name]).exists()


def _in_library(sync_list: SyncList) -> int:
    """Count the items of the list in the library; a scan counts as created what an import would add."""
    imported = 0 if sync_list.run.kind == RunKind.SCAN else sync_list.created + sync_list.completed
    return sync_list.existing + imported
