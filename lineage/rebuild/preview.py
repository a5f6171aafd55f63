"""What a rebuild would do to edges, one by one: the rebuild itself, undone at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from assets.ingest.batch import lock_library
from assets.models import Asset
from common.json_storage import from_jsonb
from lineage.rebuild.batch import RebuildResult, RebuildStatus, rebuild

DESCRIPTION_LENGTH = 200

# By the unique index of edges, which begins with the child.
_EDGES = """
SELECT child_id, parent_id, relation_type, sequence_order, operation_type, parent_start_time, parent_end_time,
  transformation::text
FROM lineage_lineageedge WHERE owner_id = %s AND child_id = ANY(%s) AND evidence = 'provider'
"""

# A stub without an id of its own is called by one of the names it is known by.
_PARENTS = """
SELECT a.id, a.media_type, a.provider_id, a.is_stub, left(coalesce(nullif(a.title, ''), a.prompt), %s),
  coalesce(nullif(a.provider_asset_id, ''),
    (SELECT r.value FROM assets_reference r WHERE r.asset_id = a.id ORDER BY r.kind, r.value LIMIT 1), '')
FROM assets_asset a WHERE a.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class PreviewParent:
    """The parent of an edge that would come or go.

    `asset_id` is None when the rebuild would make it, as a stub. `name` is its id at the provider, or for a stub
    whatever it is known by.
    """

    asset_id: int | None
    media_type: str
    provider_id: str
    is_stub: bool
    description: str
    name: str


@dataclass(frozen=True, slots=True)
class PreviewEdge:
    """An edge that would come or go, all but its child; times are seconds in the parent.

    `differs_in` names what is said otherwise of an edge that goes and comes again, such as "transformation".
    """

    parent: PreviewParent
    relation_type: str
    operation_type: str
    sequence_order: int
    parent_start_time: float | None
    parent_end_time: float | None
    transformation: Mapping[str, Any] = field(default_factory=dict)
    differs_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssetPreview:
    """What a rebuild would do to one asset's edges, and how many it would leave; status and reason as the rebuild's."""

    asset_id: int
    provider_id: str
    status: RebuildStatus
    added: tuple[PreviewEdge, ...] = ()
    removed: tuple[PreviewEdge, ...] = ()
    unchanged: int = 0
    reason: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether the rebuild would write anything."""
        return bool(self.added or self.removed)


_Content = tuple[str, float | None, float | None, str]
_Key = tuple[int, str, int]
"""Parent, relation, order: with its child, what the database holds to be one edge."""
_Edges = dict[int, dict[_Key, _Content]]
"""The edges of each child."""

_COMPARED = ("operation_type", "parent_start_time", "parent_end_time", "transformation")


def preview(
    owner_id: int,
    *,
    asset_ids: Sequence[int],
    clear_existing: bool,
    provider_id: str | None = None,
    now: datetime,
) -> list[AssetPreview]:
    """Say which edges a rebuild of these assets would write and remove; the library is left as it is.

    It is the rebuild itself, in one transaction that is rolled back: the very same reading, so it cannot say anything
    else than the rebuild would do. It holds the library's lock meanwhile, so it is meant for a batch, not a library.
    Only edges of the assets asked for are listed: one of another asset that goes because it would close a cycle is not,
    as in the rebuild's own report.

    Args:
        owner_id: whose assets; ids of others are not found.
        asset_ids: which assets, in the order of the answer.
        clear_existing: as `rebuild`.
        provider_id: as `rebuild`.
        now: as `rebuild`.

    Returns:
        One answer per asset id, in order.

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
    parents = {**_without_new_ones(parents_after), **parents_before}
    return [_answer(result, before[result.asset_id], after[result.asset_id], parents) for result in results]


def totals(previews: Iterable[AssetPreview]) -> tuple[int, int, int]:
    """How many edges would be added, removed and left alone in all."""
    listed = list(previews)
    return (
        sum(len(found.added) for found in listed),
        sum(len(found.removed) for found in listed),
        sum(found.unchanged for found in listed),
    )


def _answer(
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
    """Those of the edges that the others do not hold with the same content, in their order."""
    keys = sorted((key for key, content in edges.items() if others.get(key) != content), key=lambda key: (key[2], key))
    return tuple(_edge(key, edges[key], others.get(key), parents) for key in keys)


def _edge(key: _Key, content: _Content, other: _Content | None, parents: Mapping[int, PreviewParent]) -> PreviewEdge:
    parent_id, relation_type, sequence_order = key
    operation_type, start, end, transformation = content
    differences = [name for name, mine, its in zip(_COMPARED, content, other or content, strict=True) if mine != its]
    return PreviewEdge(
        parent=parents[parent_id],
        relation_type=relation_type,
        operation_type=operation_type,
        sequence_order=sequence_order,
        parent_start_time=start,
        parent_end_time=end,
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
        cursor.execute(_PARENTS, [DESCRIPTION_LENGTH, list(ids)])
        return {asset_id: PreviewParent(asset_id, *rest) for asset_id, *rest in cursor.fetchall()}


def _without_new_ones(parents: Mapping[int, PreviewParent]) -> dict[int, PreviewParent]:
    """The parents, with no id for those that went with the transaction that made them."""
    stubs = [asset_id for asset_id, parent in parents.items() if parent.is_stub]
    here = set(Asset.objects.filter(pk__in=stubs).values_list("pk", flat=True))
    return {
        asset_id: parent if not parent.is_stub or asset_id in here else _made_anew(parent)
        for asset_id, parent in parents.items()
    }


def _made_anew(parent: PreviewParent) -> PreviewParent:
    return PreviewParent(None, parent.media_type, parent.provider_id, True, parent.description, parent.name)
