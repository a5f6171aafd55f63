"""Rebuild edges from stored payloads; all lineage from payloads is made here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from assets.ingest.batch import ingest_parents
from assets.models import Asset, AssetMerge, AssetQuerySet
from common.json_storage import from_jsonb
from common.vocabulary import Evidence
from lineage.edges.writer import EdgeChange, EdgeDraft, replace
from providers import registry
from providers.base import Extractor, InvalidPayload
from providers.records import ParentRef

INLINE_MAX = 1_000
"""Requests with more assets than this become a run of the worker."""

BATCH_SIZE = 500
PARENTS_MAX = 1_000
"""A payload with more parents is malformed: no provider takes more than a few dozen inputs."""


_PAYLOADS = """
SELECT id, provider_id, is_stub, media_metadata::text FROM assets_asset WHERE owner_id = %s AND id = ANY(%s)
"""


class RebuildStatus(StrEnum):
    """Result of the rebuild of one asset (domain.md §4)."""

    OK = "ok"
    NO_METADATA = "no_metadata"
    NOT_FOUND = "not_found"
    PROVIDER_MISMATCH = "provider_mismatch"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """The changes to one asset's parents; `reason` is the error, or lists refused and contradicted parents."""

    asset_id: int
    provider_id: str
    status: RebuildStatus
    removed_edges: int = 0
    new_edges: int = 0
    unchanged_edges: int = 0
    reason: str = ""


@dataclass(slots=True)
class _Reading:
    """The parents in one asset's payload, or the reason why there are none."""

    asset_id: int
    provider_id: str
    status: RebuildStatus = RebuildStatus.OK
    reasons: list[str] = field(default_factory=list)
    parents: tuple[ParentRef, ...] = ()


def rebuild(
    owner_id: int,
    *,
    asset_ids: Sequence[int],
    clear_existing: bool,
    provider_id: str | None = None,
    now: datetime,
) -> list[RebuildResult]:
    """Recalculate the provider edges of these assets from their stored payloads.

    It needs no credentials and no network, so it also works for a provider that has closed down. Each batch is one
    transaction with a fixed number of statements; unknown parents become stubs.

    Args:
        owner_id: the owner of the assets; ids of others are not found.
        asset_ids: the assets to rebuild, in the order of the result.
        clear_existing: delete provider edges that the payload no longer gives; False only adds.
        provider_id: when given, assets of other providers are skipped and reported.
        now: the creation time of new rows.

    Returns:
        One result per asset id, in order.

    Source: domain.md §4, "Evidence".
    """
    return [
        result
        for batch in _batches(asset_ids, BATCH_SIZE)
        for result in _rebuild_batch(owner_id, batch, clear_existing, provider_id, now)
    ]


def library_assets(owner_id: int, provider_id: str | None) -> AssetQuerySet:
    """Return the assets of a library whose lineage can be rebuilt: all but stubs."""
    assets = Asset.objects.filter(owner_id=owner_id).listed()
    return assets.filter(provider_id=provider_id) if provider_id else assets


def _rebuild_batch(
    owner_id: int, asset_ids: Sequence[int], clear_existing: bool, provider_id: str | None, now: datetime
) -> list[RebuildResult]:
    with transaction.atomic():
        readings = _read(owner_id, asset_ids, provider_id)
        readable = [reading for reading in readings if reading.status is RebuildStatus.OK]
        drafts, lost_name_ids = _drafts(owner_id, readable, now)
        changes = replace(owner_id, drafts, evidence=Evidence.PROVIDER, clear_existing=clear_existing, now=now)
        # A name that turned out to prove nothing is lost once, so this ends.
        for batch in _batches(sorted(set(children_of(owner_id, lost_name_ids)) - set(asset_ids)), BATCH_SIZE):
            _rebuild_batch(owner_id, batch, clear_existing, None, now)
    return [_result(reading, changes.get(reading.asset_id)) for reading in readings]


def children_of(owner_id: int, parent_ids: Sequence[int]) -> list[int]:
    """Return the complete children of assets that lost a name; without such assets, no statement runs."""
    if not parent_ids:
        return []
    # A parent may have been merged since, and its edges moved to the survivor.
    survivors = AssetMerge.objects.filter(owner_id=owner_id, absorbed_id__in=parent_ids).values_list(
        "survivor_id", flat=True
    )
    parents = [*parent_ids, *survivors]
    children = Asset.objects.filter(owner_id=owner_id, parent_edges__parent_id__in=parents, is_stub=False)
    return list(children.order_by("pk").values_list("pk", flat=True).distinct())


def _read(owner_id: int, asset_ids: Sequence[int], provider_id: str | None) -> list[_Reading]:
    with connection.cursor() as cursor:
        cursor.execute(_PAYLOADS, [owner_id, list(asset_ids)])
        found = {asset_id: row for asset_id, *row in cursor.fetchall()}
    return [_reading(asset_id, found.get(asset_id), provider_id) for asset_id in dict.fromkeys(asset_ids)]


def _reading(asset_id: int, row: list[Any] | None, provider_id: str | None) -> _Reading:
    if row is None:
        return _Reading(asset_id, provider_id or "", RebuildStatus.NOT_FOUND)
    its_provider, is_stub, text = row
    payload = from_jsonb(text)
    if provider_id is not None and its_provider != provider_id:
        return _Reading(asset_id, its_provider, RebuildStatus.PROVIDER_MISMATCH)
    if is_stub or not payload:
        return _Reading(asset_id, its_provider, RebuildStatus.NO_METADATA)
    try:
        parents = _extractor(its_provider).parents(payload)
    except registry.UnknownProvider:
        return _Reading(asset_id, its_provider, RebuildStatus.UNSUPPORTED)
    except (InvalidPayload, TypeError, ValueError, LookupError, AttributeError):
        return _Reading(asset_id, its_provider, RebuildStatus.FAILED, ["The provider data cannot be read."])
    if len(parents) > PARENTS_MAX:
        return _Reading(
            asset_id, its_provider, RebuildStatus.FAILED, [f"The provider data lists more than {PARENTS_MAX} parents."]
        )
    return _Reading(asset_id, its_provider, parents=parents)


def _extractor(provider_id: str) -> Extractor:
    return registry.extractor(provider_id)


def _drafts(owner_id: int, readings: Sequence[_Reading], now: datetime) -> tuple[dict[int, list[EdgeDraft]], list[int]]:
    """Turn parent refs into edge drafts; unresolved ones are noted on the reading.

    Returns:
        The drafts by child, and the assets that lost a name.
    """
    by_provider: dict[str, list[_Reading]] = defaultdict(list)
    for reading in readings:
        by_provider[reading.provider_id].append(reading)
    drafts: dict[int, list[EdgeDraft]] = {reading.asset_id: [] for reading in readings}
    lost_name_ids: list[int] = []
    for provider_id, group in by_provider.items():
        uses = [(reading, parent) for reading in group for parent in reading.parents]
        resolved = ingest_parents(owner_id, [parent for _, parent in uses], provider_id=provider_id, now=now)
        lost_name_ids += resolved.lost_name_ids
        for (reading, parent), answer in zip(uses, resolved.answers, strict=True):
            if answer.asset_id is None:
                reading.reasons.append(answer.reason)
                continue
            if answer.is_contradicted:
                reading.reasons.append("Two assets match this parent; used the more specific ID.")
            drafts[reading.asset_id].append(_draft(parent, answer.asset_id))
    return drafts, lost_name_ids


def _draft(parent: ParentRef, parent_id: int) -> EdgeDraft:
    return EdgeDraft(
        parent_id=parent_id,
        relation_type=parent.relation_type,
        operation_type=parent.operation_type,
        sequence_order=parent.sequence_order,
        transformation=parent.transformation,
        parent_start_time=parent.start_seconds,
        parent_end_time=parent.end_seconds,
        parent_frame=parent.parent_frame,
    )


def _result(reading: _Reading, change: EdgeChange | None) -> RebuildResult:
    change = change or EdgeChange()
    return RebuildResult(
        asset_id=reading.asset_id,
        provider_id=reading.provider_id,
        status=reading.status,
        removed_edges=change.removed,
        new_edges=change.new,
        unchanged_edges=change.unchanged,
        reason=" ".join(dict.fromkeys([*reading.reasons, *change.refused])),
    )


def _batches(asset_ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(asset_ids), size):
        yield asset_ids[start : start + size]
