"""A picture of a family as two nested lists, what it was made from and what it was used for: the graph in words."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lineage.graph.edge_text import Telling, tell
from lineage.graph.neighborhood import GraphNode, LineageGraph
from lineage.inspector.links import Leads, SideLead
from lineage.inspector.query_form import LineageQuery

# A parent and its child.
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One asset as a relative of the line above it.

    `is_up` says that it is a parent of that line's asset. `place` is "" where the asset has its own line, with what
    hangs on it; elsewhere it says where that line stands: "above" or "below". `level` begins with 1.
    """

    node: GraphNode
    provider_name: str
    address: str
    edge_address: str
    parent_id: int
    child_id: int
    tellings: tuple[Telling, ...]
    is_up: bool
    level: int
    place: str
    sides: tuple[SideLead, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """One step of writing the lists down: a list or a line begins or ends; a list that turns round has a title.

    `is_chain` marks the list of an only relative of an only relative, which needs no stepping in. Nesting
    is written as tokens because a template that includes itself runs out of stack at fifty levels.
    """

    kind: str
    line: Line | None = None
    title: str = ""
    is_chain: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """Both lists, each empty when nothing is shown on that side, and the middle's own sides."""

    up: tuple[Token, ...]
    down: tuple[Token, ...]
    sides: tuple[SideLead, SideLead]


def tree_of(graph: LineageGraph, query: LineageQuery, provider_names: Mapping[str, str]) -> Tree:
    """Write a picture down as nested lists that hold each asset's own line once and each edge once.

    An asset stands under the relative that is nearest to the middle; its other edges within the picture are lines that
    point to it.

    Args:
        graph: what is shown.
        query: the address it was asked for by, valid.
        provider_names: what people call each provider, by its slug.
    """
    return _Nesting(graph, Leads(query, graph), provider_names).tree()


class _Nesting:
    """The work of `tree_of`: who stands under whom, then the lists."""

    def __init__(self, graph: LineageGraph, leads: Leads, provider_names: Mapping[str, str]) -> None:
        self._leads = leads
        self._provider_names = provider_names
        self._root_id = graph.root_asset_id
        self._nodes = {node.asset.id: node for node in graph.nodes}
        self._rank = {asset_id: rank for rank, asset_id in enumerate(self._nodes)}
        self._tellings: dict[Pair, list[Telling]] = defaultdict(list)
        for telling in tell(graph.edges):
            self._tellings[telling.edge.parent_asset_id, telling.edge.child_asset_id].append(telling)
        self._near: dict[tuple[int, bool], list[int]] = defaultdict(list)
        for parent_id, child_id in self._tellings:
            self._near[child_id, True].append(parent_id)
            self._near[parent_id, False].append(child_id)
        # For each asset but the middle: under whom it stands, and whether as a parent.
        self._homes: dict[int, tuple[int, bool]] = {}
        self._under: dict[tuple[int, bool], list[int]] = defaultdict(list)
        self._told: set[int] = set()

    def tree(self) -> Tree:
        self._settle()
        self._hang_up()
        root = self._nodes[self._root_id]
        return Tree(
            up=tuple(self._write(self._root_id, True, level=1, is_alone=True)),
            down=tuple(self._write(self._root_id, False, level=1, is_alone=True)),
            sides=(self._leads.parents(root), self._leads.children(root)),
        )

    def _settle(self) -> None:
        """Give every asset its place: straight lines of ancestors and descendants first, then what is beside them."""
        for is_up in (True, False):
            straight = {
                asset_id for asset_id, node in self._nodes.items() if (node.depth < 0 if is_up else node.depth > 0)
            }
            self._spread([self._root_id], (is_up,), straight)
        self._spread([self._root_id, *self._homes], (True, False), set(self._nodes))

    def _spread(self, begin: Iterable[int], ways: tuple[bool, ...], among: set[int]) -> None:
        waiting = deque(begin)
        while waiting:
            own = waiting.popleft()
            for is_up in ways:
                for other in self._ordered(own, is_up):
                    if other in among and other not in self._homes and other != self._root_id:
                        self._homes[other] = (own, is_up)
                        waiting.append(other)

    def _hang_up(self) -> None:
        """Each pair under one of its two, the one the other has its place under if there is such."""
        for parent_id, child_id in self._tellings:
            is_up = self._hangs_on_child(parent_id, child_id)
            self._under[(child_id, True) if is_up else (parent_id, False)].append(parent_id if is_up else child_id)

    def _hangs_on_child(self, parent_id: int, child_id: int) -> bool:
        if self._homes.get(parent_id) == (child_id, True):
            return True
        if self._homes.get(child_id) == (parent_id, False):
            return False
        if child_id == self._root_id or self._homes[child_id][1]:
            return True
        return not (parent_id == self._root_id or not self._homes[parent_id][1])

    def _ordered(self, own: int, is_up: bool) -> list[int]:
        return sorted(self._near[own, is_up], key=lambda other: self._place_of(own, other, is_up))

    def _place_of(self, own: int, other: int, is_up: bool) -> tuple[int, int]:
        """Parents by the order in which they were used, children as the picture has them."""
        order = min(telling.edge.sequence_order for telling in self._tellings[other, own]) if is_up else 0
        return order, self._rank[other]

    def _write(self, own: int, is_up: bool, *, level: int, is_alone: bool) -> Iterator[Token]:
        others = sorted(self._under[own, is_up], key=lambda other: self._place_of(own, other, is_up))
        if not others:
            return
        is_only = len(others) == 1
        yield Token("begin", title=self._title(own, is_up), is_chain=is_only and is_alone)
        for other in others:
            line = self._line(own, other, is_up, level)
            yield Token("line", line=line)
            if not line.place:
                # First what goes on in the same direction, then what turns round.
                for way in (is_up, not is_up):
                    yield from self._write(other, way, level=level + 1, is_alone=is_only and way is is_up)
            yield Token("end-line")
        yield Token("end")

    def _title(self, own: int, is_up: bool) -> str:
        if own == self._root_id or self._homes[own][1] == is_up:
            return ""
        return "Also made from" if is_up else "Also used for"

    def _line(self, own: int, other: int, is_up: bool, level: int) -> Line:
        node = self._nodes[other]
        pair = (other, own) if is_up else (own, other)
        place = ""
        if self._homes[other] != (own, is_up):
            place = "above" if other in self._told else "below"
        else:
            self._told.add(other)
        parents, children = self._leads.parents(node), self._leads.children(node)
        return Line(
            node=node,
            provider_name=self._provider_names.get(node.asset.provider_id, node.asset.provider_id),
            address=self._leads.recenter(other),
            edge_address=self._leads.pick(*pair),
            parent_id=pair[0],
            child_id=pair[1],
            tellings=tuple(self._tellings[pair]),
            is_up=is_up,
            level=level,
            place=place,
            sides=() if place else ((parents, children) if is_up else (children, parents)),
        )
