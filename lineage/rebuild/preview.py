"""Preview a rebuild edge by edge: run the rebuild in a transaction and roll it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from assets.ingest.batch import lock_library
from assets.models import Asset
from common.json_storage import from_jsonb
from lineage.graph.rows import ASSET_COLUMNS, read_asset
from lineage.rebuild.batch import RebuildResult, RebuildStatus, rebuild

DESCRIPTION_LENGTH = 200

# By the unique index of edges, which begins with the child.
_EDGES = """
SELECT child_id, parent_id, relation_type, sequence_order, operation_type, parent_start_time, parent_end_time,
  parent_frame, transformation::text
FROM lineage_lineageedge WHERE owner_id = %s AND child_id = ANY(%s) AND evidence = 'provider'
"""

# A stub without an id of its own is named by one of its references.
_PARENTS = f"""
SELECT {ASSET_COLUMNS},
  (SELECT r.value FROM assets_reference r
   WHERE r.asset_id = a.id AND a.provider_asset_id = '' ORDER BY r.kind, r.value LIMIT 1)
FROM assets_asset a WHERE a.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class PreviewParent:
    """The parent of an edge that would be added or removed.

    `asset_id` is None for a stub that the rebuild would create. `name` is the asset's id at the provider, or the value
    of one of a stub's references.
    """

    asset_id: int | None
    media_type: str
    provider_id: str
    is_stub: bool
    description: str
    name: str


@dataclass(frozen=True, slots=True)
class PreviewEdge:
    """An edge that would be added or removed, without its child; times are seconds in the parent.

    `differs_in` lists the changed fields of an edge that is removed and added again, such as "transformation".
    """

    parent: PreviewParent
    relation_type: str
    operation_type: str
    sequence_order: int
    parent_start_time: float | None
    parent_end_time: float | None
    parent_frame: int | None
    transformation: Mapping[str, Any] = field(default_factory=dict)
    differs_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssetPreview:
    """The changes a rebuild would make to one asset's edges; `status` and `reason` as in the rebuild's result."""

    asset_id: int
    provider_id: str
    status: RebuildStatus
    added: tuple[PreviewEdge, ...] = ()
    removed: tuple[PreviewEdge, ...] = ()
    unchanged: int = 0
    reason: str = ""

    @property
    def is_changed(self) -> bool:
        """Return whether the rebuild would add or remove an edge."""
        return bool(self.added or self.removed)


_Content = tuple[str, float | None, float | None, int | None, str]
_Key = tuple[int, str, int]
"""Parent, relation, order: unique among the edges of one child."""
_Edges = dict[int, dict[_Key, _Content]]
"""The edges of each child."""

_COMPARED = ("operation_type", "parent_start_time", "parent_end_time", "parent_frame", "transformation")


def preview(
    owner_id: int,
    *,
    asset_ids: Sequence[int],
    clear_existing: bool,
    provider_id: str | None = None,
    now: datetime,
) -> list[AssetPreview]:
    """List the edges that a rebuild of these assets would add and remove; the library is left unchanged.

    It runs the rebuild itself in one transaction that is rolled back, so its result cannot differ from the rebuild's.
    It holds the library's lock meanwhile: use it for a batch, not for a library. Only edges of the given assets are
    listed. An edge of another asset that is removed because it would close a cycle is not, as in the rebuild's results.

    Args:
        owner_id: whose assets; ids of others are not found.
        asset_ids: the assets to preview, in the order of the result.
        clear_existing: as `rebuild`.
        provider_id: as `rebuild`.
        now: as `rebuild`.

    Returns:
        One preview per asset id, in order.

    Source: domain.md §4, "Evidence".
    """
    with transaction.atomic():
        lock_library(owner_id)
        before = _edges(owner_id, asset_ids)
        parents_before = _parents(before)
        results = rebuild(
            owner_id, asset_ids=asset_ids, clear_existing=clear_existing, provider_id=provider_id, now=now
        )
        after = _edges(owner_id, asset_ids)
        parents_after = _parents(after)
        transaction.set_rollback(True)
    parents = {**_without_new_ids(parents_after), **parents_before}
    return [_preview(result, before[result.asset_id], after[result.asset_id], parents) for result in results]


def totals(previews: Iterable[AssetPreview]) -> tuple[int, int, int]:
    """Count the edges that would be added, removed and left unchanged in all."""
    listed = list(previews)
    return (
        sum(len(found.added) for found in listed),
        sum(len(found.removed) for found in listed),
        sum(found.unchanged for found in listed),
    )


def _preview(
    result: RebuildResult,
    before: Mapping[_Key, _Content],
    after: Mapping[_Key, _Content],
    parents: Mapping[int, PreviewParent],
) -> AssetPreview:
    return AssetPreview(
        asset_id=result.asset_id,
        provider_id=result.provider_id,
        status=result.status,
        added=_missing_in(before, after, parents),
        removed=_missing_in(after, before, parents),
        unchanged=result.unchanged_edges,
        reason=result.reason,
    )


def _missing_in(
    others: Mapping[_Key, _Content], edges: Mapping[_Key, _Content], parents: Mapping[int, PreviewParent]
) -> tuple[PreviewEdge, ...]:
    """Return the edges that are missing in `others` or have other content there, in their order."""
    keys = sorted((key for key, content in edges.items() if others.get(key) != content), key=lambda key: (key[2], key))
    return tuple(_edge(key, edges[key], others.get(key), parents) for key in keys)


def _edge(key: _Key, content: _Content, other: _Content | None, parents: Mapping[int, PreviewParent]) -> PreviewEdge:
    parent_id, relation_type, sequence_order = key
    operation_type, start, end, frame, transformation = content
    differences = [
        name for name, own, others in zip(_COMPARED, content, other or content, strict=True) if own != others
    ]
    return PreviewEdge(
        parent=parents[parent_id],
        relation_type=relation_type,
        operation_type=operation_type,
        sequence_order=sequence_order,
        parent_start_time=start,
        parent_end_time=end,
        parent_frame=frame,
        transformation=from_jsonb(transformation),
        differs_in=tuple(differences),
    )


def _edges(owner_id: int, asset_ids: Sequence[int]) -> _Edges:
    edges: _Edges = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_EDGES, [owner_id, list(asset_ids)])
        for child, parent, relation, order, *content in cursor.fetchall():
            edges[child][parent, relation, order] = tuple(content)
    return edges


def _parents(edges: _Edges) -> dict[int, PreviewParent]:
    ids = {parent_id for keys in edges.values() for parent_id, _, _ in keys}
    with connection.cursor() as cursor:
        cursor.execute(_PARENTS, [list(ids)])
        return dict(_parent(row) for row in cursor.fetchall())


def _parent(row: tuple[Any, ...]) -> tuple[int, PreviewParent]:
    asset, (reference,) = read_asset(row)
    return asset.id, PreviewParent(
        asset_id=asset.id,
        media_type=asset.media_type,
        provider_id=asset.provider_id,
        is_stub=asset.is_stub,
        description=asset.description[:DESCRIPTION_LENGTH],
        name=asset.provider_asset_id or reference or "",
    )


def _without_new_ids(parents: Mapping[int, PreviewParent]) -> dict[int, PreviewParent]:
    """Return the parents, without the ids of stubs that were created in the transaction that was rolled back."""
    stubs = [asset_id for asset_id, parent in parents.items() if parent.is_stub]
    existing = set(Asset.objects.filter(pk__in=stubs).values_list("pk", flat=True))
    return {
        asset_id: parent if not parent.is_stub or asset_id in existing else replace(parent, asset_id=None)
        for asset_id, parent in parents.items()
    }
