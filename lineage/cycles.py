"""Which new edges would make an asset its own ancestor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

Pair = tuple[int, int]
"""Child and parent."""


def closing_a_cycle(new: Sequence[Pair], known: Iterable[Pair]) -> set[Pair]:
    """The pairs among `new` that would close a cycle, taken one by one in their order.

    Args:
        new: (child, parent) pairs to be added.
        known: every (child, parent) pair at or above the parents of `new`.

    Returns:
        The pairs to refuse; without them the graph stays free of cycles.
    """
    parents: dict[int, set[int]] = defaultdict(set)
    for child, parent in known:
        parents[child].add(parent)
    if _is_free_of_cycles(parents, new):
        return set()
    refused = set()
    for child, parent in new:
        if _reaches(parents, parent, child):
            refused.add((child, parent))
        else:
            parents[child].add(parent)
    return refused


def _is_free_of_cycles(known: dict[int, set[int]], new: Sequence[Pair]) -> bool:
    # Take away, again and again, what has no parents left; what remains stands in a cycle or below one.
    waiting: dict[int, set[int]] = {child: set(parents) for child, parents in known.items()}
    for child, parent in new:
        waiting.setdefault(child, set()).add(parent)
    children: dict[int, list[int]] = defaultdict(list)
    for child, parents in waiting.items():
        for parent in parents:
            children[parent].append(child)
    free = [asset for asset in children if asset not in waiting]
    left = {child: len(parents) for child, parents in waiting.items()}
    while free:
        for child in children.get(free.pop(), ()):
            left[child] -= 1
            if left[child] == 0:
                free.append(child)
    return not any(left.values())


def _reaches(parents: dict[int, set[int]], start: int, goal: int) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        asset = waiting.pop()
        if asset == goal:
            return True
        fresh = parents.get(asset, set()) - seen
        seen |= fresh
        waiting += fresh
    return False
