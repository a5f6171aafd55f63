"""How much of an account's remote library is here, as far as runs have looked."""

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
    """One of the provider's lists; `there` is None until a run has learned how long it is."""

    remote_list: RemoteList
    here: int
    there: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """An account's lists, the last run, and when a run last read a page (None: nobody has looked yet)."""

    lists: tuple[ListCoverage, ...]
    last_run: SyncRun | None
    looked_at: datetime | None


def coverage(account: ProviderAccount) -> Coverage:
    """Say what is here and there of each list.

    `there` is what the newest run that has read a list was told of its length. `here` is what that run met, once it has
    read everything to the end; until then, and once something has been deleted since, it is what this account has
    brought.

    Args:
        account: whose library; the caller has checked who owns it.
    """
    last_run = SyncRun.objects.filter(account=account).prefetch_related("lists").order_by("-created_at", "-pk").first()
    newest = list(
        SyncList.objects.filter(run__account=account, pages__gt=0)
        .select_related("run")
        .order_by("list_key", "-run_id")
        .distinct("list_key")
    )
    by_key = {sync_list.list_key: sync_list for sync_list in newest}
    # Counts the whole library, so it is asked at most once, and not at all when runs have met everything.
    brought = cache(partial(_brought, account))
    adapter = adapter_class(account.provider_id)
    return Coverage(
        lists=tuple(_list_coverage(name, adapter.list_parts, by_key, brought) for name in adapter.lists),
        last_run=last_run,
        looked_at=max((sync_list.run.progress_at for sync_list in newest if sync_list.run.progress_at), default=None),
    )


def _brought(account: ProviderAccount) -> Mapping[str, int]:
    """How many assets of each media type came by this account."""
    listed = Asset.objects.filter(owner_id=account.owner_id, account=account).listed()
    return dict(listed.order_by().values_list("media_type").annotate(Count("pk")))


def _list_coverage(
    name: RemoteList,
    list_parts: Sequence[ListPart],
    by_key: Mapping[str, SyncList],
    brought: Callable[[], Mapping[str, int]],
) -> ListCoverage:
    keys = [sync_list.key for sync_list in list_parts if sync_list.remote_list is name]
    known = [by_key[key] for key in keys if key in by_key]
    totals = [_length(sync_list) for sync_list in known]
    there = sum(total for total in totals if total is not None)
    is_known = bool(keys) and len(known) == len(keys) and None not in totals
    if is_known and all(_has_met_everything(sync_list.run) for sync_list in known) and not _has_lost(name, known):
        here = sum(_met(sync_list) for sync_list in known)
    else:
        here = brought().get(MEDIA_OF_LIST[name], 0)
    return ListCoverage(name, here, there if is_known else None)


def _length(sync_list: SyncList) -> int | None:
    if sync_list.total is not None:
        return sync_list.total
    return sync_list.seen if sync_list.phase == ListPhase.DONE else None


def _has_met_everything(run: SyncRun) -> bool:
    return run.state == RunState.SUCCEEDED and run.mode == RunMode.FULL


def _has_lost(name: RemoteList, known: Sequence[SyncList]) -> bool:
    """Whether anything of a list has been deleted here since a run has met it."""
    met_at = min(sync_list.run.started_at or sync_list.run.created_at for sync_list in known)
    run = known[0].run
    lost = Tombstone.objects.filter(owner_id=run.owner_id, provider_id=run.provider_id, deleted_at__gte=met_at)
    return lost.filter(media_type=MEDIA_OF_LIST[name]).exists()


def _met(sync_list: SyncList) -> int:
    """Items of the list that are here: a scan counts as created what an import would bring."""
    brought = 0 if sync_list.run.kind == RunKind.SCAN else sync_list.created + sync_list.completed
    return sync_list.existing + brought
