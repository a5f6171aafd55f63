"""Find the assets that an import changed behind the cursor of a library's rebuild, and the imports that still run."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet

from assets.models import RunKind, SyncRun
from common.runs import OPEN_STATES
from lineage.models import RebuildRun
from lineage.rebuild.batch import library_assets


def catches_up(run: RebuildRun) -> bool:
    """Return whether a run reads assets again that change behind its cursor: a rebuild of a library does."""
    return run.is_of_library and not run.is_preview


def first_change(run: RebuildRun, *, now: datetime) -> datetime:
    """Return the time from which on changes are caught up.

    That is the beginning of the run, or when an import is running the last page that it had stored: the page after it
    may be stored behind the cursor, with a time before the beginning of the run.
    """
    stored = _open_imports(run).values_list("progress_at", flat=True)
    return min([run.started_at or now, *(at for at in stored if at is not None)])


def changed_behind(run: RebuildRun, *, size: int) -> list[tuple[int, datetime]]:
    """Return ids and times of the next assets that were changed behind the cursor, in the order of their changes.

    New assets are not among them: their ids are higher, so the cursor comes to them.
    """
    changed = library_assets(run.owner_id, run.provider_id or None).filter(
        Q(updated_at__gt=run.caught_up_at) | Q(updated_at=run.caught_up_at, pk__gt=run.caught_up_id),
        updated_at__gt=F("created_at"),
        pk__lte=run.cursor,
    )
    return list(changed.order_by("updated_at", "pk").values_list("pk", "updated_at")[:size])


def is_import_running(run: RebuildRun) -> bool:
    """Return whether an import is running that will add assets without building their lineage."""
    return _open_imports(run).filter(create_lineage=False).exists()


def _open_imports(run: RebuildRun) -> QuerySet[SyncRun]:
    runs = SyncRun.objects.filter(owner_id=run.owner_id, kind=RunKind.IMPORT, state__in=OPEN_STATES)
    return runs.filter(provider_id=run.provider_id) if run.provider_id else runs
