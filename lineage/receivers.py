"""Update edges when assets are merged or imported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from assets.models import Asset, AssetMerge
from assets.signals import assets_imported, assets_merged
from lineage.edges.writer import move_to_survivors
from lineage.rebuild.batch import rebuild


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
        ids = list(dict.fromkeys([*asset_ids, *_children_of(owner_id, lost_name_ids)]))
        rebuild(owner_id, asset_ids=ids, clear_existing=True, now=now)


def _children_of(owner_id: int, parent_ids: Sequence[int]) -> list[int]:
    """Return the complete children of assets that lost an identifier; most imports have none, and no statement runs."""
    if not parent_ids:
        return []
    # A parent may have been merged since, and its edges moved to the survivor.
    survivors = AssetMerge.objects.filter(owner_id=owner_id, absorbed_id__in=parent_ids).values_list(
        "survivor_id", flat=True
    )
    parents = [*parent_ids, *survivors]
    children = Asset.objects.filter(owner_id=owner_id, parent_edges__parent_id__in=parents, is_stub=False)
    return list(children.order_by("pk").values_list("pk", flat=True).distinct())
