"""JSON API of the library: list, read and delete assets."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from assets.models import Asset
from common.auth import request_user
from common.cursors import InvalidCursor
from common.errors import raises
from common.load.heavy import heavy_read
from common.schemas import Flag, PageLimit, RowId
from library import deletion
from library.browse import browse, count
from library.deletion_preview import preview_deletion
from library.schemas import AssetDetail, AssetList, DeletionPreviewAnswer, LibraryQuery
from library.search_syntax import InvalidSearch

router = Router(tags=["library"])


@router.get("/assets", response=AssetList)
@raises(InvalidSearch, InvalidCursor)
def list_assets(
    request: HttpRequest,
    query: Annotated[LibraryQuery, Query()],
    limit: PageLimit = 50,
    cursor: Annotated[str, Query(max_length=500)] = "",
    with_total: Flag = False,
) -> dict[str, Any]:
    """List your library, newest first by the provider's dates, one page at a time."""
    owner, wanted = request_user(request), query.filter()
    with heavy_read(request, when=wanted.is_heavy or with_total):
        page = browse(owner.pk, wanted, cursor=cursor, size=limit)
        total = count(owner.pk, wanted) if with_total else None
    return {
        "items": page.items,
        "limit": limit,
        "next_cursor": page.next_cursor,
        "previous_cursor": page.previous_cursor,
        "total": total,
    }


@router.get("/assets/{asset_id}", response=AssetDetail)
def get_asset(request: HttpRequest, asset_id: RowId) -> Asset:
    """Return one asset with all its identifiers and its payload."""
    return get_object_or_404(Asset.objects.owned_by(request_user(request)).defer("search_vector"), pk=asset_id)


@router.delete("/assets/{asset_id}", response={204: None})
def delete_asset(request: HttpRequest, asset_id: RowId) -> Status[None]:
    """Delete an asset from the library, not at the provider; later imports skip it.

    An asset that others were made from is kept as a stub in their lineage, with `deleted_at` set. `removal` returns a
    preview of the consequences.
    """
    owner = request_user(request)
    get_object_or_404(Asset.objects.owned_by(owner).only("pk"), pk=asset_id)
    deletion.delete(owner.pk, [asset_id], now=timezone.now())
    return Status(204, None)


@router.get("/assets/{asset_id}/removal", response=DeletionPreviewAnswer)
def preview_asset_deletion(request: HttpRequest, asset_id: RowId) -> dict[str, Any]:
    """Preview the consequences of deleting an asset; deletes nothing."""
    owner = request_user(request)
    get_object_or_404(Asset.objects.owned_by(owner).only("pk"), pk=asset_id)
    found = preview_deletion(owner.pk, [asset_id])
    return {"asset_id": asset_id, "stays_as_stub": bool(found.marked_ids), **asdict(found)}
