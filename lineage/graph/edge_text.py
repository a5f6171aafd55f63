"""One edge in words: what the parent was, how the child was made, which part was used, and what the provider said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from common.vocabulary import Evidence, OperationType, RelationType
from lineage.graph.rows import GraphEdge

# What providers say of one use of a parent, in the words of the edge's `transformation`, as the pages say it.
SAID_WORDS = {
    "fusion_name": "Name",
    "fusion_entry_type": "Used as",
    "prompt": "Prompt",
    "original_prompt": "Prompt",
    "duration": "Seconds",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """One edge as a page says it.

    `badge` is the two words of the domain, `position` the place among several inputs from 1 on, None for the only one.
    `span` says which part of the parent was used, "" when nobody knows.
    """

    edge: GraphEdge
    badge: str
    relation: str
    operation: str
    evidence: str
    is_manual: bool
    position: int | None
    span: str
    said: tuple[tuple[str, str], ...]


def tell(edges: Iterable[GraphEdge]) -> list[Telling]:
    """Each edge in words, in the same order; a child's inputs are numbered when it has several among these."""
    listed = list(edges)
    inputs = Counter(edge.child_asset_id for edge in listed)
    return [_tell(edge, is_one_of_many=inputs[edge.child_asset_id] > 1) for edge in listed]


def span_words(start: float | None, end: float | None) -> str:
    """The part of a parent between two times in seconds, in words; "" when neither is known."""
    if start is not None and start == end:
        return f"the frame at {_seconds(start)}"
    if start is None and end is None:
        return ""
    if start is None:
        return f"up to {_seconds(end)}"
    return f"from {_seconds(start)}" if end is None else f"from {_seconds(start)} to {_seconds(end)}"


def _tell(edge: GraphEdge, *, is_one_of_many: bool) -> Telling:
    return Telling(
        edge=edge,
        badge=f"{edge.relation_type} / {edge.operation_type}".upper(),
        relation=str(RelationType(edge.relation_type).label),
        operation=str(OperationType(edge.operation_type).label),
        evidence=str(Evidence(edge.evidence).label),
        is_manual=edge.evidence == Evidence.MANUAL,
        position=edge.sequence_order + 1 if is_one_of_many else None,
        span=span_words(edge.parent_start_time, edge.parent_end_time),
        said=_said(edge.transformation),
    )


def _said(transformation: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    told = {
        word: str(transformation[key])
        for key, word in SAID_WORDS.items()
        if transformation.get(key) not in (None, "", [], {})
    }
    return tuple(told.items())


def _seconds(moment: float | None) -> str:
    return f"{moment:g} s"
