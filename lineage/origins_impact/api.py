"""Origins and impact as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from assets.models import Asset
from common.auth import request_user
from common.cursors import InvalidCursor
from common.errors import raises
from common.load.heavy import heavy_read
from common.schemas import PageLimit, RowId
from lineage.origins_impact.query import ClosurePage, count_closure, list_closure
from lineage.origins_impact.schemas import ClosureAnswer, ClosureParams, ClosureTotalsAnswer, OriginsParams

router = Router(tags=["lineage"])

Cursor = Annotated[str, Query(max_length=500)]


@router.get("/assets/{asset_id}/origins", response=ClosureAnswer)
@raises(InvalidCursor)
def list_origins(
    request: HttpRequest,
    asset_id: RowId,
    query: Annotated[OriginsParams, Query()],
    limit: PageLimit = 50,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """List everything an asset was made from, at any distance, each asset once; continue with `next_cursor`."""
    root_id = _id_or_404(request, asset_id)
    with heavy_read(request):
        page = list_closure(
            root_id,
            is_up=True,
            sort=query.sort,
            asset_filter=query.asset_filter,
            only_originals=query.originals,
            cursor=cursor,
            size=limit,
        )
    return _answer(root_id, page, limit)


@router.get("/assets/{asset_id}/impact", response=ClosureAnswer)
@raises(InvalidCursor)
def list_impact(
    request: HttpRequest,
    asset_id: RowId,
    query: Annotated[ClosureParams, Query()],
    limit: PageLimit = 50,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """List everything made from an asset, at any distance, each asset once; continue with `next_cursor`."""
    root_id = _id_or_404(request, asset_id)
    with heavy_read(request):
        page = list_closure(
            root_id, is_up=False, sort=query.sort, asset_filter=query.asset_filter, cursor=cursor, size=limit
        )
    return _answer(root_id, page, limit)


@router.get("/assets/{asset_id}/reach", response=ClosureTotalsAnswer)
def count_origins_and_impact(request: HttpRequest, asset_id: RowId) -> dict[str, Any]:
    """Count the ancestors and descendants of an asset without listing them."""
    root_id = _id_or_404(request, asset_id)
    with heavy_read(request):
        origins, impact = count_closure(root_id, is_up=True), count_closure(root_id, is_up=False)
    return {"asset_id": root_id, "origins": origins, "impact": impact}


def _answer(root_id: int, page: ClosurePage, limit: int) -> dict[str, Any]:
    return {
        "asset_id": root_id,
        "items": page.items,
        "total": page.total,
        "limit": limit,
        "next_cursor": page.next_cursor,
    }


def _id_or_404(request: HttpRequest, asset_id: int) -> int:
    return get_object_or_404(Asset.objects.owned_by(request_user(request)).only("pk"), pk=asset_id).pk
