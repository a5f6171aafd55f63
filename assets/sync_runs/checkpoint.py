"""What a run keeps of a page: how far it is, what could not be taken in, and what was listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from assets.models import SyncList, SyncProblem, SyncRun
from assets.sync.unlisted import Listed
from common.json_storage import storable

_COUNTERS = (
    "phase", "position", "is_complete", "total", "pages", "seen", "created", "existing", "completed", "merged",
    "invalid", "deleted",
)  # fmt: skip

# All of it in one statement, and nothing when another worker has taken the run up. An item that could not be read is
# known by its id.
_KEEP = f"""
WITH run AS (
  UPDATE assets_syncrun SET active_seconds = %s, progress_at = %s, failure_count = 0, pending_lineage = %s
  WHERE id = %s AND state = 'running' AND execution = %s
  RETURNING id, owner_id, provider_id
), list AS (
  UPDATE assets_synclist l SET {", ".join(f"{column} = %s" for column in _COUNTERS)} FROM run WHERE l.id = %s
), problem AS (
  INSERT INTO assets_syncproblem (owner_id, run_id, shelf, provider_asset_id, reason, payload, is_resolved)
  SELECT run.owner_id, run.id, %s, p.provider_asset_id, p.reason, p.payload, false
  FROM run, unnest(%s::text[], %s::text[], %s::jsonb[]) AS p(provider_asset_id, reason, payload)
), listed AS (
  SELECT unnest(%s::bigint[]) AS id
  UNION
  SELECT r.asset_id FROM run, unnest(%s::text[]) AS unread(value), LATERAL (
    SELECT asset_id FROM assets_reference r WHERE r.owner_id = run.owner_id AND NOT r.is_hearsay
    AND stemma_name_key(r.provider_id, r.kind, r.value) = stemma_name_key(run.provider_id, 'id', unread.value) OFFSET 0
  ) AS r
), relisted AS (
  UPDATE assets_asset a SET not_listed_since = NULL FROM run, listed
  WHERE a.id = listed.id AND a.not_listed_since IS NOT NULL
), seen AS (
  INSERT INTO assets_syncseen (owner_id, run_id, asset_id)
  SELECT run.owner_id, run.id, listed.id FROM run, listed WHERE %s
)
SELECT count(*) FROM run
"""


def keep(run: SyncRun, shelf_row: SyncList, problems: Sequence[SyncProblem], listed: Listed) -> bool:
    """Write the run's progress, its list's cursor and counters, and what there is to note of a page.

    Args:
        run: with `active_seconds`, `progress_at` and `pending_lineage` as they are to be.
        shelf_row: with cursor and counters as they are to be.
        problems: items that could not be taken in.
        listed: what the page says is still there.

    Returns:
        Whether it was written: not when another worker has taken the run up.
    """
    asked: list[Any] = [run.active_seconds, run.progress_at, storable(run.pending_lineage)[1], run.pk, run.execution]
    asked += [getattr(shelf_row, column) for column in _COUNTERS]
    asked += [shelf_row.pk, shelf_row.shelf]
    asked += [[problem.provider_asset_id for problem in problems], [problem.reason for problem in problems]]
    asked += [[None if problem.payload is None else storable(problem.payload)[1] for problem in problems]]
    asked += [listed.asset_ids, listed.unread_ids, listed.is_counted]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, asked)
        [(written,)] = cursor.fetchall()
    return bool(written)
