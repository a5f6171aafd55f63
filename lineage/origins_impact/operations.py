"""Operations that made the children of an asset."""

from __future__ import annotations

from django.db.models import Count

from common.vocabulary import OperationType
from lineage.models import LineageEdge


def operations_of_children(root_id: int) -> tuple[OperationType, ...]:
    """List the operations that made an asset's direct children, the most frequent first; unknown ones are left out.

    Args:
        root_id: the parent; the caller has checked who owns it. One statement, by the index on children.
    """
    counted = (
        LineageEdge.objects.filter(parent_id=root_id)
        .exclude(operation_type=OperationType.UNKNOWN)
        .values("operation_type")
        .annotate(times=Count("pk"))
        .order_by("-times", "operation_type")
    )
    return tuple(OperationType(row["operation_type"]) for row in counted)
