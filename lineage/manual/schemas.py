"""JSON schemas of manual edges."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, Strict

from common.schemas import JSON_WHOLE, Body, JsonFloat, StrictRowId
from common.vocabulary import OperationType, RelationType
from lineage.graph.schemas import GraphEdgeAnswer
from lineage.manual.edges import FRAME_MAX, NOTE_LENGTH_MAX, ORDER_MAX

Seconds = Annotated[JsonFloat, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Frame = Annotated[int, Strict(), Field(ge=0, le=FRAME_MAX), JSON_WHOLE]
Order = Annotated[int, Strict(), Field(ge=0, le=ORDER_MAX), JSON_WHOLE]
Note = Annotated[str, Field(max_length=NOTE_LENGTH_MAX)]


class NewEdge(Body):
    """A manual edge to add.

    Without an order the parent is put after the child's other parents; without an operation it is the child's own.
    """

    parent_asset_id: StrictRowId
    child_asset_id: StrictRowId
    relation_type: RelationType
    operation_type: OperationType | None = None
    sequence_order: Order | None = None
    note: Note = ""
    parent_start_time: Seconds | None = None
    parent_end_time: Seconds | None = None
    parent_frame: Frame | None = None


class EdgeChange(Body):
    """Changes to a manual edge; fields left out are kept, and null removes a time or the frame."""

    relation_type: RelationType | None = None
    operation_type: OperationType | None = None
    sequence_order: Order | None = None
    note: Note | None = None
    parent_start_time: Seconds | None = None
    parent_end_time: Seconds | None = None
    parent_frame: Frame | None = None


class EdgeAnswer(GraphEdgeAnswer):
    """One edge; `note` is its owner's note, `is_manual` is true when it can be edited."""

    note: str
    is_manual: bool
    created_at: datetime
