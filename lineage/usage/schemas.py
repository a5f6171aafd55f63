"""What the JSON API says of a parent and its child."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema

from lineage.graph.schemas import GraphAssetAnswer, GraphEdgeAnswer
from lineage.usage.prompt_diff import Change


class PairUseAnswer(GraphEdgeAnswer):
    """One use of the parent, and since when it is known here."""

    known_since: datetime


class PieceAnswer(Schema):
    """Some words in a row: in both prompts, only in the parent's (removed) or only in the child's (added)."""

    change: Change
    text: str


class PromptsAnswer(Schema):
    """Both prompts as one; `is_cut` says that they go on beyond what was compared."""

    pieces: list[PieceAnswer]
    is_cut: bool


class ParameterAnswer(Schema):
    """One parameter of both, "" where it is not known; `differs` only where both are known."""

    word: str
    parent: str
    child: str
    differs: bool


class PairAnswer(Schema):
    """A parent and its child; `input_count` is how many uses of assets the child has in all."""

    parent: GraphAssetAnswer
    child: GraphAssetAnswer
    uses: list[PairUseAnswer]
    input_count: int
    prompt: PromptsAnswer
    parameters: list[ParameterAnswer]
