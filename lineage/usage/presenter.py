"""The page of one parent and child: every link between them in words, and both clips on one clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.models import Asset
from common.vocabulary import Evidence
from lineage.graph.edge_text import EdgeText, describe_edges, evidence_words, flat_facts
from lineage.usage.pair import Pair, PairUse
from providers.registry import adapter_class, provider_ids

# Labels of the keys of `transformation` that providers and Stemma write; other keys are shown by their own name.
LABELS = {
    "prompt": "Prompt",
    "translate_prompt": "Prompt (translated)",
    "original_prompt": "Prompt (original)",
    "duration": "Duration",
    "prompts": "All prompts",
    "translate_prompts": "All prompts (translated)",
    "durations": "All durations",
    "fusion_name": "Name",
    "fusion_entry_type": "Used as",
    "template_id": "Template",
    "create_mode": "Mode",
    "first_frame_url": "First frame",
    "last_frame_url": "Last frame",
    "first_frame_path": "First frame path",
    "last_frame_path": "Last frame path",
    "customer_video_url": "Source URL",
    "customer_video_path": "Source path",
    "customer_video_duration": "Source duration",
    "customer_video_last_frame_url": "Source last frame",
    "original_video_id": "Source ID",
}
SECONDS = {"duration", "customer_video_duration"}
# Keys with these endings hold identifiers of the provider, which the page shows apart.
IDENTIFIERS = ("_url", "_path", "_id")
# Shown elsewhere on the page: the order, the range, the child itself, and the owner's own note.
SHOWN_ELSEWHERE = {"image_index", "parent_end_time", "source_video_id", "note"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of a `transformation`; `is_identifier` is true for an id, a path or a URL."""

    label: str
    value: str
    is_url: bool
    is_identifier: bool


@dataclass(frozen=True, slots=True)
class UseText:
    """One use of the parent in words.

    `identifiers` are shown apart from the other facts. `evidence` and `evidence_verb` say how the edge is known, such
    as "From Pixverse data" and "found".
    """

    text: EdgeText
    number: int
    facts: tuple[Fact, ...]
    identifiers: tuple[Fact, ...]
    evidence: str
    evidence_verb: str
    known_since: datetime


@dataclass(frozen=True, slots=True)
class Track:
    """One of two assets that play in step.

    `start` is the second at which it begins when the other is at 0. `mark_from` and `mark_width` are the used part in
    percent of its duration, None when it is unknown.
    """

    asset: Asset
    role: str
    start: float
    mark_from: float | None
    mark_width: float | None
    span: str


def describe_uses(pair: Pair) -> tuple[UseText, ...]:
    """Describe every use of the parent, in order."""
    texts = describe_edges(use.edge for use in pair.uses)
    provider_name = _provider_name(pair.child.provider_id)
    return tuple(_use(text, use, provider_name) for text, use in zip(texts, pair.uses, strict=True))


def describe_transformation(transformation: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Return the facts of one use with their labels; empty values are left out."""
    return tuple(
        _fact(key, value)
        for key, value in flat_facts(transformation).items()
        if key not in SHOWN_ELSEWHERE and value not in (None, "", [], {})
    )


def build_tracks(pair: Pair) -> tuple[Track, Track]:
    """Return both assets on one clock: the parent begins where its use begins."""
    first = next((use.edge for use in pair.uses if use.edge.parent_start_time is not None), pair.uses[0].edge)
    start, end = first.parent_start_time, first.parent_end_time
    [text] = describe_edges([first])
    mark = _mark(start, end, pair.parent.duration_seconds)
    return (
        Track(pair.parent, "Parent", start or 0.0, *mark, text.span),
        Track(pair.child, "Child", 0.0, None, None, ""),
    )


def _use(text: EdgeText, use: PairUse, provider_name: str) -> UseText:
    facts = describe_transformation(use.edge.transformation)
    return UseText(
        text=text,
        number=use.edge.sequence_order + 1,
        facts=tuple(fact for fact in facts if not fact.is_identifier),
        identifiers=tuple(fact for fact in facts if fact.is_identifier),
        evidence=evidence_words(use.edge.evidence, provider_name),
        evidence_verb="found" if use.edge.evidence == Evidence.PROVIDER else "added",
        known_since=use.known_since,
    )


def _fact(key: str, value: Any) -> Fact:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if key in SECONDS and isinstance(value, int | float):
        text = f"{value:g} s"
    label = LABELS.get(key, key.replace("_", " ").capitalize())
    is_url = text.startswith(("https://", "http://"))
    return Fact(label, text, is_url, is_identifier=is_url or key.endswith(IDENTIFIERS))


def _provider_name(provider_id: str) -> str:
    return adapter_class(provider_id).display_name if provider_id in provider_ids() else provider_id


def _mark(start: float | None, end: float | None, duration: float | None) -> tuple[float | None, float | None]:
    if not duration or (start is None and end is None):
        return None, None
    begin = min((start or 0.0) / duration, 1.0)
    stop = min((duration if end is None else end) / duration, 1.0)
    # A single frame is drawn wide enough to be visible.
    width = max(stop - begin, 0.01)
    return round(100 * min(begin, 1 - width), 2), round(100 * width, 2)
