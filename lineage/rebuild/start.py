"""Start a rebuild or a preview of many assets, and apply a preview."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from common.errors import AppError
from common.runs import RunState, lifecycle
from lineage.models import RebuildFinding, RebuildMode, RebuildRun
from lineage.rebuild import results
from lineage.rebuild.batch import library_assets
from lineage.rebuild.outdated import is_outdated


class NotApplicable(AppError):
    """Only a finished preview can be applied, and only where it found something to change."""

    http_status = 409
    code = "not_applicable"


class PreviewOutdated(NotApplicable):
    """The library has changed since the preview, so a rebuild would do something else than it shows."""

    code = "preview_outdated"


def start(
    owner_id: int,
    *,
    mode: RebuildMode = RebuildMode.REBUILD,
    provider_id: str = "",
    asset_ids: Collection[int] | None = None,
    clear_existing: bool,
    applies: RebuildRun | None = None,
    now: datetime,
) -> RebuildRun:
    """Save a new run; the caller enqueues it in the same transaction, or executes it.

    Args:
        owner_id: whose library.
        mode: rebuild writes edges, preview only reports which a rebuild would write.
        provider_id: only assets of this provider, "" for all.
        asset_ids: which assets, None for the whole library.
        clear_existing: as `rebuild`.
        applies: the preview that is being applied.
        now: time of the request.

    Raises:
        AlreadyRunning: the owner has an open run; two would write the same edges.
    """
    chosen = sorted(set(asset_ids)) if asset_ids is not None else None
    total = len(chosen) if chosen is not None else library_assets(owner_id, provider_id or None).count()
    run = lifecycle.start(
        RebuildRun(
            owner_id=owner_id,
            mode=mode,
            provider_id=provider_id,
            asset_ids=chosen,
            clear_existing=clear_existing,
            preview=applies,
            total_count=total,
            created_at=now,
        )
    )
    results.forget_old(run)
    return run


def apply(preview: RebuildRun, *, asset_ids: Collection[int] | None = None, now: datetime) -> RebuildRun:
    """Save a new rebuild of the assets that a preview would change, as `start` does.

    Args:
        preview: the preview.
        asset_ids: which of the assets that it would change, None for those selected on its page.
        now: time of the request.

    Raises:
        NotApplicable: it is not a finished preview, or none of its assets is selected.
        PreviewOutdated: the library has changed since the preview, be it by applying it.
        AlreadyRunning: as `start`.
    """
    if not preview.is_preview or preview.state != RunState.SUCCEEDED:
        raise NotApplicable("Only a finished preview can be applied.")
    if is_outdated(preview):
        raise PreviewOutdated("This preview is out of date. Preview again to see the current changes.")
    changed = RebuildFinding.objects.filter(run=preview, is_changed=True)
    chosen = changed.filter(is_chosen=True) if asset_ids is None else changed.filter(asset_id__in=asset_ids)
    ids = list(chosen.values_list("asset_id", flat=True))
    if not ids:
        raise NotApplicable("No asset is selected that a rebuild would change.")
    return start(
        preview.owner_id,
        provider_id=preview.provider_id,
        asset_ids=ids,
        clear_existing=preview.clear_existing,
        applies=preview,
        now=now,
    )
