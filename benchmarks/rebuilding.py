"""Rebuild of a whole library's lineage, compared with hand-written SQL for the same edges."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection, transaction

from benchmarks.importing import NOW
from benchmarks.scratch import effort, execute, seconds, settle, statements
from lineage.models import LineageEdge
from lineage.rebuild.batch import BATCH_SIZE, library_assets, rebuild

_COLUMNS = """owner_id, child_id, parent_id, relation_type, operation_type, sequence_order, evidence,
  parent_start_time, parent_end_time, transformation, created_at"""


def measure(owner: User) -> dict[str, float]:
    """Rebuild the lineage of the whole library, again without a change, and write the same edges by hand."""
    execute("TRUNCATE lineage_lineageedge")
    ids = list(library_assets(owner.pk, "pixverse").order_by("pk").values_list("pk", flat=True))
    count = statements(lambda: rebuild(owner.pk, asset_ids=ids[:BATCH_SIZE], clear_existing=True, now=NOW))
    settle("lineage_lineageedge")
    first = effort(lambda: rebuild(owner.pk, asset_ids=ids, clear_existing=True, now=NOW))
    again = seconds(lambda: rebuild(owner.pk, asset_ids=ids, clear_existing=True, now=NOW))
    edges = LineageEdge.objects.count()
    floor = _floor_seconds(len(ids))
    return {
        "rebuild_assets": len(ids),
        "rebuild_edges": edges,
        "rebuild_per_s": len(ids) / first.seconds,
        "rebuild_again_per_s": len(ids) / again,
        "rebuild_floor_per_s": len(ids) / floor,
        "rebuild_floor_ratio": floor / first.seconds,
        "rebuild_statements_per_batch": count,
        "rebuild_growth_mib": first.growth_mebibytes,
    }


def _floor_seconds(assets: int) -> float:
    """Delete all edges and insert them again; for each batch COPY to a side table, merge, commit."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS.replace('transformation', 'transformation::text')} FROM lineage_lineageedge")
        edges = cursor.fetchall()
        cursor.execute(f"CREATE TEMP TABLE new_edges AS SELECT {_COLUMNS} FROM lineage_lineageedge LIMIT 0")
    settle("lineage_lineageedge")
    batches = max(1, assets // BATCH_SIZE)
    size = len(edges) // batches + 1
    return seconds(lambda: [_merge_batch(edges[start : start + size]) for start in range(0, len(edges), size)])


def _merge_batch(edges: list[tuple[object, ...]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        with cursor.copy(f"COPY new_edges ({_COLUMNS}) FROM STDIN") as copy:
            for row in edges:
                copy.write_row(row)
        cursor.execute(
            f"INSERT INTO lineage_lineageedge ({_COLUMNS}) SELECT {_COLUMNS} FROM new_edges ON CONFLICT DO NOTHING"
        )
        cursor.execute("TRUNCATE new_edges")
