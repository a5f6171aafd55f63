"""The lineage pages: the inspector around one asset in three views, and its relatives in a strip."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from assets.models import Asset
from common.csv_export import csv_response
from common.pages import PageRequest, is_part_request, render_page
from lineage.graph.neighborhood import LineageGraph, neighborhood
from lineage.graph.query import DEPTH_MAX, NODES_MAX
from lineage.graph.relatives import flat
from lineage.inspector.columns import cards_of
from lineage.inspector.csv_rows import edge_rows, node_rows
from lineage.inspector.graph_data import drawing_of
from lineage.inspector.query_form import VIEWS, LineageQuery
from lineage.inspector.tree import tree_of
from providers.registry import adapter_class, provider_ids

INSPECTOR_PAGE = "lineage/inspector/inspector.html"
STRIP_SIZE = 12
CSV_FILES = {"csv": ("assets", node_rows), "csv-edges": ("links", edge_rows)}
"""The files by the `format` of an address: the kind in the file's name, and the rows."""


@require_GET
@login_required
def inspector(request: HttpRequest, asset_id: int) -> HttpResponse:
    """The family around one asset, as cards, as a tree or as a graph."""
    page = cast(PageRequest, request)
    root = _asset_or_404(page, asset_id)
    query = LineageQuery(request.GET)
    context: dict[str, Any] = {
        "section": "library",
        "root": root,
        "provider_name": _provider_names().get(root.provider_id, root.provider_id),
        "query": query,
    }
    if not query.is_valid():
        return render_page(page, INSPECTOR_PAGE, context, part="graph", status=422)
    graph = neighborhood(root, query.neighborhood_query)
    if request.GET.get("format") in CSV_FILES:
        kind, rows = CSV_FILES[request.GET["format"]]
        return csv_response(f"lineage-{root.pk}-{kind}.csv", rows(graph))
    context |= _frame_context(root, query, graph) | _view_context(root, query, graph)
    response = render_page(page, INSPECTOR_PAGE, context, part="graph")
    if is_part_request(page) and request.META["QUERY_STRING"] != query.query_string():
        # A form sends all its fields; the address keeps only what differs from the usual.
        response.headers["HX-Push-Url"] = query.address(root.pk)
    return response


@require_GET
@login_required
def relatives(request: HttpRequest, asset_id: int) -> HttpResponse:
    """A strip of direct relatives, for the asset's own page."""
    page = cast(PageRequest, request)
    root = _asset_or_404(page, asset_id)
    if not is_part_request(page):
        return redirect("lineage:inspector", asset_id)
    found = flat(root, limit=STRIP_SIZE)
    context = {
        "root": root,
        "parents": {relative.asset.id: relative.asset for relative in found.parents}.values(),
        "children": {relative.asset.id: relative.asset for relative in found.children}.values(),
    }
    return render(request, "lineage/inspector/_relatives.html", context)


def _frame_context(root: Asset, query: LineageQuery, graph: LineageGraph) -> dict[str, Any]:
    """What stands around all three views."""
    neighborhood_query = query.neighborhood_query
    return {
        "neighborhood_query": neighborhood_query,
        "graph": graph,
        "view": query.view_name,
        "views": [(name, words, query.address(root.pk, view=name)) for name, words in VIEWS],
        "steps": _steps(root, query),
        "filter_count": query.filter_count,
        "picked_address": _picked_address(query),
        "nodes_csv_address": query.address(root.pk, view="", pick="", focus=None, format="csv"),
        "edges_csv_address": query.address(root.pk, view="", pick="", focus=None, format="csv-edges"),
        "plain_address": query.address(root.pk, **dict.fromkeys(query.query_names)),
        "more_address": _more_address(root, query) if graph.truncated else "",
    }


def _view_context(root: Asset, query: LineageQuery, graph: LineageGraph) -> dict[str, Any]:
    if query.view_name == "cards":
        return {"cards": cards_of(graph, query, _provider_names())}
    if query.view_name == "tree":
        return {"tree": tree_of(graph, query, _provider_names())}
    if query.view_name == "graph":
        return {"drawing": drawing_of(graph), "tree_address": query.address(root.pk, view="tree")}
    return {}


def _steps(root: Asset, query: LineageQuery) -> list[dict[str, Any]]:
    """The two fields for steps, each with the addresses of one step fewer and one more."""
    return [
        {
            "name": name,
            "label": query[name].label,
            "value": value,
            "fewer": query.address(root.pk, **{name: value - 1}) if value > 0 else "",
            "more": query.address(root.pk, **{name: value + 1}) if value < DEPTH_MAX else "",
        }
        for name, value in (("up", query.neighborhood_query.up), ("down", query.neighborhood_query.down))
    ]


def _picked_address(query: LineageQuery) -> str:
    """The page of the picked parent and child, "" when none is picked."""
    parent_id, _, child_id = str(query.cleaned_data["pick"]).partition("-")
    return reverse("lineage:edge", args=[child_id, parent_id]) if child_id else ""


def _more_address(root: Asset, query: LineageQuery) -> str:
    """The same page with ten times as many assets, "" when it already shows as many as it may."""
    most = query.neighborhood_query.max_nodes
    if most >= NODES_MAX:
        return ""
    fan_out = min((query.neighborhood_query.fan_out or NODES_MAX) * 10, NODES_MAX)
    return query.address(root.pk, max_nodes=min(most * 10, NODES_MAX), fan_out=fan_out)


def _provider_names() -> dict[str, str]:
    return {provider_id: adapter_class(provider_id).display_name for provider_id in provider_ids()}


def _asset_or_404(request: PageRequest, asset_id: int) -> Asset:
    return get_object_or_404(Asset.objects.owned_by(request.user).without_payload(), pk=asset_id)
