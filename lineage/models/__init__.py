"""Edges between assets, and rebuild runs."""

from __future__ import annotations

from lineage.models.edge import LineageEdge
from lineage.models.rebuild_run import RebuildFinding, RebuildMode, RebuildRun

__all__ = ["LineageEdge", "RebuildFinding", "RebuildMode", "RebuildRun"]
