"""Describe edges in words: role of the parent, operation, used part of the parent, and details from the provider."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from common.vocabulary import Evidence, OperationType, RelationType
from lineage.graph.rows import GraphEdge

# Labels of the keys of an edge's `transformation` that cards show.
DETAIL_LABELS = {
    "fusion_name": "Name",
    "fusion_entry_type": "Used as",
    "prompt": "Prompt",
    "original_prompt": "Prompt",
    "duration": "Seconds",
}

EVIDENCE_WORDS = {
    Evidence.PROVIDER: "From {provider} data",
    Evidence.GENERATION: "Generated in Stemma",
    Evidence.MANUAL: "Added manually",
}


@dataclass(frozen=True, slots=True)
class EdgeText:
    """One edge in words.

    `badge` holds both domain terms, such as `SOURCE_VIDEO / VIDEO_EXTEND`. `position` is the number of the input from
    1 on, None for an only input. `span` is the used part of the parent, "" when unknown. `details` are pairs of label
    and value.
    """

    edge: GraphEdge
    badge: str
    relation: str
    operation: str
    evidence: str
    is_manual: bool
    position: int | None
    span: str
    details: tuple[tuple[str, str], ...]


def describe_edges(edges: Iterable[GraphEdge]) -> list[EdgeText]:
    """Describe each edge, in the same order; inputs are numbered when a child has several among these edges."""
    listed = list(edges)
    inputs = Counter(edge.child_asset_id for edge in listed)
    return [_describe(edge, is_one_of_many=inputs[edge.child_asset_id] > 1) for edge in listed]


def evidence_words(evidence: str, provider_name: str = "provider") -> str:
    """Describe how an edge is known, such as "From Pixverse data"."""
    return EVIDENCE_WORDS[Evidence(evidence)].format(provider=provider_name)


def flat_facts(transformation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of one use in one level: those of nested objects are added where no fact has their name."""
    nested = {
        key: value for inner in transformation.values() if isinstance(inner, Mapping) for key, value in inner.items()
    }
    return {**nested, **{key: value for key, value in transformation.items() if not isinstance(value, Mapping)}}


def span_words(start: float | None, end: float | None, frame: int | None = None) -> str:
    """Describe the part of a parent between two times in seconds, or its frame; "" when none is known."""
    if frame is None:
        return _time_words(start, end)
    return ", ".join(filter(None, [_time_words(start, end), f"frame {frame}"]))


def _time_words(start: float | None, end: float | None) -> str:
    if start is not None and start == end:
        return f"the frame at {_seconds(start)}"
    if start is None and end is None:
        return ""
    if start is None:
        return f"up to {_seconds(end)}"
    return f"from {_seconds(start)}" if end is None else f"from {_seconds(start)} to {_seconds(end)}"


def _describe(edge: GraphEdge, *, is_one_of_many: bool) -> EdgeText:
    return EdgeText(
        edge=edge,
        badge=f"{edge.relation_type} / {edge.operation_type}".upper(),
        relation=str(RelationType(edge.relation_type).label),
        operation=str(OperationType(edge.operation_type).label),
        evidence=evidence_words(edge.evidence),
        is_manual=edge.evidence == Evidence.MANUAL,
        position=edge.sequence_order + 1 if is_one_of_many else None,
        span=span_words(edge.parent_start_time, edge.parent_end_time, edge.parent_frame),
        details=_details(edge.transformation),
    )


def _details(transformation: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    details = {
        label: str(transformation[key])
        for key, label in DETAIL_LABELS.items()
        if transformation.get(key) not in (None, "", [], {})
    }
    return tuple(details.items())


def _seconds(moment: float | None) -> str:
    return f"{moment:g} s"
