"""JSON schemas of a parent and its child."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema

from lineage.graph.schemas import GraphAssetAnswer, GraphEdgeAnswer
from lineage.usage.prompt_diff import Change


class PairUseAnswer(GraphEdgeAnswer):
    """One use of the parent; `known_since` is the time its edge was created."""

    known_since: datetime


class PieceAnswer(Schema):
    """Consecutive words: in both prompts (kept), only in the parent's (removed) or only in the child's (added)."""

    change: Change
    text: str


class PromptsAnswer(Schema):
    """Both prompts merged; `is_cut` is true when only their beginnings were compared."""

    pieces: list[PieceAnswer]
    is_cut: bool


class ParameterAnswer(Schema):
    """One setting of both, "" where unknown; `differs` is true only where both are known."""

    word: str
    parent: str
    child: str
    differs: bool


class PairAnswer(Schema):
    """A parent and its child; `input_count` counts all edges to the child's parents."""

    parent: GraphAssetAnswer
    child: GraphAssetAnswer
    uses: list[PairUseAnswer]
    input_count: int
    prompt: PromptsAnswer
    parameters: list[ParameterAnswer]
