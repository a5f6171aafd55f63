"""The lineage pages: the inspector around one asset, and its relatives in a strip."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from assets.models import Asset
from lineage.forms import LineageQuery
from lineage.graph import GraphAsset, GraphEdge, GraphNode, LineageGraph, flat, neighborhood
from lineage.look import NODES_MAX
from providers.pages import PageRequest, render_page, wants_part
from providers.registry import adapter_class, provider_ids

INSPECTOR_PAGE = "lineage/inspector.html"
STRIP_SIZE = 12
# From so many relatives on, a level stands in two columns, and levels begin at the top instead of the middle.
WIDE_FROM = 8
TALL_FROM = 3

# What providers say of one use of a parent, in the words of the edge's `transformation`.
SAID_WORDS = {
    "fusion_name": "Name",
    "fusion_entry_type": "Used as",
    "prompt": "Prompt",
    "original_prompt": "Prompt",
    "duration": "Seconds",
}


@dataclass(frozen=True, slots=True)
class Use:
    """One edge as a card shows it: the badge, the place among several inputs, and what the provider said.

    `other` is the asset at the nearer end when that is not the one in the middle.
    """

    edge: GraphEdge
    badge: str
    position: int | None
    said: tuple[tuple[str, str], ...]
    other: GraphAsset | None


@dataclass(frozen=True, slots=True)
class Card:
    """One relative."""

    node: GraphNode
    provider_name: str
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """All relatives at one distance."""

    depth: int
    title: str
    cards: tuple[Card, ...]

    @property
    def is_wide(self) -> bool:
        """Whether there are so many that they stand in two columns."""
        return len(self.cards) > WIDE_FROM


@require_GET
@login_required
def inspector(request: HttpRequest, asset_id: int) -> HttpResponse:
    """The family around one asset."""
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
    return render_page(page, INSPECTOR_PAGE, context | _graph_context(root, query), part="graph")


@require_GET
@login_required
def relatives(request: HttpRequest, asset_id: int) -> HttpResponse:
    """A strip of direct relatives, for the asset's own page."""
    page = cast(PageRequest, request)
    root = _asset_or_404(page, asset_id)
    if not wants_part(page):
        return redirect("lineage:inspector", asset_id)
    found = flat(root, limit=STRIP_SIZE)
    context = {
        "root": root,
        "parents": {relative.asset.id: relative.asset for relative in found.parents}.values(),
        "children": {relative.asset.id: relative.asset for relative in found.children}.values(),
    }
    return render(request, "lineage/_relatives.html", context)


def _graph_context(root: Asset, query: LineageQuery) -> dict[str, Any]:
    look = query.look
    graph = neighborhood(root, look)
    levels = _levels(graph)
    return {
        "look": look,
        "ancestors": [level for level in levels if level.depth < -1],
        "parents": next((level for level in levels if level.depth == -1), None),
        "children": next((level for level in levels if level.depth == 1), None),
        "descendants": [level for level in levels if level.depth > 1],
        "is_tall": any(len(level.cards) > TALL_FROM for level in levels),
        "asset_count": len(graph.nodes),
        "truncated": graph.truncated,
        "query_string": query.query_string(open="", close="", pick=""),
        "more_address": _more_address(root, query) if graph.truncated else "",
    }


def _more_address(root: Asset, query: LineageQuery) -> str:
    """The same page with ten times as many assets, "" when it already shows as many as it may."""
    most = query.look.max_nodes
    if most >= NODES_MAX:
        return ""
    fan_out = min((query.look.fan_out or NODES_MAX) * 10, NODES_MAX)
    return query.address(root.pk, max_nodes=min(most * 10, NODES_MAX), fan_out=fan_out)


def _levels(graph: LineageGraph) -> list[Level]:
    """The relatives by distance, farthest ancestors first; the asset in the middle is left out."""
    nodes = {node.asset.id: node for node in graph.nodes}
    names = _provider_names()
    cards: dict[int, list[Card]] = defaultdict(list)
    for node in graph.nodes:
        if node.depth:
            name = names.get(node.asset.provider_id, node.asset.provider_id)
            cards[node.depth].append(Card(node, name, _uses(node, nodes, graph.edges)))
    return [Level(depth, _level_title(depth), tuple(cards[depth])) for depth in sorted(cards)]


def _uses(node: GraphNode, nodes: dict[int, GraphNode], edges: Sequence[GraphEdge]) -> tuple[Use, ...]:
    """The edges that lead from a relative towards the middle."""
    own = node.asset.id
    if node.depth < 0:
        nearer = [(edge, nodes[edge.child_asset_id]) for edge in edges if edge.parent_asset_id == own]
    else:
        nearer = [(edge, nodes[edge.parent_asset_id]) for edge in edges if edge.child_asset_id == own]
    siblings = Counter(edge.child_asset_id for edge in edges)
    return tuple(
        Use(
            edge=edge,
            badge=f"{edge.relation_type} / {edge.operation_type}".upper(),
            position=edge.sequence_order + 1 if siblings[edge.child_asset_id] > 1 else None,
            said=_said(edge),
            other=other.asset if other.depth else None,
        )
        for edge, other in nearer
        if abs(other.depth) < abs(node.depth)
    )


def _said(edge: GraphEdge) -> tuple[tuple[str, str], ...]:
    told = {
        word: str(edge.transformation[key])
        for key, word in SAID_WORDS.items()
        if edge.transformation.get(key) not in (None, "", [], {})
    }
    return tuple(told.items())


def _level_title(depth: int) -> str:
    if abs(depth) == 1:
        return "Parents" if depth < 0 else "Children"
    return f"{abs(depth)} steps {'up' if depth < 0 else 'down'}"


def _provider_names() -> dict[str, str]:
    return {provider_id: adapter_class(provider_id).display_name for provider_id in provider_ids()}


def _asset_or_404(request: PageRequest, asset_id: int) -> Asset:
    return get_object_or_404(Asset.objects.owned_by(request.user).without_payload(), pk=asset_id)
