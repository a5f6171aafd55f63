"""Compare two payloads of one asset, such as the stored and the current one; writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any
from urllib.parse import unquote, urlsplit

from assets.drift.payload_diff import Difference, compare
from assets.models import Asset, AssetMerge
from assets.sync.lookup import compare as compare_with_library
from common.throttle import Clock
from providers import accounts, registry
from providers.base import MEDIA_OF_LIST, Adapter, Capability, RemoteList
from providers.errors import (
    InvalidParameters,
    JobNotFound,
    ProtocolError,
    ProviderError,
    UnsupportedOperation,
)
from providers.models import ProviderAccount
from providers.pace import asking, limited_turn
from providers.records import RemoteAsset

SAMPLE_MAX = 100

_LISTS_OF_MEDIA = {str(media): remote_list for remote_list, media in MEDIA_OF_LIST.items()}
_OWN_IDENTIFIER = "It is one of the asset's identifiers."


class Paths(StrEnum):
    """The two sources of a comparison; a Difference has the first as `stored`, the second as `now`."""

    STORED_AND_NOW = "stored_and_now"
    LIST_AND_ITEM = "list_and_item"
    KEPT_AND_JOINED = "kept_and_joined"


class Comparison(StrEnum):
    """Result of comparing one asset."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class AssetDrift:
    """Differences between two payloads of one asset; `reason` says why nothing was compared.

    `asset_id` is None for an item that is not imported.
    """

    asset_id: int | None
    provider_asset_id: str
    description: str
    comparison: Comparison = Comparison.SAME
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    paths: Paths = Paths.STORED_AND_NOW

    @property
    def unexpected(self) -> tuple[Difference, ...]:
        """The differences without an explanation."""
        return tuple(difference for difference in self.differences if not difference.is_expected)


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Result of a check. `stopped_by` is the error that ended it early; `items` then holds the assets before it."""

    account_id: int
    checked_at: datetime
    items: tuple[AssetDrift, ...]
    stopped_by: ProviderError | None = None

    def count(self, comparison: Comparison) -> int:
        """Return the number of assets with this result."""
        return sum(item.comparison is comparison for item in self.items)

    @property
    def unexpected_count(self) -> int:
        """Number of differences without an explanation."""
        return sum(len(item.unexpected) for item in self.items)

    @property
    def expected_by_reason(self) -> dict[str, int]:
        """Reason → number of differences it explains, the most frequent first."""
        counts: dict[str, int] = {}
        for item in self.items:
            for difference in item.differences:
                if difference.is_expected:
                    counts[difference.expected_because] = counts.get(difference.expected_because, 0) + 1
        return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def check(
    account: ProviderAccount, *, asset_ids: Sequence[int] | None = None, sample: int = 50, clock: Clock
) -> DriftReport:
    """Fetch assets one by one and compare each with its stored payload. Writes no asset and no edge.

    Args:
        account: the account of the assets, to fetch with, at its pace; the caller has checked who owns it.
        asset_ids: ids of some of the account's assets; None for its newest ones.
        sample: the number of newest assets, 1–100.
        clock: the time, and how to wait.

    Raises:
        AccountDisabled: the account is disabled.
        UnsupportedOperation: the provider has no lookup by ID.
        ProviderError: nothing could be compared.

    Source: domain.md §2 (the whole payload is kept as it came).
    """
    adapter = _adapter(account, clock)
    return _report(account, _stored_and_now(adapter, _assets(account, asset_ids, sample)), clock)


def check_paths(account: ProviderAccount, *, sample: int = 50, clock: Clock) -> DriftReport:
    """Compare list with detail responses, and merged with surviving assets. Writes no asset and no edge.

    The newest items of each list are also fetched by ID, and both responses compared. The payload of a merged asset
    is compared with its survivor's, without a request.

    Args and errors: as `check`; also UnsupportedOperation for a provider without a list.
    """
    adapter = _adapter(account, clock)
    if not adapter.lists:
        raise adapter.no_list_error()
    size = max(min(sample, SAMPLE_MAX) // len(adapter.lists), 1)
    return _report(account, chain(_list_and_item(account, adapter, size), _kept_and_joined(account, sample)), clock)


def _adapter(account: ProviderAccount, clock: Clock) -> Adapter:
    accounts.require_enabled(account)
    declared = registry.adapter_class(account.provider_id)
    if Capability.GET_ASSET not in declared.capabilities:
        raise UnsupportedOperation(
            f"{declared.display_name} does not support lookup by ID.", provider_id=account.provider_id
        )
    return registry.adapter(account, before_request=limited_turn(account, clock))


def _report(account: ProviderAccount, found: Iterator[AssetDrift], clock: Clock) -> DriftReport:
    """Collect the comparisons until an error ends them."""
    items: list[AssetDrift] = []
    stopped_by: ProviderError | None = None
    try:
        with asking(account):
            for item in found:
                items.append(item)  # noqa: PERF402  # Items before an error are kept.
    except ProviderError as error:
        stopped_by = error
        accounts.record_failure(account, error, now=clock.now())
        if not items:
            raise
    return DriftReport(account.pk, clock.now(), tuple(items), stopped_by)


def _assets(account: ProviderAccount, asset_ids: Sequence[int] | None, sample: int) -> list[Asset]:
    assets = Asset.objects.filter(owner_id=account.owner_id, account=account, media_type__in=_LISTS_OF_MEDIA).listed()
    if asset_ids is not None:
        assets = assets.filter(pk__in=asset_ids)
    return list(assets.defer("search_vector").newest_first()[: min(sample, SAMPLE_MAX)])


def _stored_and_now(adapter: Adapter, assets: Sequence[Asset]) -> Iterator[AssetDrift]:
    for asset in assets:
        known = AssetDrift(asset.pk, asset.provider_asset_id, asset.description)
        yield _fetch_and_compare(adapter, known, _LISTS_OF_MEDIA[asset.media_type], asset.media_metadata)


def _list_and_item(account: ProviderAccount, adapter: Adapter, size: int) -> Iterator[AssetDrift]:
    for remote_list in adapter.lists:
        page = adapter.list_assets(remote_list, position="", size=size)
        records = [item for item in page.items if isinstance(item, RemoteAsset)]
        scanned = compare_with_library(account.owner_id, records, provider_id=account.provider_id)
        for record, here in zip(records, scanned, strict=True):
            description = record.title or record.prompt
            known = AssetDrift(here.asset_id, record.provider_asset_id, description, paths=Paths.LIST_AND_ITEM)
            yield _fetch_and_compare(adapter, known, remote_list, record.payload)


def _kept_and_joined(account: ProviderAccount, sample: int) -> Iterator[AssetDrift]:
    """Compare merged payloads with their survivors', the latest merge first, without a request."""
    merges = AssetMerge.objects.filter(owner_id=account.owner_id, survivor__account=account).exclude(
        absorbed_payload={}
    )
    extractor = registry.extractor(account.provider_id)
    expected = registry.adapter_class(account.provider_id).volatile_fields
    for merge in merges.select_related("survivor").order_by("-merged_at", "-pk")[: min(sample, SAMPLE_MAX)]:
        kept, joined, asset = merge.survivor.media_metadata, merge.absorbed_payload, merge.survivor
        names = {name.value for payload in (kept, joined) for name in extractor.references(payload)}
        differences = tuple(_explained(found, names) for found in compare(kept, joined, expected=expected))
        known = AssetDrift(asset.pk, asset.provider_asset_id, asset.description, paths=Paths.KEPT_AND_JOINED)
        yield _compared(known, differences)


def _explained(difference: Difference, names: Collection[str]) -> Difference:
    """Mark as expected that the two ids of one asset differ, and the URLs that contain them."""
    values = [str(value) for value in (difference.stored, difference.now) if value is not None]
    is_name = all(any(unquote(urlsplit(value).path).endswith(name) for name in names) for value in values)
    if difference.is_expected or not is_name:
        return difference
    return replace(difference, expected_because=_OWN_IDENTIFIER)


def _fetch_and_compare(adapter: Adapter, known: AssetDrift, remote_list: RemoteList, payload: Any) -> AssetDrift:
    """Fetch one item by ID and compare it with a payload."""
    try:
        record = adapter.get_asset(known.provider_asset_id, remote_list=remote_list)
    except JobNotFound:
        reason = f"{adapter.display_name} has no item with this ID."
        return replace(known, comparison=Comparison.NOT_FOUND, reason=reason)
    except (ProtocolError, InvalidParameters) as error:
        return replace(known, comparison=Comparison.UNREADABLE, reason=error.message)
    return _compared(known, compare(payload, record.payload, expected=adapter.volatile_fields))


def _compared(known: AssetDrift, differences: tuple[Difference, ...]) -> AssetDrift:
    has_drifted = any(not difference.is_expected for difference in differences)
    return replace(known, comparison=Comparison.DIFFERENT if has_drifted else Comparison.SAME, differences=differences)
