"""Where a picture of a family leads on to: another asset in the middle, one more helping of a side, a side closed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lineage.graph.neighborhood import GraphNode, LineageGraph
from lineage.graph.query import FAN_OUT_MAX, NODES_MAX, NeighborhoodQuery, Side
from lineage.inspector.query_form import FAN_OUT_DEFAULT, LineageQuery, query_words


@dataclass(frozen=True, slots=True)
class SideLead:
    """One side of an asset: how many relatives it has in all and how many are not shown.

    `open_address` shows one more helping of them, "" when there are none or no more may be shown; `close_address` hides
    what the side brought, "" when it brought nothing.
    """

    side: Side
    total: int
    hidden: int
    open_address: str
    close_address: str

    @property
    def open_id(self) -> str:
        """The id of the link that opens it."""
        return f"open-{self.side}"

    @property
    def close_id(self) -> str:
        """The id of the link that closes it."""
        return f"close-{self.side}"

    @property
    def word(self) -> str:
        """What the relatives of this side are, as many as there are."""
        return self._named(self.total)

    @property
    def hidden_word(self) -> str:
        """What the relatives of this side are, as many as are not shown."""
        return self._named(self.hidden)

    def _named(self, count: int) -> str:
        if self.side.is_up:
            return "parent" if count == 1 else "parents"
        return "child" if count == 1 else "children"


class Leads:
    """The addresses that lead on from one picture."""

    def __init__(self, query: LineageQuery, graph: LineageGraph) -> None:
        self.query = query
        self.graph = graph
        ends = {(edge.parent_asset_id, edge.child_asset_id) for edge in graph.edges}
        self._shown_sides = {Side(child, True) for _, child in ends} | {Side(parent, False) for parent, _ in ends}

    def recenter(self, asset_id: int) -> str:
        """The same query around another asset."""
        return self.query.address(asset_id, open="", close="", pick="", focus=None)

    def pick(self, parent_id: int, child_id: int) -> str:
        """The same picture with one edge picked."""
        return self.query.address(self.graph.root_asset_id, pick=f"{parent_id}-{child_id}")

    def parents(self, node: GraphNode) -> SideLead:
        """The upper side of a node."""
        return self._side(node, Side(node.asset.id, True), node.parent_count, node.hidden_parents)

    def children(self, node: GraphNode) -> SideLead:
        """The lower side of a node."""
        return self._side(node, Side(node.asset.id, False), node.child_count, node.hidden_children)

    def _side(self, node: GraphNode, side: Side, total: int, hidden: int) -> SideLead:
        query = self.query.neighborhood_query
        is_walked = _is_walked(node, side, query)
        brings = side in self._shown_sides and (is_walked or side in query.opened)
        may_grow = len(self.graph.nodes) < NODES_MAX
        return SideLead(
            side=side,
            total=total,
            hidden=hidden,
            open_address=self._to(_opened(query, side, total - hidden, len(self.graph.nodes)))
            if hidden and may_grow
            else "",
            close_address=self._to(_closed(query, side, is_walked=is_walked)) if brings else "",
        )

    def _to(self, query: NeighborhoodQuery) -> str:
        return self.query.address(self.graph.root_asset_id, **query_words(query))


def _is_walked(node: GraphNode, side: Side, query: NeighborhoodQuery) -> bool:
    """Whether the steps asked for lead out of this side by themselves."""
    if side in query.closed:
        return False
    return -query.up < node.depth <= 0 if side.is_up else 0 <= node.depth < query.down


def _opened(query: NeighborhoodQuery, side: Side, shown: int, node_count: int) -> NeighborhoodQuery:
    """One helping more than is shown of a side, and room for it."""
    helping = query.fan_out or FAN_OUT_DEFAULT
    opened = {**query.opened, side: min(shown, FAN_OUT_MAX) // helping + 1}
    room = min(max(query.max_nodes, node_count + helping), NODES_MAX)
    return replace(query, opened=opened, closed=query.closed - {side}, max_nodes=room)


def _closed(query: NeighborhoodQuery, side: Side, *, is_walked: bool) -> NeighborhoodQuery:
    shut = query.close(side)
    # A side beyond the steps is gone when it is not opened any more.
    return shut if is_walked else replace(shut, closed=query.closed)
