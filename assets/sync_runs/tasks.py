"""The background job of scans and imports."""

from __future__ import annotations

from assets.sync_runs.runner import SYNC
from common.runs.jobs import register

run_sync = register(SYNC)
