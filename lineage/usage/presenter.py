"""A parent and its child as a page says them: every use in words, and both clips on one clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.models import Asset
from lineage.graph.edge_text import Telling, tell
from lineage.usage.pair import Pair, PairUse

# What providers and Stemma write into `transformation`, in words; what is not here is said by its own name.
WORDS = {
    "prompt": "Prompt of this step",
    "translate_prompt": "Prompt, translated",
    "original_prompt": "Prompt as it was written",
    "duration": "Length of this step",
    "fusion_name": "Called",
    "fusion_entry_type": "Used as",
    "template_id": "Template",
    "create_mode": "Way of making",
    "first_frame_url": "First frame",
    "last_frame_url": "Last frame",
    "customer_video_url": "Source, its address",
    "customer_video_path": "Source, its path",
    "customer_video_duration": "Source, its length",
    "customer_video_last_frame_url": "Source, its last frame",
    "original_video_id": "Source, its id",
}
SECONDS = {"duration", "customer_video_duration"}
# How the provider names things, which few want to read.
NAMES = ("_url", "_path", "_id")
# Said otherwise on the page: the order, the range, the child itself, and the owner's own note.
SAID_ELSEWHERE = {"image_index", "parent_end_time", "source_video_id", "note"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was said of a use; `is_name` says that it is but a name or address of something."""

    word: str
    value: str
    is_address: bool
    is_name: bool


@dataclass(frozen=True, slots=True)
class UseTelling:
    """One use in words, what was said of it (names and addresses apart), and since when it is known."""

    telling: Telling
    number: int
    facts: tuple[Fact, ...]
    names: tuple[Fact, ...]
    known_since: datetime


@dataclass(frozen=True, slots=True)
class Track:
    """One of two assets that play in step.

    `start` is the second at which it begins when the other is at 0. `mark_from` and `mark_width` are the used part as
    hundredths of its length, None when it is not known.
    """

    asset: Asset
    role: str
    start: float
    mark_from: float | None
    mark_width: float | None
    span: str


def tell_uses(pair: Pair) -> tuple[UseTelling, ...]:
    """Every use of the parent in words, in order."""
    tellings = tell(use.edge for use in pair.uses)
    return tuple(_tell_use(telling, use) for telling, use in zip(tellings, pair.uses, strict=True))


def tell_said(transformation: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Everything that was said of one use, in words; blanks are left out."""
    return tuple(
        _fact(key, value)
        for key, value in transformation.items()
        if key not in SAID_ELSEWHERE and value not in (None, "", [], {})
    )


def tracks_of(pair: Pair) -> tuple[Track, Track]:
    """Both assets on one clock: the parent begins where its use begins."""
    first = next((use.edge for use in pair.uses if use.edge.parent_start_time is not None), pair.uses[0].edge)
    start, end = first.parent_start_time, first.parent_end_time
    telling = tell([first])[0]
    mark = _mark(start, end, pair.parent.duration_seconds)
    return (
        Track(pair.parent, "Parent", start or 0.0, *mark, telling.span),
        Track(pair.child, "Child", 0.0, None, None, ""),
    )


def _tell_use(telling: Telling, use: PairUse) -> UseTelling:
    facts = tell_said(use.edge.transformation)
    return UseTelling(
        telling=telling,
        number=use.edge.sequence_order + 1,
        facts=tuple(fact for fact in facts if not fact.is_name),
        names=tuple(fact for fact in facts if fact.is_name),
        known_since=use.known_since,
    )


def _fact(key: str, value: Any) -> Fact:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if key in SECONDS and isinstance(value, int | float):
        text = f"{value:g} s"
    word = WORDS.get(key, key.replace("_", " ").capitalize())
    is_address = text.startswith(("https://", "http://"))
    return Fact(word, text, is_address, is_name=is_address or key.endswith(NAMES))


def _mark(start: float | None, end: float | None, length: float | None) -> tuple[float | None, float | None]:
    if not length or (start is None and end is None):
        return None, None
    begin = min((start or 0.0) / length, 1.0)
    stop = min((length if end is None else end) / length, 1.0)
    # A frame is a moment; it is drawn wide enough to be seen.
    width = max(stop - begin, 0.01)
    return round(100 * min(begin, 1 - width), 2), round(100 * width, 2)
