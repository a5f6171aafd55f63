"""Write edges; nothing else does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from assets.ingest.batch import delete_unused_stubs, lock_library
from common.json_storage import from_jsonb, to_jsonb
from common.vocabulary import Evidence, OperationType, RelationType
from lineage.edges.cycle_check import break_cycles
from lineage.models import LineageEdge

# By the unique index, whose first column is the child.
_EDGES_OF_CHILDREN = """
SELECT id, child_id, parent_id, relation_type, sequence_order, operation_type, evidence,
       parent_start_time, parent_end_time, parent_frame, transformation::text
FROM lineage_lineageedge WHERE child_id = ANY(%s)
"""

_DELETE = "DELETE FROM lineage_lineageedge WHERE id = ANY(%s)"

_COPY = """
COPY lineage_lineageedge (owner_id, child_id, parent_id, relation_type, sequence_order, operation_type, evidence,
  parent_start_time, parent_end_time, parent_frame, transformation, created_at) FROM STDIN
"""


@dataclass(frozen=True, slots=True)
class EdgeDraft:
    """An edge to write, without its child and evidence; times are seconds in the parent, frames are counted from 0."""

    parent_id: int
    relation_type: RelationType
    operation_type: OperationType
    sequence_order: int
    transformation: Mapping[str, Any] = field(default_factory=dict)
    parent_start_time: float | None = None
    parent_end_time: float | None = None
    parent_frame: int | None = None


@dataclass(slots=True)
class EdgeChange:
    """The result for one child's edges; `refused` lists the reasons of refused edges."""

    removed: int = 0
    new: int = 0
    unchanged: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Stored:
    edge_id: int
    evidence: str
    content: tuple[Any, ...]


_Key = tuple[int, int, str, int]
"""Child, parent, relation, order: the unique key of an edge."""


def replace(
    owner_id: int,
    drafts: Mapping[int, Sequence[EdgeDraft]],
    *,
    evidence: Evidence,
    clear_existing: bool,
    now: datetime,
) -> dict[int, EdgeChange]:
    """Replace the edges of these children that have one evidence by the drafts; edges of other evidence are kept.

    It takes one transaction and a fixed number of statements, so that a reader sees the old set or the new set.
    Unchanged edges are not written again. An edge from an asset to itself is refused and reported. Of the edges that
    make an asset its own ancestor, those whose parent is not older than its child are refused and reported, or deleted
    if they are stored provider edges. Stubs that no edge refers to any more are deleted.

    Args:
        owner_id: the owner of the assets.
        drafts: new edges by child id; an empty sequence deletes the child's edges of this evidence.
        evidence: the evidence of the drafts.
        clear_existing: delete edges of this evidence that have no draft; False only adds.
        now: the creation time of new edges.

    Returns:
        The change of each child's edges by child id.

    Source: domain.md §4, "Evidence".
    """
    changes = {child: EdgeChange() for child in drafts}
    with transaction.atomic():
        lock_library(owner_id)
        stored = _stored(drafts)
        wanted = _wanted(drafts, changes)
        obsolete = _obsolete(stored, wanted, evidence, clear_existing)
        fresh = {key: draft for key, draft in wanted.items() if key not in stored or key in obsolete}
        deleted_ids = {stored[key].edge_id for key in obsolete}
        # Another edge between two assets that have one already closes no new cycle.
        joined = {key[:2] for key in stored}
        refused, broken = break_cycles(owner_id, {key[:2] for key in fresh} - joined, deleted_ids)
        for key in [key for key in fresh if key[:2] in refused]:
            del fresh[key], wanted[key]
            changes[key[0]].refused.append("This link would make the asset its own ancestor.")
        _write(owner_id, [*deleted_ids, *broken], fresh, evidence, now)
        _forget_stubs(owner_id, [key[1] for key in obsolete])
    for key in obsolete:
        changes[key[0]].removed += 1
    for key in wanted:
        change = changes[key[0]]
        change.new += key in fresh
        change.unchanged += key in stored and key not in fresh
    return changes


def update(edge: LineageEdge, draft: EdgeDraft) -> None:
    """Update a stored edge from a draft; its ends, evidence and id are kept. The caller holds the library's lock.

    The draft's parent is ignored: ends never change.
    """
    transformation, _ = to_jsonb(dict(draft.transformation))
    LineageEdge.objects.filter(pk=edge.pk).update(
        relation_type=draft.relation_type,
        operation_type=draft.operation_type,
        sequence_order=draft.sequence_order,
        parent_start_time=draft.parent_start_time,
        parent_end_time=draft.parent_end_time,
        parent_frame=draft.parent_frame,
        transformation=transformation,
    )


def remove(edge: LineageEdge) -> None:
    """Delete one edge, and its parent if that is a stub without other children."""
    with transaction.atomic():
        lock_library(edge.owner_id)
        _write(edge.owner_id, [edge.pk], {}, Evidence(edge.evidence), None)
        _forget_stubs(edge.owner_id, [edge.parent_id])


def _stored(children: Iterable[int]) -> dict[_Key, _Stored]:
    with connection.cursor() as cursor:
        cursor.execute(_EDGES_OF_CHILDREN, [list(children)])
        return {
            (child, parent, relation, order): _Stored(edge_id, evidence, (operation, *part, from_jsonb(transformation)))
            for edge_id, child, parent, relation, order, operation, evidence, *part, transformation in cursor
        }


def _wanted(drafts: Mapping[int, Sequence[EdgeDraft]], changes: Mapping[int, EdgeChange]) -> dict[_Key, EdgeDraft]:
    wanted: dict[_Key, EdgeDraft] = {}
    for child, edges in drafts.items():
        for draft in edges:
            if draft.parent_id == child:
                changes[child].refused.append("The asset is listed as its own parent.")
            else:
                wanted.setdefault((child, draft.parent_id, str(draft.relation_type), draft.sequence_order), draft)
    return wanted


def _obsolete(
    stored: Mapping[_Key, _Stored], wanted: Mapping[_Key, EdgeDraft], evidence: Evidence, clear_existing: bool
) -> set[_Key]:
    if not clear_existing:
        return set()
    return {
        key
        for key, edge in stored.items()
        if edge.evidence == evidence and (key not in wanted or edge.content != _content(wanted[key]))
    }


def _content(draft: EdgeDraft) -> tuple[Any, ...]:
    transformation, _ = to_jsonb(dict(draft.transformation))
    return (str(draft.operation_type), *_part(draft), transformation)


def _part(draft: EdgeDraft) -> tuple[float | None, float | None, int | None]:
    """Return the used part of the parent, in the order of the columns."""
    return draft.parent_start_time, draft.parent_end_time, draft.parent_frame


def _write(
    owner_id: int, obsolete: list[int], fresh: Mapping[_Key, EdgeDraft], evidence: Evidence, now: datetime | None
) -> None:
    with connection.cursor() as cursor:
        if obsolete:
            cursor.execute(_DELETE, [obsolete])
        if not fresh:
            return
        with cursor.copy(_COPY) as copy:
            for (child, parent, relation, order), draft in fresh.items():
                _, transformation = to_jsonb(dict(draft.transformation))
                operation = str(draft.operation_type)
                row = (owner_id, child, parent, relation, order, operation, str(evidence))
                copy.write_row((*row, *_part(draft), transformation, now))


def _forget_stubs(owner_id: int, parents: list[int]) -> None:
    if parents:
        delete_unused_stubs(owner_id, parents)
