"""URLs that lead from one neighborhood to another: center an asset, open or close a side, select an edge."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lineage.graph.neighborhood import GraphNode, LineageGraph
from lineage.graph.query import FAN_OUT_MAX, NODES_MAX, NeighborhoodQuery, Side
from lineage.inspector.state import FAN_OUT_DEFAULT, InspectorState, query_parameters


@dataclass(frozen=True, slots=True)
class SideLinks:
    """One side of an asset: the number of its relatives, the number of hidden ones, and the links that change it.

    `open_url` shows up to `fan_out` more of them, "" when there are none or no more can be shown. `close_url` hides the
    relatives that the side brought, "" when it brought none.
    """

    side: Side
    total: int
    hidden: int
    open_url: str
    close_url: str

    @property
    def open_id(self) -> str:
        """Return the HTML id of the link that opens the side."""
        return f"open-{self.side}"

    @property
    def close_id(self) -> str:
        """Return the HTML id of the link that closes the side."""
        return f"close-{self.side}"

    @property
    def noun(self) -> str:
        """Return the noun for all relatives of this side, singular or plural."""
        return self._noun(self.total)

    @property
    def hidden_noun(self) -> str:
        """Return the noun for the hidden relatives of this side, singular or plural."""
        return self._noun(self.hidden)

    def _noun(self, count: int) -> str:
        if self.side.is_up:
            return "parent" if count == 1 else "parents"
        return "child" if count == 1 else "children"


class InspectorLinks:
    """The links of the page of one state and its graph."""

    def __init__(self, state: InspectorState, graph: LineageGraph) -> None:
        self.state = state
        self.graph = graph
        ends = {(edge.parent_asset_id, edge.child_asset_id) for edge in graph.edges}
        self._shown_sides = {Side(child, True) for _, child in ends} | {Side(parent, False) for parent, _ in ends}

    def center(self, asset_id: int) -> str:
        """Return the URL of the same query around another asset."""
        return self.state.url(root_id=asset_id, open="", close="", pick="", focus=None)

    def select_edge(self, parent_id: int, child_id: int) -> str:
        """Return the URL of the same page with one edge selected."""
        return self.state.url(pick=f"{parent_id}-{child_id}")

    def parents(self, node: GraphNode) -> SideLinks:
        """Return the links of a node's parents."""
        return self._side(node, Side(node.asset.id, True), node.parent_count, node.hidden_parents)

    def children(self, node: GraphNode) -> SideLinks:
        """Return the links of a node's children."""
        return self._side(node, Side(node.asset.id, False), node.child_count, node.hidden_children)

    def _side(self, node: GraphNode, side: Side, total: int, hidden: int) -> SideLinks:
        query, node_count = self.state.query, len(self.graph.nodes)
        is_walked = _is_walked(node, side, query)
        can_close = side in self._shown_sides and (is_walked or side in query.opened)
        can_open = hidden > 0 and node_count < NODES_MAX
        return SideLinks(
            side=side,
            total=total,
            hidden=hidden,
            open_url=self._url(_opened(query, side, total - hidden, node_count)) if can_open else "",
            close_url=self._url(_closed(query, side, is_walked=is_walked)) if can_close else "",
        )

    def _url(self, query: NeighborhoodQuery) -> str:
        return self.state.url(**query_parameters(query))


def _is_walked(node: GraphNode, side: Side, query: NeighborhoodQuery) -> bool:
    """Return whether the depth of the query includes the next hop of this side, without opening it."""
    if side in query.closed:
        return False
    return -query.up < node.depth <= 0 if side.is_up else 0 <= node.depth < query.down


def _opened(query: NeighborhoodQuery, side: Side, shown: int, node_count: int) -> NeighborhoodQuery:
    """Return the query with one more `fan_out` of a side than is shown, and with room for it."""
    fan_out = query.fan_out or FAN_OUT_DEFAULT
    opened = {**query.opened, side: min(shown, FAN_OUT_MAX) // fan_out + 1}
    max_nodes = min(max(query.max_nodes, node_count + fan_out), NODES_MAX)
    return replace(query, opened=opened, closed=query.closed - {side}, max_nodes=max_nodes)


def _closed(query: NeighborhoodQuery, side: Side, *, is_walked: bool) -> NeighborhoodQuery:
    closed = query.close(side)
    # A side beyond the depth is hidden as soon as it is no longer opened.
    return closed if is_walked else replace(closed, closed=query.closed)
