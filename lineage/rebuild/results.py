"""What a rebuild run has to tell of single assets: kept for its report, or for a preview until it is applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from common.json_storage import to_jsonb
from lineage.models import RebuildFinding, RebuildMode, RebuildRun
from lineage.rebuild.batch import RebuildResult, RebuildStatus
from lineage.rebuild.preview import AssetPreview, PreviewEdge

LOOKS_KEPT = 5
"""The findings of an owner's newest previews are kept; those of older ones go when a new one begins."""

CHANGES_KEPT_MAX = 1_000
"""A rebuild lists no more changed assets than this; those with a note are all listed."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one batch adds to its run's counters; named like the run's columns."""

    done_count: int
    changed_count: int
    noted_count: int
    new_edges: int
    removed_edges: int
    unchanged_edges: int

    def columns(self) -> dict[str, int]:
        """The amounts by the names of the columns."""
        return asdict(self)


def keep_results(run: RebuildRun, results: Sequence[RebuildResult]) -> Tally:
    """Keep what a rebuilt batch has to tell, in its transaction."""
    rows = [
        RebuildFinding(
            owner_id=run.owner_id,
            run=run,
            asset_id=result.asset_id,
            status=result.status,
            reason=result.reason,
            is_changed=bool(result.new_edges or result.removed_edges),
            added=result.new_edges,
            removed=result.removed_edges,
            unchanged=result.unchanged_edges,
        )
        for result in results
    ]
    room = max(CHANGES_KEPT_MAX - run.changed_count, 0)
    plain = [row for row in rows if row.is_changed and not _is_noted(row)]
    RebuildFinding.objects.bulk_create([*(row for row in rows if _is_noted(row)), *plain[:room]])
    return _tally(rows)


def keep_previews(run: RebuildRun, previews: Sequence[AssetPreview]) -> Tally:
    """Keep what a batch that was looked at has to tell: every asset that would change, with its edges."""
    rows = [
        RebuildFinding(
            owner_id=run.owner_id,
            run=run,
            asset_id=found.asset_id,
            status=found.status,
            reason=found.reason,
            is_changed=found.is_changed,
            added=len(found.added),
            removed=len(found.removed),
            unchanged=found.unchanged,
            edges={"added": _stored(found.added), "removed": _stored(found.removed)} if found.is_changed else {},
        )
        for found in previews
    ]
    RebuildFinding.objects.bulk_create(row for row in rows if row.is_changed or _is_noted(row))
    return _tally(rows)


def choose(run: RebuildRun, *, shown: Iterable[int], chosen: Iterable[int]) -> None:
    """Note which of the assets that stood on a page are to be rebuilt.

    Args:
        run: a preview.
        shown: ids of the assets whose boxes were on the page.
        chosen: ids of those whose boxes were ticked.
    """
    wanted = set(chosen)
    on_page = RebuildFinding.objects.filter(run=run, is_changed=True, asset_id__in=set(shown))
    on_page.filter(asset_id__in=wanted, is_chosen=False).update(is_chosen=True)
    on_page.filter(is_chosen=True).exclude(asset_id__in=wanted).update(is_chosen=False)


def choose_every(run: RebuildRun, *, is_chosen: bool) -> None:
    """Choose all assets that a preview found to change, or none."""
    RebuildFinding.objects.filter(run=run, is_changed=True).exclude(is_chosen=is_chosen).update(is_chosen=is_chosen)


def forget_old(run: RebuildRun) -> None:
    """Drop the findings of the owner's older previews, now that a new one begins."""
    if run.mode != RebuildMode.PREVIEW:
        return
    looks = RebuildRun.objects.filter(owner_id=run.owner_id, mode=RebuildMode.PREVIEW).order_by("-pk")
    if oldest_kept := looks.values_list("pk", flat=True)[LOOKS_KEPT - 1 : LOOKS_KEPT].first():
        RebuildFinding.objects.filter(run__in=looks.order_by().filter(pk__lt=oldest_kept)).delete()


def _is_noted(row: RebuildFinding) -> bool:
    return bool(row.reason) or row.status != RebuildStatus.OK


def _stored(edges: Sequence[PreviewEdge]) -> list[dict[str, Any]]:
    return [to_jsonb(asdict(edge))[0] for edge in edges]


def _tally(rows: Sequence[RebuildFinding]) -> Tally:
    return Tally(
        done_count=len(rows),
        changed_count=sum(row.is_changed for row in rows),
        noted_count=sum(_is_noted(row) for row in rows),
        new_edges=sum(row.added for row in rows),
        removed_edges=sum(row.removed for row in rows),
        unchanged_edges=sum(row.unchanged for row in rows),
    )
