"""Edges that their owner draws by hand; no rebuild ever touches them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import Max

from assets.ingest.batch import lock_library
from assets.models import Asset
from common.errors import AppError
from common.vocabulary import Evidence, OperationType, RelationType
from lineage.closure.subqueries import closure_ids
from lineage.edges import writer
from lineage.models import LineageEdge

NOTE_LENGTH_MAX = 2_000
ORDER_MAX = 32_767


class EdgeRefused(AppError):
    """An edge cannot be drawn so; `code` is stable and public, the message a sentence for the owner."""

    http_status: ClassVar[int] = 409
    code: ClassVar[str] = "edge_refused"
    title: ClassVar[str] = "This edge cannot be drawn"


class EdgeToItself(EdgeRefused):
    """Both ends are one asset."""

    http_status = 422
    code = "edge_to_itself"


class EdgeClosesCycle(EdgeRefused):
    """The parent was itself made from the child."""

    code = "edge_closes_cycle"


class EdgeExists(EdgeRefused):
    """There is such an edge already, whoever knows it."""

    code = "edge_exists"


class EdgeTimesReversed(EdgeRefused):
    """The use would end before it begins."""

    http_status = 422
    code = "edge_times_reversed"


class EdgeReadOnly(EdgeRefused):
    """A provider or a generation said it: only what was drawn by hand can be changed by hand."""

    code = "edge_read_only"
    title = "This edge cannot be changed by hand"


class EdgeGone(EdgeRefused):
    """It, or one of its ends, was deleted or merged into another asset meanwhile."""

    code = "edge_gone"


@dataclass(frozen=True, slots=True)
class EdgeFields:
    """What an owner says of an edge; times are seconds in the parent.

    `sequence_order` None puts the parent behind those that the child has. `operation_type` None is how the child says
    it was made.
    """

    relation_type: RelationType
    operation_type: OperationType | None = None
    sequence_order: int | None = None
    note: str = ""
    parent_start_time: float | None = None
    parent_end_time: float | None = None


def add(parent: Asset, child: Asset, fields: EdgeFields, *, now: datetime) -> LineageEdge:
    """Write down that this parent was used to make this child, because the owner says so.

    Safe when two are drawn at once. Nothing that a provider said gives way to what is drawn.

    Args:
        parent: what was used.
        child: what was made; the caller has checked that both are of one owner.
        fields: what the owner says of the use.
        now: the time the edge carries.

    Raises:
        EdgeRefused: one of its kinds says why.
    """
    if parent.pk == child.pk:
        raise EdgeToItself("An asset cannot be its own parent.")
    _refuse_reversed(fields)
    with transaction.atomic():
        lock_library(child.owner_id)
        if Asset.objects.filter(pk__in=[parent.pk, child.pk]).count() < 2:
            raise EdgeGone("One of the two is not here any more: it was deleted, or merged into another asset.")
        _refuse_twin(parent.pk, child.pk, fields)
        if Asset.objects.filter(pk=child.pk).filter(pk__in=closure_ids(parent.pk, is_up=True)).exists():
            raise EdgeClosesCycle("The parent was itself made from this child: nothing can be its own ancestor.")
        draft = _draft(parent.pk, child, fields)
        writer.replace(child.owner_id, {child.pk: [draft]}, evidence=Evidence.MANUAL, clear_existing=False, now=now)
        return LineageEdge.objects.get(
            child_id=child.pk,
            parent_id=parent.pk,
            relation_type=draft.relation_type,
            sequence_order=draft.sequence_order,
        )


def update(edge: LineageEdge, fields: EdgeFields) -> LineageEdge:
    """Change what the owner said of an edge drawn by hand; its id and ends stay.

    Raises:
        EdgeRefused: it was not drawn by hand, or cannot be what is asked for.
    """
    _refuse_reversed(fields)
    with transaction.atomic():
        lock_library(edge.owner_id)
        _refuse_others(edge)
        if not LineageEdge.objects.filter(pk=edge.pk).exists():
            raise EdgeGone("This edge is not here any more.")
        _refuse_twin(edge.parent_id, edge.child_id, fields, apart_from=edge)
        writer.amend(edge, _draft(edge.parent_id, edge.child, fields))
    edge.refresh_from_db()
    return edge


def remove(edge: LineageEdge) -> None:
    """Remove an edge drawn by hand.

    Raises:
        EdgeReadOnly: it was not.
    """
    _refuse_others(edge)
    writer.remove(edge)


def fields_of(edge: LineageEdge) -> EdgeFields:
    """What an edge says now, to be changed with `dataclasses.replace`."""
    return EdgeFields(
        relation_type=RelationType(edge.relation_type),
        operation_type=OperationType(edge.operation_type),
        sequence_order=edge.sequence_order,
        note=note_of(edge),
        parent_start_time=edge.parent_start_time,
        parent_end_time=edge.parent_end_time,
    )


def note_of(edge: LineageEdge) -> str:
    """What the owner wrote down about an edge."""
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
    )


def _refuse_twin(parent_id: int, child_id: int, fields: EdgeFields, *, apart_from: LineageEdge | None = None) -> None:
    """Refuse what is there already; without an order, the same use at any place is the same."""
    twins = LineageEdge.objects.filter(parent_id=parent_id, child_id=child_id, relation_type=fields.relation_type)
    if fields.sequence_order is not None:
        twins = twins.filter(sequence_order=fields.sequence_order)
    if apart_from is not None:
        twins = twins.exclude(pk=apart_from.pk)
    if twins.exists():
        raise EdgeExists("There is such an edge already: the same parent, in the same relation.")


def _refuse_reversed(fields: EdgeFields) -> None:
    start, end = fields.parent_start_time, fields.parent_end_time
    if start is not None and end is not None and end < start:
        raise EdgeTimesReversed("The part of the parent that was used must not end before it begins.")


def _refuse_others(edge: LineageEdge) -> None:
    if edge.evidence != Evidence.MANUAL:
        raise EdgeReadOnly("This edge was not drawn by hand; only a rebuild or a generation changes it.")
