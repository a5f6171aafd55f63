"""A picture of a family as cards in columns, the oldest first, each edge on one of its two cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lineage.graph.edge_text import Telling, tell
from lineage.graph.neighborhood import GraphNode, LineageGraph
from lineage.graph.rows import GraphAsset, GraphEdge
from lineage.inspector.links import Leads, SideLead
from lineage.inspector.query_form import LineageQuery

# From so many relatives on, a level stands in two columns, and levels begin at the top instead of the middle.
WIDE_FROM = 8
TALL_FROM = 3


@dataclass(frozen=True, slots=True)
class Use:
    """One edge on the card of one of its ends.

    `other` is the asset at the other end when that is not the one in the middle; `is_parent` says that the card is the
    parent's. `address` is the inspector with this edge picked.
    """

    telling: Telling
    other: GraphAsset | None
    is_parent: bool
    address: str


@dataclass(frozen=True, slots=True)
class Card:
    """One relative; `line_ids` are the assets its lines lead to."""

    node: GraphNode
    provider_name: str
    address: str
    uses: tuple[Use, ...]
    line_ids: tuple[int, ...]
    sides: tuple[SideLead, SideLead]


@dataclass(frozen=True, slots=True)
class Level:
    """All relatives at one distance; `side` is the middle's own, when there are more of them than shown."""

    depth: int
    title: str
    cards: tuple[Card, ...]
    side: SideLead | None

    @property
    def is_wide(self) -> bool:
        """Whether there are so many that they stand in two columns."""
        return len(self.cards) > WIDE_FROM


@dataclass(frozen=True, slots=True)
class Cards:
    """The picture: columns from the farthest ancestors to the farthest descendants; what is beside the middle apart."""

    above: tuple[Level, ...]
    beside: Level | None
    below: tuple[Level, ...]
    sides: tuple[SideLead, SideLead]
    is_tall: bool


def cards_of(graph: LineageGraph, query: LineageQuery, provider_names: Mapping[str, str]) -> Cards:
    """Lay a picture out in columns by distance.

    Args:
        graph: what is shown.
        query: the address it was asked for by, valid.
        provider_names: what people call each provider, by its slug.
    """
    leads = Leads(query, graph)
    root = next(node for node in graph.nodes if node.asset.id == graph.root_asset_id)
    sides = (leads.parents(root), leads.children(root))
    uses = _uses(graph, leads)
    cards: dict[int, list[Card]] = defaultdict(list)
    for node in graph.nodes:
        if node is not root:
            name = provider_names.get(node.asset.provider_id, node.asset.provider_id)
            cards[node.depth].append(_card(node, name, uses[node.asset.id], leads))
    levels = [_level(depth, cards[depth], sides) for depth in sorted(cards)]
    return Cards(
        above=tuple(level for level in levels if level.depth < 0),
        beside=next((level for level in levels if level.depth == 0), None),
        below=tuple(level for level in levels if level.depth > 0),
        sides=sides,
        is_tall=any(len(level.cards) > TALL_FROM for level in levels),
    )


def _card(node: GraphNode, provider_name: str, uses: Sequence[Use], leads: Leads) -> Card:
    own = node.asset.id
    ends = [(use.telling.edge.parent_asset_id, use.telling.edge.child_asset_id) for use in uses]
    return Card(
        node=node,
        provider_name=provider_name,
        address=leads.recenter(own),
        uses=tuple(uses),
        line_ids=tuple(child if parent == own else parent for parent, child in ends),
        sides=(leads.parents(node), leads.children(node)),
    )


def _uses(graph: LineageGraph, leads: Leads) -> dict[int, list[Use]]:
    """Every edge once, under the asset whose card shows it."""
    nodes = {node.asset.id: node for node in graph.nodes}
    uses: dict[int, list[Use]] = defaultdict(list)
    for telling in tell(graph.edges):
        edge = telling.edge
        on_parent = _is_on_parent(edge, nodes, graph.root_asset_id)
        card_id, other_id = edge.parent_asset_id, edge.child_asset_id
        if not on_parent:
            card_id, other_id = other_id, card_id
        other = None if other_id == graph.root_asset_id else nodes[other_id].asset
        address = leads.pick(edge.parent_asset_id, edge.child_asset_id)
        uses[card_id].append(Use(telling, other, on_parent, address))
    return uses


def _is_on_parent(edge: GraphEdge, nodes: Mapping[int, GraphNode], root_id: int) -> bool:
    """An edge is on the card that is farther from the middle, else on the child's; the middle has none."""
    if root_id in (edge.parent_asset_id, edge.child_asset_id):
        return edge.child_asset_id == root_id
    return abs(nodes[edge.parent_asset_id].depth) > abs(nodes[edge.child_asset_id].depth)


def _level(depth: int, cards: Sequence[Card], sides: tuple[SideLead, SideLead]) -> Level:
    side = {-1: sides[0], 1: sides[1]}.get(depth)
    return Level(depth, _title(depth), tuple(cards), side if side and side.hidden else None)


def _title(depth: int) -> str:
    if abs(depth) == 1:
        return "Parents" if depth < 0 else "Children"
    return f"{abs(depth)} steps {'up' if depth < 0 else 'down'}" if depth else "Beside it"
