"""The inspector page around one asset in three views, and a strip of its direct relatives."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from assets.models import Asset
from common.csv_export import csv_response
from common.load.heavy import heavy_read
from common.pages import PageRequest, is_part_request, render_page
from lineage.graph.neighborhood import LineageGraph, neighborhood
from lineage.graph.query import DEPTH_MAX, NODES_MAX
from lineage.graph.relatives import flat
from lineage.inspector.cards import build_cards
from lineage.inspector.csv_rows import edge_rows, node_rows
from lineage.inspector.forms import InspectorForm
from lineage.inspector.graph_data import graph_json
from lineage.inspector.state import VIEWS, InspectorState
from lineage.inspector.tree import build_tree
from providers.registry import adapter_class, provider_ids

INSPECTOR_PAGE = "lineage/inspector/inspector.html"
STRIP_SIZE = 12
CSV_FILES = {"csv": ("assets", node_rows), "csv-edges": ("links", edge_rows)}
"""The files by the `format` of a URL: the kind in the file's name, and the rows."""


@require_GET
@login_required
def inspector(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Show the neighborhood of one asset as cards, as a tree or as a graph, or send it as CSV."""
    page = cast(PageRequest, request)
    root = _asset_or_404(page, asset_id)
    form = InspectorForm(request.GET)
    context: dict[str, Any] = {
        "section": "library",
        "root": root,
        "provider_name": _provider_names().get(root.provider_id, root.provider_id),
        "form": form,
    }
    if not form.is_valid():
        return render_page(page, INSPECTOR_PAGE, context, part="graph", status=422)
    state = form.state(root.pk)
    is_file = request.GET.get("format") in CSV_FILES
    with heavy_read(request, when=is_file or state.query.is_heavy):
        graph = neighborhood(root, state.query)
        if is_file:
            kind, rows = CSV_FILES[request.GET["format"]]
            return csv_response(f"lineage-{root.pk}-{kind}.csv", rows(graph))
        context |= _frame_context(form, state, graph) | _view_context(state, graph)
        response = render_page(page, INSPECTOR_PAGE, context, part="graph")
    if is_part_request(page) and request.META["QUERY_STRING"] != state.query_string():
        # A form sends all its fields; the URL keeps only those that differ from the default.
        response.headers["HX-Push-Url"] = state.url()
    return response


@require_GET
@login_required
def relatives(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Show a strip of direct relatives, for the asset's own page."""
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


def _frame_context(form: InspectorForm, state: InspectorState, graph: LineageGraph) -> dict[str, Any]:
    """Return the context that all three views have in common."""
    return {
        "state": state,
        "graph": graph,
        "view": state.view,
        "views": [(name, label, state.url(view=name)) for name, label in VIEWS],
        "steppers": _steppers(form, state),
        "picked_url": _picked_url(state),
        "nodes_csv_url": state.url(view="", pick="", focus=None, format="csv"),
        "edges_csv_url": state.url(view="", pick="", focus=None, format="csv-edges"),
        "reload_url": state.url(),
        "plain_url": state.plain_url(),
        "more_url": _more_url(state) if graph.truncated else "",
    }


def _view_context(state: InspectorState, graph: LineageGraph) -> dict[str, Any]:
    match state.view:
        case "cards":
            return {"cards": build_cards(graph, state, _provider_names())}
        case "tree":
            return {"tree": build_tree(graph, state, _provider_names())}
        case _:
            return {"graph_json": graph_json(graph), "tree_url": state.url(view="tree")}


def _picked_url(state: InspectorState) -> str:
    """Return the URL of the page of the selected edge, "" when none is selected."""
    if state.picked_edge is None:
        return ""
    parent_id, child_id = state.picked_edge
    return reverse("lineage:edge", args=[child_id, parent_id])


def _steppers(form: InspectorForm, state: InspectorState) -> list[dict[str, Any]]:
    """Return the two fields for levels, each with the URLs of one level fewer and one more."""
    return [
        {
            "name": name,
            "label": form[name].label,
            "value": value,
            "fewer_url": state.url(**{name: value - 1}) if value > 0 else "",
            "more_url": state.url(**{name: value + 1}) if value < DEPTH_MAX else "",
        }
        for name, value in (("up", state.query.up), ("down", state.query.down))
    ]


def _more_url(state: InspectorState) -> str:
    """Return the URL of the same page with ten times as many assets, "" when it shows the maximum already."""
    query = state.query
    if query.max_nodes >= NODES_MAX:
        return ""
    fan_out = min((query.fan_out or NODES_MAX) * 10, NODES_MAX)
    return state.url(max_nodes=min(query.max_nodes * 10, NODES_MAX), fan_out=fan_out)


def _provider_names() -> dict[str, str]:
    return {provider_id: adapter_class(provider_id).display_name for provider_id in provider_ids()}


def _asset_or_404(request: PageRequest, asset_id: int) -> Asset:
    return get_object_or_404(Asset.objects.owned_by(request.user).without_payload(), pk=asset_id)
