"""Which edges must go so that nothing is its own ancestor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

Pair = tuple[int, int]
"""Child and parent."""


def loops(pairs: Iterable[Pair]) -> list[set[Pair]]:
    """The pairs that stand in cycles, one set for each knot of assets that all descend from one another."""
    parents: dict[int, set[int]] = defaultdict(set)
    for child, parent in pairs:
        parents[child].add(parent)
    knots = _knots(_core(parents))
    return [{(child, parent) for child in knot for parent in parents[child] & knot} for knot in knots]


def backward(pairs: Iterable[Pair], age: Callable[[int], object]) -> set[Pair]:
    """Those of the pairs whose parent is not older than its child.

    Every cycle has at least one: nothing can be made from what was made after it. Which ones they are does not depend
    on the order in which edges were found.

    Args:
        pairs: edges of one knot.
        age: the older an asset, the smaller its age's key; no two assets have the same.
    """
    return {(child, parent) for child, parent in pairs if age(parent) >= age(child)}  # type: ignore[operator]


def _core(parents: dict[int, set[int]]) -> dict[int, set[int]]:
    """What is left when assets without parents are taken away, again and again: cycles and what descends from them."""
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


def _knots(parents: dict[int, set[int]]) -> list[set[int]]:
    """Sets of two or more assets that all reach one another; Tarjan's walk with a stack of its own."""
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_assets: list[int] = []
    is_open: set[int] = set()
    knots: list[set[int]] = []
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
                    knots.append(_close(open_assets, is_open, asset))
            elif fresh in is_open:
                lowest[asset] = min(lowest[asset], order[fresh])
            else:
                order[fresh] = lowest[fresh] = len(order)
                open_assets.append(fresh)
                is_open.add(fresh)
                waiting.append((fresh, iter(parents[fresh])))
    return [knot for knot in knots if len(knot) > 1]


def _close(open_assets: list[int], is_open: set[int], asset: int) -> set[int]:
    knot = set()
    while True:
        member = open_assets.pop()
        is_open.discard(member)
        knot.add(member)
        if member == asset:
            return knot
