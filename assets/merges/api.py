"""JSON API of merges: list them, and split one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from assets.merges.schemas import MergeList, SplitAnswer
from assets.merges.split import CannotSplit, Split, split
from assets.models import AssetMerge
from common.auth import request_user
from common.errors import raises
from common.schemas import PageLimit, PageOffset, RowId

router = Router(tags=["assets"])


@router.get("/merges", response=MergeList)
def list_merges(request: HttpRequest, limit: PageLimit = 50, offset: PageOffset = 0) -> dict[str, Any]:
    """List the assets that turned out to be one, newest first."""
    rows = AssetMerge.objects.owned_by(request_user(request)).defer("absorbed_payload").order_by("-merged_at", "-pk")
    return {"items": rows[offset : offset + limit], "total": rows.count(), "limit": limit, "offset": offset}


@router.post("/merges/{merge_id}/split", response=SplitAnswer)
@raises(CannotSplit)
def split_merge(request: HttpRequest, merge_id: RowId) -> Split:
    """Give a merged asset back, with its identifiers, data and links; imports keep the two apart."""
    merge = get_object_or_404(AssetMerge.objects.owned_by(request_user(request)), pk=merge_id)
    return split(merge, now=timezone.now())
