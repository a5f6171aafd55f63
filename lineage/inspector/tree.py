"""The tree view: a neighborhood as two nested lists, ancestors and descendants; the text version of the graph."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lineage.graph.edge_text import EdgeText, describe_edges
from lineage.graph.neighborhood import GraphNode, LineageGraph
from lineage.inspector.links import InspectorLinks, SideLinks
from lineage.inspector.state import InspectorState

# A parent and its child.
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One asset as a relative of the asset on the line above it.

    `is_up` is true for a parent of that asset. `place` is "" on the asset's main line, which its own relatives are
    nested under; a line that only refers to it says where the main line is: "above" or "below". `level` begins with 1.
    """

    node: GraphNode
    provider_name: str
    url: str
    edge_url: str
    parent_id: int
    child_id: int
    texts: tuple[EdgeText, ...]
    is_up: bool
    level: int
    place: str
    sides: tuple[SideLinks, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """One step of rendering the lists: a list or a line begins or ends; a list in the other direction has a title.

    `is_chain` marks the list of an only relative of an only relative, which is not indented. Nesting is rendered from
    tokens because a template that includes itself exceeds the recursion limit at fifty levels.
    """

    kind: str
    line: Line | None = None
    title: str = ""
    is_chain: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """Both lists, each empty when nothing is shown on that side, and the root's own sides."""

    up: tuple[Token, ...]
    down: tuple[Token, ...]
    sides: tuple[SideLinks, SideLinks]


def build_tree(graph: LineageGraph, state: InspectorState, provider_names: Mapping[str, str]) -> Tree:
    """Arrange a graph as nested lists with one main line for each asset and each edge on one line.

    The main line of an asset is nested under the relative nearest to the root. Its other edges are on lines that refer
    to the main line.

    Args:
        graph: the nodes and edges to show.
        state: the state of the page, for its links.
        provider_names: display names by provider slug.
    """
    return _TreeBuilder(graph, InspectorLinks(state, graph), provider_names).build()


class _TreeBuilder:
    """Decide which asset is nested under which, then write the lists."""

    def __init__(self, graph: LineageGraph, links: InspectorLinks, provider_names: Mapping[str, str]) -> None:
        self._links = links
        self._provider_names = provider_names
        self._root_id = graph.root_asset_id
        self._nodes = {node.asset.id: node for node in graph.nodes}
        self._rank = {asset_id: rank for rank, asset_id in enumerate(self._nodes)}
        self._texts: dict[Pair, list[EdgeText]] = defaultdict(list)
        for text in describe_edges(graph.edges):
            self._texts[text.edge.parent_asset_id, text.edge.child_asset_id].append(text)
        self._neighbors: dict[tuple[int, bool], list[int]] = defaultdict(list)
        for parent_id, child_id in self._texts:
            self._neighbors[child_id, True].append(parent_id)
            self._neighbors[parent_id, False].append(child_id)
        # For each asset but the root: the asset it is nested under, and whether as its parent.
        self._anchors: dict[int, tuple[int, bool]] = {}
        self._nested: dict[tuple[int, bool], list[int]] = defaultdict(list)
        self._written: set[int] = set()

    def build(self) -> Tree:
        self._anchor_assets()
        self._nest_edges()
        root = self._nodes[self._root_id]
        return Tree(
            up=tuple(self._write(self._root_id, True, level=1, is_alone=True)),
            down=tuple(self._write(self._root_id, False, level=1, is_alone=True)),
            sides=(self._links.parents(root), self._links.children(root)),
        )

    def _anchor_assets(self) -> None:
        """Anchor every asset: direct lines of ancestors and descendants first, then the assets beside them."""
        for is_up in (True, False):
            direct = {
                asset_id for asset_id, node in self._nodes.items() if (node.depth < 0 if is_up else node.depth > 0)
            }
            self._anchor_from([self._root_id], (is_up,), direct)
        self._anchor_from([self._root_id, *self._anchors], (True, False), set(self._nodes))

    def _anchor_from(self, start: Iterable[int], directions: tuple[bool, ...], among: set[int]) -> None:
        waiting = deque(start)
        while waiting:
            own = waiting.popleft()
            for is_up in directions:
                for other in self._ordered(own, is_up):
                    if other in among and other not in self._anchors and other != self._root_id:
                        self._anchors[other] = (own, is_up)
                        waiting.append(other)

    def _nest_edges(self) -> None:
        """Nest each pair under one of its two assets, the one that the other is anchored to if there is one."""
        for parent_id, child_id in self._texts:
            is_up = self._is_under_child(parent_id, child_id)
            self._nested[(child_id, True) if is_up else (parent_id, False)].append(parent_id if is_up else child_id)

    def _is_under_child(self, parent_id: int, child_id: int) -> bool:
        if self._anchors.get(parent_id) == (child_id, True):
            return True
        if self._anchors.get(child_id) == (parent_id, False):
            return False
        if child_id == self._root_id or self._anchors[child_id][1]:
            return True
        return not (parent_id == self._root_id or not self._anchors[parent_id][1])

    def _ordered(self, own: int, is_up: bool) -> list[int]:
        return sorted(self._neighbors[own, is_up], key=lambda other: self._sort_key(own, other, is_up))

    def _sort_key(self, own: int, other: int, is_up: bool) -> tuple[int, int]:
        """Sort parents by the order in which they were used, children as in the graph."""
        order = min(text.edge.sequence_order for text in self._texts[other, own]) if is_up else 0
        return order, self._rank[other]

    def _write(self, own: int, is_up: bool, *, level: int, is_alone: bool) -> Iterator[Token]:
        others = sorted(self._nested[own, is_up], key=lambda other: self._sort_key(own, other, is_up))
        if not others:
            return
        is_only = len(others) == 1
        yield Token("begin", title=self._title(own, is_up), is_chain=is_only and is_alone)
        for other in others:
            line = self._line(own, other, is_up, level)
            yield Token("line", line=line)
            if not line.place:
                # The same direction first, then the other one.
                for direction in (is_up, not is_up):
                    yield from self._write(other, direction, level=level + 1, is_alone=is_only and direction is is_up)
            yield Token("end-line")
        yield Token("end")

    def _title(self, own: int, is_up: bool) -> str:
        if own == self._root_id or self._anchors[own][1] == is_up:
            return ""
        return "Also made from" if is_up else "Also used in"

    def _line(self, own: int, other: int, is_up: bool, level: int) -> Line:
        node = self._nodes[other]
        pair = (other, own) if is_up else (own, other)
        place = ""
        if self._anchors[other] != (own, is_up):
            place = "above" if other in self._written else "below"
        else:
            self._written.add(other)
        parents, children = self._links.parents(node), self._links.children(node)
        return Line(
            node=node,
            provider_name=self._provider_names.get(node.asset.provider_id, node.asset.provider_id),
            url=self._links.center(other),
            edge_url=self._links.select_edge(*pair),
            parent_id=pair[0],
            child_id=pair[1],
            texts=tuple(self._texts[pair]),
            is_up=is_up,
            level=level,
            place=place,
            sides=() if place else ((parents, children) if is_up else (children, parents)),
        )
