"""Compare what is stored of an asset with what its provider says of it now; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from assets.models import Asset
from assets.payloads import is_blank
from assets.sync import AccountDisabled
from assets.vanished import MEDIA_OF_LIST
from providers import accounts, registry
from providers.base import Adapter, Capability
from providers.errors import InvalidParameters, JobNotFound, ProtocolError, ProviderError, UnsupportedOperation
from providers.models import ProviderAccount

SAMPLE_MAX = 100
DEPTH_MAX = 50

_LISTS_OF_MEDIA = {str(media): remote_list for remote_list, media in MEDIA_OF_LIST.items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that two payloads of a thing give differently; `expected_because` is "" when nothing explains it.

    `field` is its path, such as `customer_paths.prompts.0`; None stands for a field that is not there.
    """

    field: str
    stored: Any
    now: Any
    expected_because: str = ""

    @property
    def is_expected(self) -> bool:
        """Whether it says nothing of the item itself."""
        return bool(self.expected_because)


class Comparison(StrEnum):
    """How the look at one asset ended."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class AssetDrift:
    """One asset and how its stored payload differs from the provider's; `reason` says why nothing was compared."""

    asset_id: int
    provider_asset_id: str
    description: str
    comparison: Comparison
    differences: tuple[Difference, ...] = ()
    reason: str = ""

    @property
    def unexpected(self) -> tuple[Difference, ...]:
        """The differences that nothing explains."""
        return tuple(difference for difference in self.differences if not difference.is_expected)


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What a check found. `stopped_by` is the error that ended it early; what had been compared is in `items`."""

    account_id: int
    checked_at: datetime
    items: tuple[AssetDrift, ...]
    stopped_by: ProviderError | None = None

    def count(self, comparison: Comparison) -> int:
        """How many assets ended so."""
        return sum(item.comparison is comparison for item in self.items)

    @property
    def unexpected_count(self) -> int:
        """How many differences nothing explains."""
        return sum(len(item.unexpected) for item in self.items)

    @property
    def expected_by_reason(self) -> dict[str, int]:
        """How many differences each reason explains, the most frequent first."""
        counts: dict[str, int] = {}
        for item in self.items:
            for difference in item.differences:
                if difference.is_expected:
                    counts[difference.expected_because] = counts.get(difference.expected_because, 0) + 1
        return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def compare(stored: Any, now: Any, *, expected: Mapping[str, str]) -> tuple[Difference, ...]:
    """The fields that two payloads of one thing give differently, however they came here.

    What means the same is no difference: a blank and a missing field, an id as number and as text, an address in either
    encoding, with or without a signature.

    Args:
        stored: the payload that is kept.
        now: the other one.
        expected: last name of a field → why its changing says nothing of the thing.

    Returns:
        One Difference a field, in the order of their paths.
    """
    ours, theirs = _fields(stored), _fields(now)
    found = (_difference(path, ours.get(path), theirs.get(path), expected) for path in sorted({*ours, *theirs}))
    return tuple(difference for difference in found if difference is not None)


def check(
    account: ProviderAccount, *, asset_ids: Sequence[int] | None = None, sample: int = 50, now: datetime
) -> DriftReport:
    """Ask the provider for assets one by one and compare each with what is stored of it. No asset or edge is written.

    Args:
        account: whose assets, and with what to ask; the caller has checked who owns it.
        asset_ids: which of the account's assets; None for its newest ones.
        sample: how many of the newest, 1–100.
        now: the time of the check.

    Raises:
        AccountDisabled: the account is switched off.
        UnsupportedOperation: the provider cannot be asked for single items.
        ProviderError: nothing could be compared at all.

    Source: domain.md §2 (the whole payload is kept as it came).
    """
    if not account.is_enabled:
        raise AccountDisabled("This account is switched off. Enable it in Provider Settings.")
    declared = registry.adapter_class(account.provider_id)
    if Capability.GET_ASSET not in declared.capabilities:
        raise UnsupportedOperation(
            f"{declared.display_name} cannot be asked for single items.", provider_id=account.provider_id
        )
    adapter = registry.adapter(account)
    items: list[AssetDrift] = []
    for asset in _assets(account, asset_ids, sample):
        try:
            items.append(_look(adapter, asset))
        except ProviderError as error:
            accounts.record_failure(account, error, now=now)
            if not items:
                raise
            return DriftReport(account.pk, now, tuple(items), stopped_by=error)
    return DriftReport(account.pk, now, tuple(items))


def _assets(account: ProviderAccount, asset_ids: Sequence[int] | None, sample: int) -> list[Asset]:
    assets = Asset.objects.filter(owner_id=account.owner_id, account=account, media_type__in=_LISTS_OF_MEDIA).listed()
    if asset_ids is not None:
        assets = assets.filter(pk__in=asset_ids)
    return list(assets.defer("search_vector").newest_first()[: min(sample, SAMPLE_MAX)])


def _look(adapter: Adapter, asset: Asset) -> AssetDrift:
    def drift(comparison: Comparison, differences: tuple[Difference, ...] = (), reason: str = "") -> AssetDrift:
        return AssetDrift(asset.pk, asset.provider_asset_id, asset.description, comparison, differences, reason)

    try:
        record = adapter.get_asset(asset.provider_asset_id, remote_list=_LISTS_OF_MEDIA[asset.media_type])
    except JobNotFound:
        return drift(Comparison.NOT_FOUND, reason="The provider has no such item, or does not tell of it by its id.")
    except (ProtocolError, InvalidParameters) as error:
        return drift(Comparison.UNREADABLE, reason=error.message)
    differences = compare(asset.media_metadata, record.payload, expected=adapter.volatile_fields)
    has_drifted = any(not difference.is_expected for difference in differences)
    return drift(Comparison.DIFFERENT if has_drifted else Comparison.SAME, differences)


def _fields(payload: Any) -> dict[str, Any]:
    """Every value of a payload that is no container, by its path."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any, int]] = [("", payload, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        inner = _inner(value) if depth < DEPTH_MAX else None
        if inner is None:
            found[path] = value
        else:
            waiting += [(f"{path}.{key}" if path else key, item, depth + 1) for key, item in inner]
    return found


def _inner(value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [(str(index), item) for index, item in enumerate(value)]
    return None


def _difference(path: str, stored: Any, now: Any, expected: Mapping[str, str]) -> Difference | None:
    if _normal(stored) == _normal(now):
        return None
    return Difference(path, stored, now, _reason(path, stored, expected))


def _reason(path: str, stored: Any, expected: Mapping[str, str]) -> str:
    names = path.split(".")
    reason = next((expected[name] for name in names if name in expected), "")
    if not reason and is_blank(stored):
        return "It was not known when the payload was stored."
    return reason


def _normal(value: Any) -> Any:
    if value is False or is_blank(value):
        return None
    if isinstance(value, bool):
        return "1"
    if isinstance(value, str):
        return _normal_text(value.strip())
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) else value


def _normal_text(text: str) -> str:
    if not text.lower().startswith(("http://", "https://")):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    # Signatures stand in the query and differ at every call; schemes and slashes are spelled either way.
    return f"{parts.netloc.lower()}{unquote(parts.path)}"
