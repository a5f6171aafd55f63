"""Store the results of single assets of a run: for its report, or for a preview until it is applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from common.json_storage import to_jsonb
from lineage.models import RebuildFinding, RebuildMode, RebuildRun
from lineage.rebuild.batch import RebuildResult, RebuildStatus
from lineage.rebuild.preview import AssetPreview, PreviewEdge

PREVIEWS_KEPT = 5
"""The findings of an owner's newest previews are kept; those of older ones are deleted when a new one begins."""

CHANGES_KEPT_MAX = 1_000
"""A rebuild lists at most this many changed assets; those with a note are all listed."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The amounts that one batch adds to its run's counters, by the names of the run's columns."""

    done_count: int
    changed_count: int
    noted_count: int
    new_edges: int
    removed_edges: int
    unchanged_edges: int

    def of_second_reading(self) -> Tally:
        """Return the amounts without assets and edges that were counted when the assets were read first."""
        return replace(self, done_count=0, unchanged_edges=0)

    def columns(self) -> dict[str, int]:
        """Return the amounts by column name."""
        return asdict(self)


def keep_results(run: RebuildRun, results: Sequence[RebuildResult]) -> Tally:
    """Store the results of a rebuilt batch, in its transaction."""
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
    """Store the results of a previewed batch: every asset that would change, with its edges."""
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
    """Store the selection of the assets that were on a page.

    Args:
        run: a preview.
        shown: ids of the assets whose boxes were on the page.
        chosen: ids of the assets whose boxes were checked.
    """
    wanted = set(chosen)
    on_page = RebuildFinding.objects.filter(run=run, is_changed=True, asset_id__in=set(shown))
    on_page.filter(asset_id__in=wanted, is_chosen=False).update(is_chosen=True)
    on_page.filter(is_chosen=True).exclude(asset_id__in=wanted).update(is_chosen=False)


def choose_every(run: RebuildRun, *, is_chosen: bool) -> None:
    """Select all assets that a preview would change, or none."""
    RebuildFinding.objects.filter(run=run, is_changed=True).exclude(is_chosen=is_chosen).update(is_chosen=is_chosen)


def forget_old(run: RebuildRun) -> None:
    """Delete the findings of the owner's older previews when a new one begins."""
    if run.mode != RebuildMode.PREVIEW:
        return
    previews = RebuildRun.objects.filter(owner_id=run.owner_id, mode=RebuildMode.PREVIEW).order_by("-pk")
    if oldest_kept := previews.values_list("pk", flat=True)[PREVIEWS_KEPT - 1 : PREVIEWS_KEPT].first():
        RebuildFinding.objects.filter(run__in=previews.order_by().filter(pk__lt=oldest_kept)).delete()


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
