"""Add, edit and remove manual edges; rebuilds do not change them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import Max

from assets.ingest.batch import lock_library
from assets.models import Asset
from common.errors import AppError
from common.versions import require_version, version_of
from common.vocabulary import Evidence, OperationType, RelationType
from lineage.edges import writer
from lineage.models import LineageEdge
from lineage.origins_impact.subqueries import closure_ids

NOTE_LENGTH_MAX = 2_000
ORDER_MAX = 32_767
FRAME_MAX = 2_147_483_647


class EdgeRefused(AppError):
    """An edge cannot be added or changed; `code` is stable and public, the message is shown to the owner."""

    http_status: ClassVar[int] = 409
    code: ClassVar[str] = "edge_refused"
    title: ClassVar[str] = "This link cannot be added"


class EdgeToItself(EdgeRefused):
    """Both ends are one asset."""

    code = "edge_to_itself"


class EdgeClosesCycle(EdgeRefused):
    """The parent was itself made from the child."""

    code = "edge_closes_cycle"


class EdgeExists(EdgeRefused):
    """There is such an edge already, of any evidence."""

    code = "edge_exists"


class EdgeTimesReversed(EdgeRefused):
    """The use would end before it begins."""

    code = "edge_times_reversed"


class EdgeReadOnly(EdgeRefused):
    """The edge is from a provider or a generation: only manual edges can be edited."""

    code = "edge_read_only"
    title = "This link cannot be edited"


class EdgeGone(EdgeRefused):
    """The edge or one of its assets was deleted or merged meanwhile."""

    code = "edge_gone"


@dataclass(frozen=True, slots=True)
class EdgeFields:
    """The editable fields of an edge; times are seconds in the parent, its frame is counted from 0.

    `sequence_order` None puts the parent after the child's other parents. `operation_type` None takes the child's own.
    """

    relation_type: RelationType
    operation_type: OperationType | None = None
    sequence_order: int | None = None
    note: str = ""
    parent_start_time: float | None = None
    parent_end_time: float | None = None
    parent_frame: int | None = None


def add(parent: Asset, child: Asset, fields: EdgeFields, *, now: datetime) -> LineageEdge:
    """Add a manual edge: this parent was used to make this child.

    Safe when two edges are added at once. Edges of other evidence are never replaced.

    Args:
        parent: the asset that was used.
        child: the asset that was made; the caller has checked that both have one owner.
        fields: the values of the edge.
        now: the time the edge carries.

    Raises:
        EdgeRefused: a subclass for each reason.
    """
    if parent.pk == child.pk:
        raise EdgeToItself("An asset cannot be its own parent.")
    _refuse_reversed(fields)
    with transaction.atomic():
        lock_library(child.owner_id)
        if Asset.objects.filter(pk__in=[parent.pk, child.pk]).count() < 2:
            raise EdgeGone("One of the two assets was deleted or merged into another one.")
        _refuse_duplicate(parent.pk, child.pk, fields)
        if Asset.objects.filter(pk=child.pk).filter(pk__in=closure_ids(parent.pk, is_up=True)).exists():
            raise EdgeClosesCycle("The parent was itself made from this child, and nothing can be its own ancestor.")
        draft = _draft(parent.pk, child, fields)
        writer.replace(child.owner_id, {child.pk: [draft]}, evidence=Evidence.MANUAL, clear_existing=False, now=now)
        return LineageEdge.objects.get(
            child_id=child.pk,
            parent_id=parent.pk,
            relation_type=draft.relation_type,
            sequence_order=draft.sequence_order,
        )


def update(edge: LineageEdge, fields: EdgeFields, *, version: str = "") -> LineageEdge:
    """Change the fields of a manual edge; its id and its assets are kept.

    Args:
        edge: the edge; the caller has checked its owner.
        fields: all its new values.
        version: the `version_of_edge` that the values were made from, "" to replace any.

    Raises:
        EdgeRefused: it is not manual, or the new values are not possible.
        EditConflict: the edge has another version.
    """
    _refuse_reversed(fields)
    with transaction.atomic():
        lock_library(edge.owner_id)
        _refuse_read_only(edge)
        stored = LineageEdge.objects.filter(pk=edge.pk).first()
        if stored is None:
            raise EdgeGone("This link was deleted meanwhile.")
        require_version(version, asdict(fields_of(stored)), version_of_edge(stored))
        _refuse_duplicate(edge.parent_id, edge.child_id, fields, apart_from=edge)
        writer.update(edge, _draft(edge.parent_id, edge.child, fields))
    edge.refresh_from_db()
    return edge


def remove(edge: LineageEdge) -> None:
    """Remove a manual edge.

    Raises:
        EdgeReadOnly: the edge is not manual.
    """
    _refuse_read_only(edge)
    writer.remove(edge)


def fields_of(edge: LineageEdge) -> EdgeFields:
    """Return the current fields of an edge, to be changed with `dataclasses.replace`."""
    return EdgeFields(
        relation_type=RelationType(edge.relation_type),
        operation_type=OperationType(edge.operation_type),
        sequence_order=edge.sequence_order,
        note=note_of(edge),
        parent_start_time=edge.parent_start_time,
        parent_end_time=edge.parent_end_time,
        parent_frame=edge.parent_frame,
    )


def version_of_edge(edge: LineageEdge) -> str:
    """Return the version of an edge's editable fields."""
    return version_of(asdict(fields_of(edge)))


def note_of(edge: LineageEdge) -> str:
    """Return the owner's note on an edge, "" when there is none."""
    return str(edge.transformation.get("note", ""))


def _draft(parent_id: int, child: Asset, fields: EdgeFields) -> writer.EdgeDraft:
    order = fields.sequence_order
    if order is None:
        last = LineageEdge.objects.filter(child_id=child.pk).aggregate(last=Max("sequence_order"))["last"]
        order = 0 if last is None else min(last + 1, ORDER_MAX)
    note = fields.note.strip()
    return writer.EdgeDraft(
        parent_id=parent_id,
        relation_type=fields.relation_type,
        operation_type=fields.operation_type or OperationType(child.operation_type),
        sequence_order=order,
        transformation={"note": note} if note else {},
        parent_start_time=fields.parent_start_time,
        parent_end_time=fields.parent_end_time,
        parent_frame=fields.parent_frame,
    )


def _refuse_duplicate(
    parent_id: int, child_id: int, fields: EdgeFields, *, apart_from: LineageEdge | None = None
) -> None:
    """Refuse an existing edge; without an order, the same relation at any order is a duplicate."""
    duplicates = LineageEdge.objects.filter(parent_id=parent_id, child_id=child_id, relation_type=fields.relation_type)
    if fields.sequence_order is not None:
        duplicates = duplicates.filter(sequence_order=fields.sequence_order)
    if apart_from is not None:
        duplicates = duplicates.exclude(pk=apart_from.pk)
    if duplicates.exists():
        raise EdgeExists("This link already exists: the same parent with the same role.")


def _refuse_reversed(fields: EdgeFields) -> None:
    start, end = fields.parent_start_time, fields.parent_end_time
    if start is not None and end is not None and end < start:
        raise EdgeTimesReversed("The end time must not be before the start time.")


def _refuse_read_only(edge: LineageEdge) -> None:
    if edge.evidence != Evidence.MANUAL:
        raise EdgeReadOnly("Only manual links can be edited. A rebuild updates this one.")
