"""Lineage as JSON: the graph around an asset."""

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
from common.schemas import RowId
from lineage.graph.neighborhood import LineageGraph, neighborhood
from lineage.graph.relatives import RelativesPage, flat, relatives
from lineage.graph.schemas import (
    FlatLineageAnswer,
    LineageAnswer,
    NeighborhoodParams,
    RelativesAnswer,
    RelativesQuery,
    relative,
)

router = Router(tags=["lineage"])


@router.get("/assets/{asset_id}/lineage", response=LineageAnswer)
def get_lineage(request: HttpRequest, asset_id: RowId, params: Annotated[NeighborhoodParams, Query()]) -> LineageGraph:
    """Return the lineage around an asset: parents at negative depth, children at positive, nearest first.

    `open` and `close` are lists of sides, such as `12p.33c2`: `fan_out` parents of 12, and twice `fan_out` children of
    33. The filters keep matching assets and those that connect them to the root.
    """
    asset = _asset_or_404(request, asset_id)
    with heavy_read(request, when=params.query.is_heavy):
        return neighborhood(asset, params.query)


@router.get("/assets/{asset_id}/lineage/flat", response=FlatLineageAnswer)
def get_flat_lineage(request: HttpRequest, asset_id: RowId) -> dict[str, Any]:
    """Return the direct parents of an asset in their order, and its direct children."""
    found = flat(_asset_or_404(request, asset_id))
    return {
        "asset_id": found.asset_id,
        "parents": [relative(parent) for parent in found.parents],
        "children": [relative(child) for child in found.children],
        "truncated": found.truncated,
    }


@router.get("/assets/{asset_id}/lineage/relatives", response=RelativesAnswer)
@raises(InvalidCursor)
def get_relatives(request: HttpRequest, asset_id: RowId, query: Annotated[RelativesQuery, Query()]) -> RelativesPage:
    """Return a page of the direct parents or children of an asset, in the order of the graph."""
    asset = _asset_or_404(request, asset_id)
    return relatives(asset, is_up=query.side == "parents", cursor=query.cursor, size=query.limit)


def _asset_or_404(request: HttpRequest, asset_id: int) -> Asset:
    return get_object_or_404(Asset.objects.owned_by(request_user(request)).without_payload(), pk=asset_id)
