"""Whole-library imports of stored pages, compared with hand-written SQL for the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from time import perf_counter

import orjson
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from assets.ingest.batch import ingest
from assets.models import RunKind, RunMode, SyncList
from assets.sync_runs import runner
from assets.sync_runs.start import start
from benchmarks.growing import grow
from benchmarks.scratch import Effort, effort, execute, in_twin, seconds, settle
from benchmarks.stored import PAGE, provider_of, read_page, stored_pages
from common.runs import RunState
from common.throttle import Clock
from providers.models import ProviderAccount

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TRIES = 5
"""Repetitions of each import, with other items where the library is not emptied; the result is the median."""


def import_stored(owner: User, page: bytes) -> None:
    """Parse and store one page, as an import does."""
    ingest(owner.pk, read_page(page), provider_id="pixverse", account_id=None, now=NOW)


def import_pages(account: ProviderAccount, pages: Sequence[bytes], *, mode: RunMode = RunMode.INCREMENTAL) -> None:
    """Execute a run as the worker does: read each page and store it with the run's cursor and counters.

    A full run also records the items it found, and reads the first page again at the end.
    """
    clock = Clock(now=lambda: datetime.now(UTC), sleep=_must_not_wait)
    with provider_of(pages):
        run = start(account, kind=RunKind.IMPORT, mode=mode, now=clock.now())
        runner.execute(run.pk, clock=clock)
    run.refresh_from_db()
    if run.state != RunState.SUCCEEDED:
        raise RuntimeError(f"The run ended as {run.state}.")


def measure(account: ProviderAccount, size: int) -> dict[str, float]:
    """Import `size` items into an empty library, again into the full one, and the same rows by hand-written SQL."""
    pages = stored_pages(size)
    statements = _statements_per_page(account, pages)
    again = seconds(lambda: [import_stored(account.owner, page) for page in pages])
    floor = Floor()
    pairs = [(_into_empty(account, pages), floor.seconds()) for _ in range(TRIES)]
    empties = [empty for empty, _ in pairs]
    return {
        "import_items": size,
        "import_empty_per_s": size / median(empty.seconds for empty in empties),
        "import_again_per_s": size / again,
        "import_empty_floor_per_s": size / median(floor_seconds for _, floor_seconds in pairs),
        "import_empty_floor_ratio": median(floor_seconds / empty.seconds for empty, floor_seconds in pairs),
        "import_statements_per_page": statements,
        "import_empty_growth_mib": max(empty.growth_mebibytes for empty in empties),
    }


def measure_into(account: ProviderAccount, name: str, assets: int, *, items: int, seed: int) -> dict[str, float]:
    """Enlarge the library to this many assets, then import new items; `name` is part of the figures' names.

    Alternates with imports of the same items into an empty library, in the twin database: the speed of a shared machine
    varies, and a ratio is meaningful only when both were measured at the same time.
    """
    grow(assets)
    settle()
    [(held,)] = execute("SELECT count(*) FROM assets_asset")
    pairs = []
    for number in range(TRIES):
        pages = stored_pages(items, seed + number)
        with in_twin():
            empty = _into_empty(account, pages)
        settle()
        pairs.append((empty, _effort_of_import(account, pages)))
    return {
        f"import_{name}_assets": float(held),
        f"import_{name}_per_s": items / median(full.seconds for _, full in pairs),
        f"import_{name}_empty_ratio": median(empty.seconds / full.seconds for empty, full in pairs),
        f"import_{name}_growth_mib": max(full.growth_mebibytes for _, full in pairs),
    }


def _into_empty(account: ProviderAccount, pages: Sequence[bytes]) -> Effort:
    settle("assets_asset", "assets_syncrun")
    return _effort_of_import(account, pages)


def _effort_of_import(account: ProviderAccount, pages: Sequence[bytes]) -> Effort:
    """Measure a run; check afterwards that it found every item."""
    taken = effort(lambda: import_pages(account, pages))
    seen, sent = SyncList.objects.latest("pk").seen, count_items(pages)
    if seen < sent:
        raise RuntimeError(f"The run met {seen} items of {sent}.")
    return taken


def count_items(pages: Sequence[bytes]) -> int:
    """Return the number of items in the pages."""
    return sum(len(orjson.loads(page)) for page in pages)


def _must_not_wait(wanted_seconds: float) -> None:
    raise RuntimeError(f"The run wants to wait for {wanted_seconds} s.")


def _statements_per_page(account: ProviderAccount, pages: Sequence[bytes]) -> int:
    """Return the maximum number of statements for one page of a run, including BEGIN, COMMIT and COPY."""
    with CaptureQueriesContext(connection) as captured:
        import_pages(account, pages, mode=RunMode.FULL)
    sql = [query["sql"] for query in captured.captured_queries]
    ends = [number for number, statement in enumerate(sql) if statement == "COMMIT"]
    # The lookup of known names marks a page; the first page includes the start of the run.
    pages_sql = [
        sql[end:next_end] for end, next_end in pairwise(ends) if any("wanted" in one for one in sql[end:next_end])
    ]
    return max(len(page_sql) for page_sql in pages_sql[1:])


_ASSET_COLUMNS = """id, owner_id, provider_id, account_id, media_type, provider_asset_id, status, origin, is_stub,
  operation_type, title, prompt, model_name, remote_url, thumbnail_url, last_frame_url, width, height,
  duration_seconds, provider_created_at, media_metadata, created_at, updated_at"""
_REFERENCE_COLUMNS = "owner_id, provider_id, asset_id, kind, value, is_indirect, created_at"


class Floor:
    """Reference: the same rows inserted by hand-written SQL, for each page COPY to a side table, merge, commit."""

    def __init__(self) -> None:
        """Read the rows of the library, and create the side tables."""
        columns = _ASSET_COLUMNS.replace("media_metadata", "media_metadata::text")
        self.assets = execute(f"SELECT {columns} FROM assets_asset")
        self.references = execute(f"SELECT {_REFERENCE_COLUMNS} FROM assets_reference ORDER BY asset_id")
        execute("CREATE TEMP TABLE new_assets (LIKE assets_asset)")
        execute("ALTER TABLE new_assets DROP made_at, DROP search_vector")
        execute("CREATE TEMP TABLE new_references (LIKE assets_reference)")
        for table in ("new_assets", "new_references"):
            required = f"attrelid = '{table}'::regclass AND attnotnull AND attnum > 0"
            for (column,) in execute(f"SELECT attname FROM pg_attribute WHERE {required}"):
                execute(f"ALTER TABLE {table} ALTER {column} DROP NOT NULL")

    def seconds(self) -> float:
        """Empty the library, insert all rows again, and return the seconds it took."""
        settle("assets_asset", "assets_syncrun")
        share = len(self.references) / max(len(self.assets), 1)
        started_at = perf_counter()
        for offset in range(0, len(self.assets), PAGE):
            names = self.references[int(offset * share) : int((offset + PAGE) * share)]
            _merge_page(self.assets[offset : offset + PAGE], names)
        return perf_counter() - started_at


def _merge_page(assets: Sequence[tuple[object, ...]], references: Sequence[tuple[object, ...]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, side, columns, rows in (
            ("assets_asset", "new_assets", _ASSET_COLUMNS, assets),
            ("assets_reference", "new_references", _REFERENCE_COLUMNS, references),
        ):
            with cursor.copy(f"COPY {side} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {side} ON CONFLICT DO NOTHING")
            cursor.execute(f"TRUNCATE {side}")
