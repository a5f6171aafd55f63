"""Read a parent and its child with all edges between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assets.models import Asset
from lineage.graph.rows import GraphEdge
from lineage.models import LineageEdge


class NoSuchPair(LookupError):
    """No edge joins the two assets."""


@dataclass(frozen=True, slots=True)
class PairUse:
    """One use of the parent, and the time its edge was created."""

    edge: GraphEdge
    known_since: datetime


@dataclass(frozen=True, slots=True)
class Pair:
    """A parent and its child with their payloads; `input_count` counts all edges to the child's parents."""

    parent: Asset
    child: Asset
    uses: tuple[PairUse, ...]
    input_count: int


def pair_of(owner_id: int, *, parent_id: int, child_id: int) -> Pair:
    """Read a parent and its child of one owner, in two statements.

    Raises:
        NoSuchPair: they are not the owner's, or no edge joins them.
    """
    edges = list(LineageEdge.objects.filter(child_id=child_id, owner_id=owner_id).order_by("sequence_order", "id"))
    uses = tuple(PairUse(_edge(row), row.created_at) for row in edges if row.parent_id == parent_id)
    ends = Asset.objects.filter(owner_id=owner_id).defer("search_vector").in_bulk([parent_id, child_id])
    if not uses or len(ends) < 2:
        raise NoSuchPair(f"No link from asset {parent_id} to asset {child_id}.")
    return Pair(ends[parent_id], ends[child_id], uses, len(edges))


def _edge(row: LineageEdge) -> GraphEdge:
    return GraphEdge(
        id=row.pk,
        parent_asset_id=row.parent_id,
        child_asset_id=row.child_id,
        relation_type=row.relation_type,
        operation_type=row.operation_type,
        sequence_order=row.sequence_order,
        evidence=row.evidence,
        parent_start_time=row.parent_start_time,
        parent_end_time=row.parent_end_time,
        parent_frame=row.parent_frame,
        transformation=row.transformation,
    )
