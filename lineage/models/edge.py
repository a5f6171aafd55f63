"""Edges between assets."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from assets.models import Asset
from common.owned import OwnedModel, OwnedQuerySet
from common.vocabulary import Evidence, OperationType, RelationType


class LineageEdge(OwnedModel):
    """This parent was used to make this child.

    `transformation` is the provider's data on this use; times are seconds in the parent, and
    `parent_frame` is the 0-based position of a frame there, in presentation order. The ends of an edge never
    change: it is deleted and inserted instead, so that triggers can maintain the counts on its assets.
    """

    # Equal to the owner of both assets, which the database checks (migration one_owner).
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    child = models.ForeignKey(
        Asset, on_delete=models.CASCADE, related_name="parent_edges", db_constraint=False, db_index=False
    )
    parent = models.ForeignKey(
        Asset, on_delete=models.CASCADE, related_name="child_edges", db_constraint=False, db_index=False
    )
    relation_type = models.CharField(max_length=20, choices=RelationType.choices)
    operation_type = models.CharField(max_length=20, choices=OperationType.choices)
    sequence_order = models.PositiveSmallIntegerField(default=0)
    evidence = models.CharField(max_length=10, choices=Evidence.choices)
    parent_start_time = models.FloatField(null=True, blank=True)
    parent_end_time = models.FloatField(null=True, blank=True)
    parent_frame = models.PositiveIntegerField(null=True, blank=True)
    transformation = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    moved_from_id = models.BigIntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager[LineageEdge]] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "link"
        verbose_name_plural = "links"
        indexes: ClassVar = [
            models.Index(fields=["parent", "sequence_order", "child"], name="lineage_edge_uses"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["child", "parent", "relation_type", "sequence_order"], name="lineage_edge_unique"
            ),
            models.CheckConstraint(condition=~models.Q(child=models.F("parent")), name="lineage_edge_no_self"),
            models.CheckConstraint(
                condition=models.Q(relation_type__in=RelationType.values), name="lineage_edge_relation_known"
            ),
            models.CheckConstraint(
                condition=models.Q(operation_type__in=OperationType.values), name="lineage_edge_operation_known"
            ),
            models.CheckConstraint(
                condition=models.Q(evidence__in=Evidence.values), name="lineage_edge_evidence_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} → {self.child_id} {self.relation_type}"
