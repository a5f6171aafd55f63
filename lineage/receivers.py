"""Update edges when assets are merged or imported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from assets.signals import asset_split, assets_imported, assets_merged
from lineage.edges.moves import move_back, move_to_survivors
from lineage.rebuild.batch import children_of, rebuild


@receiver(assets_merged, dispatch_uid="lineage_move_edges")
def move_edges(owner_id: int, survivors: dict[int, int], **kwargs: Any) -> None:
    """Move the edges of absorbed assets to their survivors."""
    move_to_survivors(owner_id, survivors)


@receiver(assets_imported, dispatch_uid="lineage_rebuild_imported")
def rebuild_imported(
    owner_id: int,
    asset_ids: Sequence[int],
    lost_name_ids: Sequence[int],
    create_lineage: bool,
    now: datetime,
    **kwargs: Any,
) -> None:
    """Rebuild the lineage of imported assets, if the person who started the import asked for it."""
    if create_lineage:
        ids = list(dict.fromkeys([*asset_ids, *children_of(owner_id, lost_name_ids)]))
        rebuild(owner_id, asset_ids=ids, clear_existing=True, now=now)


@receiver(asset_split, dispatch_uid="lineage_move_back")
def give_edges_back(
    owner_id: int,
    survivor_id: int,
    asset_id: int,
    absorbed_id: int | None,
    merged_at: datetime | None,
    now: datetime,
    **kwargs: Any,
) -> None:
    """Move the edges of an asset that was split back to it, and rebuild those of later children of the two."""
    move_back(survivor_id, asset_id, absorbed_id=absorbed_id, merged_at=merged_at)
    rebuild(owner_id, asset_ids=children_of(owner_id, [survivor_id, asset_id]), clear_existing=True, now=now)
