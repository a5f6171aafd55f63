"""The cards view: a neighborhood as cards in columns, the oldest first, each edge on one of its two cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lineage.graph.edge_text import EdgeText, describe_edges
from lineage.graph.neighborhood import GraphNode, LineageGraph
from lineage.graph.rows import GraphAsset, GraphEdge
from lineage.inspector.links import InspectorLinks, SideLinks
from lineage.inspector.state import InspectorState

# A level with more cards than this is shown in two columns; with more than TALL_FROM, levels are aligned at the top.
WIDE_FROM = 8
TALL_FROM = 3


@dataclass(frozen=True, slots=True)
class CardEdge:
    """One edge on the card of one of its ends.

    `other` is the asset at the other end, None for the root. `is_parent` is true on the parent's card. `url` is the
    inspector with this edge selected.
    """

    text: EdgeText
    other: GraphAsset | None
    is_parent: bool
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """One relative; `line_ids` are the assets that its lines are drawn to."""

    node: GraphNode
    provider_name: str
    url: str
    edges: tuple[CardEdge, ...]
    line_ids: tuple[int, ...]
    sides: tuple[SideLinks, SideLinks]


@dataclass(frozen=True, slots=True)
class Level:
    """All relatives at one distance; `side` is the side of the root that they belong to, if it has hidden relatives."""

    depth: int
    title: str
    cards: tuple[Card, ...]
    side: SideLinks | None

    @property
    def is_wide(self) -> bool:
        """Return whether the level is shown in two columns."""
        return len(self.cards) > WIDE_FROM


@dataclass(frozen=True, slots=True)
class Cards:
    """Levels from the farthest ancestors to the farthest descendants; `beside` is the root's own level."""

    above: tuple[Level, ...]
    beside: Level | None
    below: tuple[Level, ...]
    sides: tuple[SideLinks, SideLinks]
    is_tall: bool


def build_cards(graph: LineageGraph, state: InspectorState, provider_names: Mapping[str, str]) -> Cards:
    """Arrange a graph as cards in columns by distance.

    Args:
        graph: the nodes and edges to show.
        state: the state of the page, for its links.
        provider_names: display names by provider slug.
    """
    links = InspectorLinks(state, graph)
    root = next(node for node in graph.nodes if node.asset.id == graph.root_asset_id)
    sides = (links.parents(root), links.children(root))
    edges = _edges_by_card(graph, links)
    cards: dict[int, list[Card]] = defaultdict(list)
    for node in graph.nodes:
        if node is not root:
            name = provider_names.get(node.asset.provider_id, node.asset.provider_id)
            cards[node.depth].append(_card(node, name, edges[node.asset.id], links))
    levels = [_level(depth, cards[depth], sides) for depth in sorted(cards)]
    return Cards(
        above=tuple(level for level in levels if level.depth < 0),
        beside=next((level for level in levels if level.depth == 0), None),
        below=tuple(level for level in levels if level.depth > 0),
        sides=sides,
        is_tall=any(len(level.cards) > TALL_FROM for level in levels),
    )


def _card(node: GraphNode, provider_name: str, edges: Sequence[CardEdge], links: InspectorLinks) -> Card:
    own = node.asset.id
    ends = [(edge.text.edge.parent_asset_id, edge.text.edge.child_asset_id) for edge in edges]
    return Card(
        node=node,
        provider_name=provider_name,
        url=links.center(own),
        edges=tuple(edges),
        line_ids=tuple(child if parent == own else parent for parent, child in ends),
        sides=(links.parents(node), links.children(node)),
    )


def _edges_by_card(graph: LineageGraph, links: InspectorLinks) -> dict[int, list[CardEdge]]:
    """Return each edge once, by the id of the asset whose card shows it."""
    nodes = {node.asset.id: node for node in graph.nodes}
    by_card: dict[int, list[CardEdge]] = defaultdict(list)
    for text in describe_edges(graph.edges):
        edge = text.edge
        is_parent = _is_on_parent(edge, nodes, graph.root_asset_id)
        card_id, other_id = edge.parent_asset_id, edge.child_asset_id
        if not is_parent:
            card_id, other_id = other_id, card_id
        other = None if other_id == graph.root_asset_id else nodes[other_id].asset
        url = links.select_edge(edge.parent_asset_id, edge.child_asset_id)
        by_card[card_id].append(CardEdge(text, other, is_parent, url))
    return by_card


def _is_on_parent(edge: GraphEdge, nodes: Mapping[int, GraphNode], root_id: int) -> bool:
    """Return whether the parent's card shows the edge.

    It is the card farther from the root, else the child's. The root's own card shows no edges.
    """
    if root_id in (edge.parent_asset_id, edge.child_asset_id):
        return edge.child_asset_id == root_id
    return abs(nodes[edge.parent_asset_id].depth) > abs(nodes[edge.child_asset_id].depth)


def _level(depth: int, cards: Sequence[Card], sides: tuple[SideLinks, SideLinks]) -> Level:
    side = {-1: sides[0], 1: sides[1]}.get(depth)
    return Level(depth, _title(depth), tuple(cards), side if side and side.hidden else None)


def _title(depth: int) -> str:
    if abs(depth) == 1:
        return "Parents" if depth < 0 else "Children"
    return f"{abs(depth)} levels {'up' if depth < 0 else 'down'}" if depth else "Same level"
