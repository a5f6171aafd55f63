"""Compare stored edges with the edges that the stored payloads give; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lineage.rebuild.batch import BATCH_SIZE, RebuildStatus
from lineage.rebuild.preview import AssetPreview, preview, totals


@dataclass(frozen=True, slots=True)
class EdgeDrift:
    """The changes that a rebuild of these assets would make to provider edges.

    `changed` are the assets whose edges would change, or whose payload could not be read.
    """

    asset_count: int
    added: int
    removed: int
    unchanged: int
    changed: tuple[AssetPreview, ...]


def check_edges(owner_id: int, asset_ids: Sequence[int], *, now: datetime) -> EdgeDrift:
    """Preview a rebuild of these assets batch by batch and count its changes.

    Args:
        owner_id: the owner of the assets; ids of others are left out.
        asset_ids: the assets to check.
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
