"""Find the edges in cycles, and among them those that go against time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

Pair = tuple[int, int]
"""Child and parent."""


def edges_in_cycles(pairs: Iterable[Pair]) -> list[set[Pair]]:
    """Return the pairs that are part of cycles, one set for each strongly connected component."""
    parents: dict[int, set[int]] = defaultdict(set)
    for child, parent in pairs:
        parents[child].add(parent)
    components = _components(_core(parents))
    return [
        {(child, parent) for child in component for parent in parents[child] & component} for component in components
    ]


def against_time_in(pairs: Iterable[Pair], age: Callable[[int], object]) -> set[Pair]:
    """Return the pairs whose parent is not older than its child.

    Every cycle has at least one, because an asset cannot be made from a younger one. The result does not depend on the
    order of the pairs.

    Args:
        pairs: edges of one component.
        age: sort key by asset id, smaller for older assets and unique.
    """
    return {(child, parent) for child, parent in pairs if age(parent) >= age(child)}  # type: ignore[operator]


def _core(parents: dict[int, set[int]]) -> dict[int, set[int]]:
    """Remove assets without parents repeatedly: what remains are cycles and their descendants."""
    children: dict[int, list[int]] = defaultdict(list)
    for child, its_parents in parents.items():
        for parent in its_parents:
            children[parent].append(child)
    left = {child: len(its_parents) for child, its_parents in parents.items()}
    free = [asset for asset in children if asset not in left]
    while free:
        for child in children.get(free.pop(), ()):
            left[child] -= 1
            if left[child] == 0:
                free.append(child)
    rest = {child for child, count in left.items() if count}
    return {child: parents[child] & rest for child in rest}


def _components(parents: dict[int, set[int]]) -> list[set[int]]:
    """Return the strongly connected components of two or more assets; Tarjan's algorithm without recursion."""
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_assets: list[int] = []
    is_open: set[int] = set()
    components: list[set[int]] = []
    for start in parents:
        if start in order:
            continue
        waiting = [(start, iter(parents[start]))]
        order[start] = lowest[start] = len(order)
        open_assets.append(start)
        is_open.add(start)
        while waiting:
            asset, rest = waiting[-1]
            fresh = next((parent for parent in rest if parent not in order or parent in is_open), None)
            if fresh is None:
                waiting.pop()
                if waiting:
                    above = waiting[-1][0]
                    lowest[above] = min(lowest[above], lowest[asset])
                if lowest[asset] == order[asset]:
                    components.append(_close(open_assets, is_open, asset))
            elif fresh in is_open:
                lowest[asset] = min(lowest[asset], order[fresh])
            else:
                order[fresh] = lowest[fresh] = len(order)
                open_assets.append(fresh)
                is_open.add(fresh)
                waiting.append((fresh, iter(parents[fresh])))
    return [component for component in components if len(component) > 1]


def _close(open_assets: list[int], is_open: set[int], asset: int) -> set[int]:
    component = set()
    while True:
        member = open_assets.pop()
        is_open.discard(member)
        component.add(member)
        if member == asset:
            return component
