"""The action that follows a scan or import."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q, QuerySet

from assets.models import RunKind, SyncList, SyncRun
from common.runs import RunState


class NextStep(StrEnum):
    """Next step on the way from an account to its lineage."""

    SCAN = "scan"
    RESUME = "resume"
    IMPORT = "import"
    REBUILD = "rebuild"
    BROWSE = "browse"


def with_lineage_state(runs: QuerySet[SyncRun]) -> QuerySet[SyncRun]:
    """Add `lacks_lineage`: whether imports of the run's account brought assets whose lineage was never built."""
    lists = SyncList.objects.filter(run__account_id=OuterRef("account_id"), run__owner_id=OuterRef("owner_id"))
    imported = lists.filter(Q(created__gt=0) | Q(completed__gt=0), run__kind=RunKind.IMPORT)
    return runs.annotate(lacks_lineage=Exists(imported.filter(run__create_lineage=False, run__lineage_built_at=None)))


def step_after(run: SyncRun | None) -> NextStep:
    """Return the step that follows an account's last run.

    Args:
        run: the last run of the account, None when there is none. A statement looks up what `with_lineage_state` adds,
            unless it has it, and another one its lists, unless they were prefetched.
    """
    if run is None:
        return NextStep.SCAN
    if run.state != RunState.SUCCEEDED:
        return NextStep.RESUME
    if run.kind == RunKind.SCAN and any(sync_list.created for sync_list in run.lists.all()):
        return NextStep.IMPORT
    if not hasattr(run, "lacks_lineage"):
        run = with_lineage_state(SyncRun.objects.filter(pk=run.pk)).get()
    return NextStep.REBUILD if run.lacks_lineage else NextStep.BROWSE  # type: ignore[attr-defined]


def mark_lineage_built(owner_id: int, provider_id: str, *, now: datetime) -> None:
    """Record that the lineage of a library was rebuilt; imports that are still running may add assets without it.

    Args:
        owner_id: whose library.
        provider_id: the rebuilt provider, "" for all.
        now: when the rebuild ended.
    """
    runs = SyncRun.objects.filter(owner_id=owner_id, kind=RunKind.IMPORT, lineage_built_at=None)
    if provider_id:
        runs = runs.filter(provider_id=provider_id)
    runs.filter(finished_at__lte=now).update(lineage_built_at=now)
