"""What lineage does when assets are merged or imported."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from assets.signals import assets_imported, assets_merged
from lineage.edges.writer import move_to_survivors
from lineage.rebuild.batch import rebuild


@receiver(assets_merged, dispatch_uid="lineage_move_edges")
def move_edges(owner_id: int, survivors: dict[int, int], **kwargs: Any) -> None:
    """Give the edges of absorbed assets to their survivors."""
    move_to_survivors(owner_id, survivors)


@receiver(assets_imported, dispatch_uid="lineage_rebuild_imported")
def rebuild_imported(owner_id: int, asset_ids: list[int], create_lineage: bool, now: datetime, **kwargs: Any) -> None:
    """Rebuild what was just imported, if the person who started the import asked for it."""
    if create_lineage:
        rebuild(owner_id, asset_ids=asset_ids, clear_existing=True, now=now)
