"""Compare the edges that stand with what the stored payloads say today; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from lineage.rebuild import BATCH_SIZE, RebuildResult, RebuildStatus, rebuild


@dataclass(frozen=True, slots=True)
class EdgeDrift:
    """What a rebuild of these assets would do to the edges that providers speak for.

    `changed` are the results of assets whose edges would change, or that could not be read.
    """

    asset_count: int
    added: int
    removed: int
    unchanged: int
    changed: tuple[RebuildResult, ...]


def check_edges(owner_id: int, asset_ids: Sequence[int], *, now: datetime) -> EdgeDrift:
    """Say what a rebuild would add and remove: the rebuild itself, undone at once.

    It is the very same reading, so it cannot say anything else than a rebuild would do. Each batch holds the library's
    lock for as long as a rebuild of it would.

    Args:
        owner_id: whose assets; ids of others are left out.
        asset_ids: which assets.
        now: the time of the check.

    Source: domain.md §4, "Evidence".
    """
    results: list[RebuildResult] = []
    for start in range(0, len(asset_ids), BATCH_SIZE):
        with transaction.atomic():
            batch = asset_ids[start : start + BATCH_SIZE]
            results += rebuild(owner_id, asset_ids=batch, clear_existing=True, now=now)
            transaction.set_rollback(True)
    found = [result for result in results if result.status is not RebuildStatus.NOT_FOUND]
    return EdgeDrift(
        asset_count=len(found),
        added=sum(result.new_edges for result in found),
        removed=sum(result.removed_edges for result in found),
        unchanged=sum(result.unchanged_edges for result in found),
        changed=tuple(result for result in found if _is_changed(result)),
    )


def _is_changed(result: RebuildResult) -> bool:
    return bool(result.new_edges or result.removed_edges or result.status is RebuildStatus.FAILED)
