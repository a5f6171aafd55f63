"""Import the background tasks of this app, where the queue looks for them."""

from __future__ import annotations

from assets.sync_runs.tasks import run_sync

__all__ = ["run_sync"]
