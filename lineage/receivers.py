"""Update edges when assets are merged or imported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from assets.signals import assets_imported, assets_merged
from lineage.edges.writer import move_to_survivors
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
