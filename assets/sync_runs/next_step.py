"""The action that follows a scan or import."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db.models import Q

from assets.models import RunKind, SyncList, SyncRun
from common.runs import RunState


class NextStep(StrEnum):
    """Next step on the way from an account to its lineage."""

    SCAN = "scan"
    RESUME = "resume"
    IMPORT = "import"
    REBUILD = "rebuild"
    BROWSE = "browse"


def step_after(run: SyncRun | None) -> NextStep:
    """Return the step that follows an account's last run; takes two statements at most.

    Args:
        run: the last run of the account, None when there is none.
    """
    if run is None:
        return NextStep.SCAN
    if run.state != RunState.SUCCEEDED:
        return NextStep.RESUME
    if run.kind == RunKind.SCAN and any(sync_list.created for sync_list in run.lists.all()):
        return NextStep.IMPORT
    return NextStep.REBUILD if _lacks_lineage(run) else NextStep.BROWSE


def mark_lineage_built(owner_id: int, provider_id: str, *, begun_at: datetime, now: datetime) -> None:
    """Record that the lineage of a library was rebuilt.

    Args:
        owner_id: whose library.
        provider_id: the rebuilt provider, "" for all.
        begun_at: when the rebuild began; imports that were still running then may have added assets behind it.
        now: the time to record.
    """
    runs = SyncRun.objects.filter(owner_id=owner_id, kind=RunKind.IMPORT, lineage_built_at=None)
    if provider_id:
        runs = runs.filter(provider_id=provider_id)
    runs.filter(finished_at__lte=begun_at).update(lineage_built_at=now)


def _lacks_lineage(run: SyncRun) -> bool:
    """Whether an import of the run's account brought assets without building their lineage, then or since."""
    lists = SyncList.objects.filter(run__account_id=run.account_id, run__owner_id=run.owner_id)
    imported = lists.filter(Q(created__gt=0) | Q(completed__gt=0), run__kind=RunKind.IMPORT)
    return imported.filter(run__create_lineage=False, run__lineage_built_at=None).exists()
