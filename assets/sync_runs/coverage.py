"""How much of an account's remote library is here, as far as runs have looked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from django.db.models import Count

from assets.models import Asset, ListPhase, RunKind, RunMode, SyncList, SyncRun, Tombstone
from common.runs import RunState
from providers.base import MEDIA_OF_LIST, RemoteList, Shelf
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
        .order_by("shelf", "-run_id")
        .distinct("shelf")
    )
    by_shelf = {shelf.shelf: shelf for shelf in newest}
    # Counts the whole library, so it is asked at most once, and not at all when runs have met everything.
    brought = cache(partial(_brought, account))
    adapter = adapter_class(account.provider_id)
    return Coverage(
        lists=tuple(_list_coverage(name, adapter.shelves, by_shelf, brought) for name in adapter.lists),
        last_run=last_run,
        looked_at=max((shelf.run.progress_at for shelf in newest if shelf.run.progress_at), default=None),
    )


def _brought(account: ProviderAccount) -> Mapping[str, int]:
    """How many assets of each media type came by this account."""
    listed = Asset.objects.filter(owner_id=account.owner_id, account=account).listed()
    return dict(listed.order_by().values_list("media_type").annotate(Count("pk")))


def _list_coverage(
    name: RemoteList,
    shelves: Sequence[Shelf],
    by_shelf: Mapping[str, SyncList],
    brought: Callable[[], Mapping[str, int]],
) -> ListCoverage:
    keys = [shelf.key for shelf in shelves if shelf.remote_list is name]
    known = [by_shelf[key] for key in keys if key in by_shelf]
    totals = [_length(shelf) for shelf in known]
    there = sum(total for total in totals if total is not None)
    is_known = bool(keys) and len(known) == len(keys) and None not in totals
    if is_known and all(_has_met_everything(shelf.run) for shelf in known) and not _has_lost(name, known):
        here = sum(_met(shelf) for shelf in known)
    else:
        here = brought().get(MEDIA_OF_LIST[name], 0)
    return ListCoverage(name, here, there if is_known else None)


def _length(shelf: SyncList) -> int | None:
    if shelf.total is not None:
        return shelf.total
    return shelf.seen if shelf.phase == ListPhase.DONE else None


def _has_met_everything(run: SyncRun) -> bool:
    return run.state == RunState.SUCCEEDED and run.mode == RunMode.FULL


def _has_lost(name: RemoteList, known: Sequence[SyncList]) -> bool:
    """Whether anything of a list has been deleted here since a run has met it."""
    met_at = min(shelf.run.started_at or shelf.run.created_at for shelf in known)
    run = known[0].run
    lost = Tombstone.objects.filter(owner_id=run.owner_id, provider_id=run.provider_id, deleted_at__gte=met_at)
    return lost.filter(media_type=MEDIA_OF_LIST[name]).exists()


def _met(shelf: SyncList) -> int:
    """Items of the list that are here: a scan counts as created what an import would bring."""
    brought = 0 if shelf.run.kind == RunKind.SCAN else shelf.created + shelf.completed
    return shelf.existing + brought
