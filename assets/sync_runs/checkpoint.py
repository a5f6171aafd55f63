"""Store a page's checkpoint: progress, cursor, counters, problems, and the assets that are still listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from assets.models import SyncList, SyncProblem, SyncRun
from assets.sync.listing import ITEMS, RECORD, ListedPage, item_key
from assets.sync.unlisted import Listed
from common.json_storage import to_jsonb
from common.vocabulary import MediaType, id_kind

_COLUMNS = ("phase", "position", "is_complete", "total", "pages", "merged")
_COUNTED = ("created", "existing", "completed", "invalid", "deleted")

_SETTINGS = (
    *(f"{column} = %({column})s" for column in _COLUMNS),
    *(f"{name} = %({name})s - (SELECT count(*) FROM repeated WHERE outcome = '{name}')" for name in _COUNTED),
    "seen = %(seen)s - (SELECT count(*) FROM repeated)",
)

# One statement; it writes nothing when another worker has taken over the run. An item that could not be read is found
# by its id, through the index on name keys. Items that the run has read before are those of the moment before it.
_KEEP = f"""
WITH run AS (
  UPDATE assets_syncrun SET active_seconds = %(active_seconds)s, progress_at = %(progress_at)s, failure_count = 0,
    pending_lineage = %(pending_lineage)s, pending_lost_name_ids = %(pending_lost_name_ids)s
  WHERE id = %(run_id)s AND state = 'running' AND execution = %(execution)s
  RETURNING id, owner_id, provider_id
), item AS (
{ITEMS}
), repeated AS (
  SELECT item.provider_asset_id, item.outcome FROM item JOIN assets_listeditem l
    ON l.account_id = %(account_id)s AND l.media_type = %(media_type)s AND l.provider_asset_id = item.provider_asset_id
  WHERE l.run_id = %(run_id)s
), recorded AS (
{RECORD}
), list AS (
  UPDATE assets_synclist l SET {", ".join(_SETTINGS)}
  FROM run WHERE l.id = %(list_id)s
  RETURNING l.seen, {", ".join(f"l.{name}" for name in _COUNTED)}
), problem AS (
  INSERT INTO assets_syncproblem (owner_id, run_id, list_key, provider_asset_id, reason, payload, is_resolved)
  SELECT run.owner_id, run.id, %(list_key)s, p.provider_asset_id, p.reason, p.payload, false
  FROM run, unnest(
    %(problem_keys)s::text[], %(problem_ids)s::text[], %(problem_reasons)s::text[], %(problem_payloads)s::jsonb[]
  ) AS p(key, provider_asset_id, reason, payload)
  WHERE p.key NOT IN (SELECT provider_asset_id FROM repeated)
), listed AS (
  SELECT unnest(%(listed_ids)s::bigint[]) AS id
  UNION
  SELECT r.asset_id FROM run, unnest(%(unread_ids)s::text[]) AS unread(value), LATERAL (
    SELECT asset_id FROM assets_reference r WHERE r.owner_id = run.owner_id AND NOT r.is_indirect
    AND stemma_name_key(r.provider_id, r.kind, r.value) = stemma_name_key(run.provider_id, %(id_kind)s, unread.value)
    OFFSET 0
  ) AS r
), relisted AS (
  UPDATE assets_asset a SET not_listed_since = NULL FROM run, listed
  WHERE a.id = listed.id AND a.not_listed_since IS NOT NULL
), seen AS (
  INSERT INTO assets_syncseen (owner_id, run_id, asset_id)
  SELECT run.owner_id, run.id, listed.id FROM run, listed WHERE %(is_counted)s
)
SELECT * FROM list
"""


def keep(
    run: SyncRun,
    sync_list: SyncList,
    problems: Sequence[SyncProblem],
    listed: Listed,
    *,
    page: ListedPage = ListedPage(MediaType.VIDEO),  # noqa: B008 - it never changes
) -> bool:
    """Write the run's progress, its list's cursor and counters, and a page's items, problems and listed assets.

    Items that the run has read before are not counted again, and `sync_list` has the counters that were written.

    Args:
        run: `active_seconds`, `progress_at` and both `pending_` fields hold the values to write.
        sync_list: cursor and counters hold the values to write.
        problems: items that could not be imported, not yet saved.
        listed: the assets that the page shows to be still at the provider.
        page: the items of the page.

    Returns:
        Whether it was written: false when another worker has taken over the run.
    """
    values: dict[str, Any] = {column: getattr(sync_list, column) for column in (*_COLUMNS, *_COUNTED, "seen")}
    values |= {
        "run_id": run.pk,
        "execution": run.execution,
        "active_seconds": run.active_seconds,
        "progress_at": run.progress_at,
        "pending_lineage": to_jsonb(run.pending_lineage)[1],
        "pending_lost_name_ids": to_jsonb(run.pending_lost_name_ids)[1],
        "list_id": sync_list.pk,
        "list_key": sync_list.list_key,
        "problem_keys": [item_key(problem.provider_asset_id, problem.payload) for problem in problems],
        "problem_ids": [problem.provider_asset_id for problem in problems],
        "problem_reasons": [problem.reason for problem in problems],
        "problem_payloads": [None if problem.payload is None else to_jsonb(problem.payload)[1] for problem in problems],
        "listed_ids": listed.asset_ids,
        "unread_ids": listed.unread_ids,
        "id_kind": id_kind(page.media_type).value,
        "is_counted": listed.is_counted,
        **page.parameters(run.account_id),
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
        written = cursor.fetchall()
    for name, value in zip(("seen", *_COUNTED), *written, strict=True) if written else ():
        setattr(sync_list, name, value)
    return bool(written)
