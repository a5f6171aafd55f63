"""Reads of a large graph and a large library: by Python functions, by the API, and by the SQL of the same reads."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import UTC, timedelta
from statistics import median
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from assets.models import Asset
from benchmarks.big_graph import load
from benchmarks.scratch import execute, seconds, statements
from common.cursors import write_cursor
from library.browse import LibraryFilter, browse, matching
from lineage.graph.neighborhood import neighborhood
from lineage.graph.query import NODES_MAX, NeighborhoodQuery
from lineage.graph.relatives import relatives
from lineage.origins_impact.query import ClosureSort, count_closure, list_closure

DEPTHS = (1, 3, 10)
ROOTS = 200
HUBS = 10
PAGE = 60
ROUNDS = 3
"""Repetitions of each read; the result is the best time, which excludes other load on the machine."""

_LATE_CHILD = """
SELECT sequence_order, child_id FROM lineage_lineageedge WHERE parent_id = %s ORDER BY 1, 2 OFFSET %s LIMIT 1
"""

Work = Callable[[], object]


def measure(owner: User, assets: int) -> dict[str, float]:
    """Load this many assets with three edges each, then read."""
    figures = {"graph_assets": assets, "graph_load_s": seconds(lambda: load(owner, assets))}
    figures |= _neighborhoods(owner)
    figures |= _hubs_and_chain(owner)
    figures |= _reach(owner)
    return figures | _gallery(owner)


def _neighborhoods(owner: User) -> dict[str, float]:
    """Measure neighborhoods of the same 200 roots at each depth, 50 assets shown."""
    ids = random.Random(4).sample(range(1, _assets(owner).count() + 1), ROOTS)  # load() numbers them from 1
    roots = list(_assets(owner).filter(pk__in=ids))
    client = Client(SERVER_NAME="localhost")
    client.force_login(owner)
    figures: dict[str, float] = {}
    for depth in DEPTHS:
        reads = [_neighborhood(root, NeighborhoodQuery(up=depth, down=depth)) for root in roots]
        gets = [_get(client, f"/api/v1/assets/{root.pk}/lineage?max_depth={depth}") for root in roots]
        name = f"lineage_d{depth}"
        figures |= _figures(name, reads)
        figures |= _figures(f"{name}_sql", [_bare(read) for read in reads])
        # Through Django's test client: every layer but the socket.
        figures |= _figures(f"{name}_api", gets)
        figures[f"{name}_statements"] = max(statements(read) for read in reads)
    return figures


def _hubs_and_chain(owner: User) -> dict[str, float]:
    """Measure the ten largest hubs at default and maximum size, the end of the chain, and a late page of children."""
    hubs = list(_assets(owner).order_by("-child_count", "pk")[:HUBS])
    end = _assets(owner).order_by("-pk")[0]
    deep, long = NeighborhoodQuery(up=50, down=50, max_nodes=NODES_MAX), NeighborhoodQuery(up=50, down=50)
    late = [execute(_LATE_CHILD, [hub.pk, hub.child_count * 9 // 10])[0] for hub in hubs]
    pages = [_relatives(hub, write_cursor(key)) for hub, key in zip(hubs, late, strict=True)]
    return {
        "lineage_hub_children": hubs[0].child_count,
        "lineage_hub_max_ms": max(_times(_neighborhood(hub, NeighborhoodQuery()) for hub in hubs)),
        "lineage_hub_sql_max_ms": max(_times(_bare(_neighborhood(hub, NeighborhoodQuery())) for hub in hubs)),
        "lineage_hub_2000_max_ms": max(_times(_neighborhood(hub, deep) for hub in hubs)),
        "lineage_hub_late_page_max_ms": max(_times(pages)),
        "lineage_chain_ms": max(_times([_neighborhood(end, long)])),
    }


def _reach(owner: User) -> dict[str, float]:
    """Measure all ancestors of the newest asset, and a count that stops early."""
    root = _assets(owner).order_by("-pk")[0].pk
    return {
        "reach_assets": list_closure(root, is_up=True).total,
        "reach_count_ms": max(_times([lambda: count_closure(root, is_up=True)])),
        "reach_nearest_ms": max(_times([lambda: list_closure(root, is_up=True)])),
        "reach_newest_ms": max(_times([lambda: list_closure(root, is_up=True, sort=ClosureSort.NEWEST)])),
    }


def _gallery(owner: User) -> dict[str, float]:
    """Measure page 1 and the middle page of the library, with badges, for each filter separately."""
    newest = _assets(owner).newest_first()[0].made_at
    decade_ago = (newest - timedelta(days=300)).astimezone(UTC).date()
    filters = {
        "": LibraryFilter(),
        "oldest_": LibraryFilter(sort="oldest"),
        "provider_": LibraryFilter(provider_id="pixverse"),
        "media_": LibraryFilter(media_type="image"),
        "operation_": LibraryFilter(operation_type="video_extend"),
        "status_": LibraryFilter(status="completed"),
        "dates_": LibraryFilter(made_before=decade_ago),
        "related_": LibraryFilter(lineage="related"),
        "orphan_": LibraryFilter(lineage="orphan"),
        "text_": LibraryFilter(text="boats river"),
        "rare_text_": LibraryFilter(text="take 1234"),
        "scarce_text_": LibraryFilter(text="take 12"),
        "stubs_": LibraryFilter(show_stubs=True),
    }
    figures: dict[str, float] = {}
    for name, wanted in filters.items():
        cursor = _middle(owner, wanted)
        for place, where in (("first", ""), ("deep", cursor)):
            figures |= _figures(f"gallery_{name}{place}", [_page(owner, wanted, where)] * 5)
    return figures


def _middle(owner: User, wanted: LibraryFilter) -> str:
    """Return the cursor of the page at the middle of the filtered rows (row 500,000 of a million)."""
    shown = matching(owner.pk, wanted)
    before = shown.count() // 2 - PAGE
    if before < 0:
        return ""
    rows = shown.oldest_first() if wanted.sort == "oldest" else shown.newest_first()
    made_at, asset_id = rows.values_list("made_at", "pk")[before]
    return write_cursor(["next", made_at.isoformat(), asset_id])


def _assets(owner: User) -> Any:
    return Asset.objects.filter(owner=owner).without_payload()


def _neighborhood(root: Asset, query: NeighborhoodQuery) -> Work:
    return lambda: neighborhood(root, query)


def _relatives(hub: Asset, cursor: str) -> Work:
    return lambda: relatives(hub, is_up=False, cursor=cursor)


def _page(owner: User, wanted: LibraryFilter, cursor: str) -> Work:
    return lambda: [
        (asset.description, asset.parent_count, asset.child_count)
        for asset in browse(owner.pk, wanted, cursor=cursor, size=PAGE).items
    ]


def _get(client: Client, address: str) -> Work:
    def get() -> None:
        assert client.get(address).status_code == 200

    return get


def _bare(read: Work) -> Work:
    """Return a function that sends a read's statements again and fetches the rows without converting them."""
    sent: list[tuple[str, Any]] = []

    def listen(send: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        sent.append((sql, parameters))
        return send(sql, parameters, many, context)

    with connection.execute_wrapper(listen):
        read()

    def again() -> None:
        assert connection.connection is not None
        with connection.connection.cursor() as cursor:
            for sql, parameters in sent:
                cursor.execute(sql, parameters)
                cursor.fetchall()

    return again


def _times(works: Iterable[Work]) -> list[float]:
    """Return the best time of each in ms."""
    return [min(seconds(work) for _ in range(ROUNDS)) * 1000 for work in works]


def _figures(name: str, works: Iterable[Work]) -> dict[str, float]:
    times = sorted(_times(works))
    return {f"{name}_p50_ms": median(times), f"{name}_p95_ms": times[int(len(times) * 0.95)]}
