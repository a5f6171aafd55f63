"""Import the background tasks of this app, where the queue looks for them."""

from __future__ import annotations

from lineage.rebuild.tasks import run_rebuild

__all__ = ["run_rebuild"]
