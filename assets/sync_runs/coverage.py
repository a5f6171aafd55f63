"""Coverage of an account: the items of its lists at the provider, and what became of them here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, Q

from assets.models import ListPhase, RunMode, SyncList, SyncRun
from assets.sync.listing import ItemCounts, count_listed
from assets.sync_runs.next_step import with_lineage_state
from providers.base import MEDIA_OF_LIST, RemoteList
from providers.models import ProviderAccount
from providers.registry import adapter_class

_IS_WHOLE = ExpressionWrapper(
    Q(run__mode=RunMode.FULL, is_complete=True) & ~Q(phase=ListPhase.WALKING), output_field=BooleanField()
)


@dataclass(frozen=True, slots=True)
class ListCoverage:
    """One of the provider's lists and the counts of its items."""

    remote_list: RemoteList
    counts: ItemCounts

    @property
    def there(self) -> int | None:
        """Items at the provider, None until a run has read how many there are."""
        return self.counts.there

    @property
    def here(self) -> int:
        """Items in the library."""
        return self.counts.here


@dataclass(frozen=True, slots=True)
class Coverage:
    """An account's lists, its last run, and the time of the last page read, None when there was none."""

    lists: tuple[ListCoverage, ...]
    last_run: SyncRun | None
    scanned_at: datetime | None


def coverage(account: ProviderAccount) -> Coverage:
    """Count the items of each list at the provider by what became of them here.

    The items are those that runs have read; a full run that reads a list to its end replaces them. What became of them
    is looked up now, so that it is right after imports, deletions, restores and merges.

    Args:
        account: the account; the caller has checked who owns it.
    """
    runs = with_lineage_state(SyncRun.objects.filter(account=account)).prefetch_related("lists")
    newest = list(
        SyncList.objects.filter(run__account=account, pages__gt=0)
        .annotate(is_whole=_IS_WHOLE)
        .select_related("run")
        .order_by("list_key", "is_whole", "-run_id")
        .distinct("list_key", "is_whole")
    )
    return Coverage(
        lists=_lists(account, newest),
        last_run=runs.order_by("-created_at", "-pk").first(),
        scanned_at=max((sync_list.run.progress_at for sync_list in newest if sync_list.run.progress_at), default=None),
    )


def _lists(account: ProviderAccount, newest: Sequence[SyncList]) -> tuple[ListCoverage, ...]:
    adapter = adapter_class(account.provider_id)
    parts = {
        name: [_part(part.key, newest) for part in adapter.list_parts if part.remote_list is name]
        for name in adapter.lists
    }
    whole_since = {MEDIA_OF_LIST[name]: since for name, found in parts.items() if (since := _whole_since(found))}
    totals = {MEDIA_OF_LIST[name]: _total(found) for name, found in parts.items()}
    counts = count_listed(
        account.pk,
        owner_id=account.owner_id,
        provider_id=account.provider_id,
        whole_since=whole_since,
        remote_totals={media_type: total for media_type, total in totals.items() if media_type not in whole_since},
    )
    return tuple(ListCoverage(name, counts[MEDIA_OF_LIST[name]]) for name in parts)


@dataclass(frozen=True, slots=True)
class _Part:
    """Part of a list that is read separately: when the run began that has read it all, and its length."""

    whole_since: datetime | None
    length: int | None


def _part(key: str, newest: Sequence[SyncList]) -> _Part:
    found = [sync_list for sync_list in newest if sync_list.list_key == key]
    whole = [sync_list.run.created_at for sync_list in found if sync_list.is_whole]  # type: ignore[attr-defined]
    latest = max(found, key=lambda sync_list: sync_list.run_id, default=None)
    return _Part(max(whole, default=None), latest.length if latest else None)


def _whole_since(parts: Sequence[_Part]) -> datetime | None:
    """Return when the last run began that has read a whole list; None when a part of it was never read to its end."""
    since = [part.whole_since for part in parts if part.whole_since]
    return min(since) if since and len(since) == len(parts) else None


def _total(parts: Sequence[_Part]) -> int | None:
    lengths = [part.length for part in parts if part.length is not None]
    return sum(lengths) if lengths and len(lengths) == len(parts) else None
