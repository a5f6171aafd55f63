"""Edges by their ids as JSON: read any, add, edit and remove manual ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from assets.models import Asset
from common.auth import request_user
from common.errors import raises
from common.schemas import RowId
from common.versions import EditConflict
from common.versions.http import IfMatch, set_etag
from common.vocabulary import Evidence
from lineage.manual import edges
from lineage.manual.edges import EdgeFields, EdgeReadOnly, EdgeRefused
from lineage.manual.schemas import EdgeAnswer, EdgeChange, NewEdge
from lineage.models import LineageEdge

router = Router(tags=["lineage"])


@router.post("/lineage/edges", response={201: EdgeAnswer})
@raises(EdgeRefused, Http404)
def draw_edge(request: HttpRequest, payload: NewEdge) -> Status[dict[str, Any]]:
    """Add a manual edge: this parent was used to make this child. Rebuilds do not change it.

    Refused are an edge from an asset to itself, one that would make an asset its own ancestor, and a duplicate.
    """
    parent = _asset_or_404(request, payload.parent_asset_id)
    child = _asset_or_404(request, payload.child_asset_id)
    fields = EdgeFields(**payload.dict(exclude={"parent_asset_id", "child_asset_id"}))
    return Status(201, _answer(edges.add(parent, child, fields, now=timezone.now())))


@router.get("/lineage/edges/{edge_id}", response=EdgeAnswer)
def get_edge(request: HttpRequest, edge_id: RowId, response: HttpResponse) -> dict[str, Any]:
    """Return one edge of any evidence, with its ETag. A rebuild that changes a provider edge gives it another id."""
    edge = _edge_or_404(request, edge_id)
    set_etag(response, edges.version_of_edge(edge))
    return _answer(edge)


@router.patch("/lineage/edges/{edge_id}", response=EdgeAnswer)
@raises(EdgeRefused, EditConflict)
def annotate_edge(
    request: HttpRequest, response: HttpResponse, edge_id: RowId, payload: EdgeChange, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Edit a manual edge; others are refused with `edge_read_only`. With If-Match, only the version that you read."""
    edge = _edge_or_404(request, edge_id)
    removable = ("parent_start_time", "parent_end_time", "parent_frame")
    sent = payload.dict(exclude_unset=True)
    changes = {name: value for name, value in sent.items() if value is not None or name in removable}
    # Without If-Match, another save since this request has read the edge is noticed.
    version = if_match or edges.version_of_edge(edge)
    changed = edges.update(edge, replace(edges.fields_of(edge), **changes), version=version)
    set_etag(response, edges.version_of_edge(changed))
    return _answer(changed)


@router.delete("/lineage/edges/{edge_id}", response={204: None})
@raises(EdgeReadOnly)
def remove_edge(request: HttpRequest, edge_id: RowId) -> Status[None]:
    """Remove a manual edge; others are refused with `edge_read_only`."""
    edges.remove(_edge_or_404(request, edge_id))
    return Status(204, None)


def _answer(edge: LineageEdge) -> dict[str, Any]:
    return {
        "id": edge.pk,
        "parent_asset_id": edge.parent_id,
        "child_asset_id": edge.child_id,
        "relation_type": edge.relation_type,
        "operation_type": edge.operation_type,
        "sequence_order": edge.sequence_order,
        "evidence": edge.evidence,
        "parent_start_time": edge.parent_start_time,
        "parent_end_time": edge.parent_end_time,
        "parent_frame": edge.parent_frame,
        "transformation": edge.transformation,
        "note": edges.note_of(edge),
        "is_manual": edge.evidence == Evidence.MANUAL,
        "created_at": edge.created_at,
    }


def _asset_or_404(request: HttpRequest, asset_id: int) -> Asset:
    return get_object_or_404(Asset.objects.owned_by(request_user(request)).without_payload(), pk=asset_id)


def _edge_or_404(request: HttpRequest, edge_id: int) -> LineageEdge:
    rows = LineageEdge.objects.filter(owner=request_user(request)).select_related("child")
    return get_object_or_404(rows.defer("child__media_metadata", "child__search_vector"), pk=edge_id)
