"""Split an asset from the one that it was merged into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from assets.ingest.batch import ingest, lock_library
from assets.models import Asset, AssetMerge, Reference
from assets.signals import asset_split
from common.errors import AppError
from common.vocabulary import MediaType, id_kind
from providers import registry
from providers.base import InvalidPayload


class CannotSplit(AppError):
    """The merge was split before, or nothing of the merged asset is left to give back."""

    http_status = 409
    code = "cannot_split"
    title = "Cannot be split"


@dataclass(frozen=True, slots=True)
class Split:
    """The two assets of a merge after its split: `asset_id` was given back, `survivor_id` had absorbed it."""

    survivor_id: int
    asset_id: int


def split(merge: AssetMerge, *, now: datetime) -> Split:
    """Give a merged asset back: a new asset with its identifiers, its payload and its links.

    The survivor keeps its own ID. Where the merged asset had that ID, the identifiers that the survivor had before are
    given back instead. Imports never give them to the survivor again. One transaction; a receiver of `asset_split`
    that fails rolls it back.

    Args:
        merge: the record of the merge.
        now: the time that the split and new rows carry.

    Raises:
        CannotSplit: it was split before, or its identifiers belong to other assets now.

    Source: domain.md §2.
    """
    with transaction.atomic():
        lock_library(merge.owner_id)
        found = AssetMerge.objects.select_for_update().select_related("survivor").get(pk=merge.pk)
        if found.split_at is not None:
            raise CannotSplit("It was split before.")
        is_swapped = _has_own_id(found)
        if found.absorbed_payload:
            asset_id = _restore(found, now)
        else:
            asset_id = _give_back(found, found.survivor_names if is_swapped else found.absorbed_names, now)
        found.split_at = now
        found.save(update_fields=["split_at"])
        asset_split.send(
            sender=split,
            owner_id=found.owner_id,
            survivor_id=found.survivor_id,
            asset_id=asset_id,
            absorbed_id=found.absorbed_id,
            # Of the survivor's links, those from before the merge, when it is the survivor's identifiers that go back.
            merged_at=found.merged_at if is_swapped else None,
            now=now,
        )
    return Split(found.survivor_id, asset_id)


def _has_own_id(merge: AssetMerge) -> bool:
    """Return True when the absorbed stub had the ID that is the survivor's now."""
    survivor = merge.survivor
    own_id = [id_kind(MediaType(survivor.media_type)).value, survivor.provider_asset_id]
    return own_id in merge.absorbed_names


def _restore(merge: AssetMerge, now: datetime) -> int:
    """Import the payload of a complete asset that an earlier version merged; its ID becomes its own again."""
    survivor = merge.survivor
    try:
        record = registry.extractor(survivor.provider_id).asset(merge.absorbed_payload)
    except (InvalidPayload, registry.UnknownProvider) as error:
        raise CannotSplit("Its stored data cannot be read.") from error
    batch = ingest(merge.owner_id, [record], provider_id=survivor.provider_id, account_id=survivor.account_id, now=now)
    asset_id = batch.items[0].asset_id
    if asset_id is None or asset_id == survivor.pk:
        raise CannotSplit("It has the same ID as the asset that it was merged into.")
    return asset_id


def _give_back(merge: AssetMerge, names: Sequence[Sequence[str]], now: datetime) -> int:
    """Make a placeholder of these names, as far as the survivor still has them."""
    survivor = merge.survivor
    wanted = Q()
    for kind, value in names:
        wanted |= Q(kind=kind, value=value)
    kept_id = Q(kind=id_kind(MediaType(survivor.media_type)), value=survivor.provider_asset_id)
    left = Reference.objects.filter(asset=survivor).exclude(kept_id) if names else Reference.objects.none()
    ids = list(left.filter(wanted).values_list("pk", flat=True))
    if not ids:
        raise CannotSplit("None of its identifiers is left to give back: they belong to other assets, or are its ID.")
    stub = Asset.objects.create(
        owner_id=merge.owner_id,
        provider_id=survivor.provider_id,
        media_type=merge.media_type or survivor.media_type,
        is_stub=True,
        created_at=now,
        updated_at=now,
    )
    Reference.objects.filter(pk__in=ids).update(asset=stub, is_indirect=True, split_from_id=survivor.pk)
    return stub.pk
