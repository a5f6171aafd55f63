"""Compare the edges that stand with what the stored payloads say today; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lineage.rebuild.batch import BATCH_SIZE, RebuildStatus
from lineage.rebuild.preview import AssetPreview, preview, totals


@dataclass(frozen=True, slots=True)
class EdgeDrift:
    """What a rebuild of these assets would do to the edges that providers speak for.

    `changed` are the assets whose edges would change, or that could not be read.
    """

    asset_count: int
    added: int
    removed: int
    unchanged: int
    changed: tuple[AssetPreview, ...]


def check_edges(owner_id: int, asset_ids: Sequence[int], *, now: datetime) -> EdgeDrift:
    """Say what a rebuild would add and remove, as its preview does, batch by batch.

    Args:
        owner_id: whose assets; ids of others are left out.
        asset_ids: which assets.
        now: the time of the check.

    Source: domain.md §4, "Evidence".
    """
    found = [
        asset
        for start in range(0, len(asset_ids), BATCH_SIZE)
        for asset in preview(owner_id, asset_ids=asset_ids[start : start + BATCH_SIZE], clear_existing=True, now=now)
        if asset.status is not RebuildStatus.NOT_FOUND
    ]
    added, removed, unchanged = totals(found)
    changed = tuple(asset for asset in found if asset.is_changed or asset.status is RebuildStatus.FAILED)
    return EdgeDrift(len(found), added, removed, unchanged, changed)
