"""JSON API of the drift check."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field, Strict

from assets.drift.check import SAMPLE_MAX, AssetDrift, Comparison, DriftReport, Paths, check, check_paths
from common.errors import raises
from common.schemas import JSON_WHOLE, Body, RowId
from providers.credentials.sealing import WrongCredentialsKey
from providers.errors import AccountDisabled, ProviderError
from providers.lookups import account_or_404
from providers.pace import waiting_clock

router = Router(tags=["library"])


class WhatToCompare(StrEnum):
    """Stored data with the provider's current data (`stored`), or list with detail responses (`paths`)."""

    STORED = "stored"
    PATHS = "paths"


class DriftRequest(Body):
    """The comparison, and the number of the account's newest assets or items."""

    compare: WhatToCompare = WhatToCompare.STORED

    limit: Annotated[int, Strict(), Field(ge=1, le=SAMPLE_MAX), JSON_WHOLE] = 50


class DifferenceAnswer(Schema):
    """One field; null also means a missing field. `expected_because` is "" when there is no explanation."""

    field: str
    stored: Any
    now: Any
    expected_because: str


class AssetDriftAnswer(Schema):
    """One asset and its differences; `reason` says why nothing was compared.

    `stored` and `now` of its differences are the first and the second of its `paths`.
    """

    asset_id: int | None
    provider_asset_id: str
    paths: Paths
    comparison: Comparison
    reason: str
    differences: list[DifferenceAnswer]


class DriftAnswer(Schema):
    """Result of the check; `stopped_by` is the error that ended it early."""

    provider_id: str
    account_id: int
    checked_at: datetime
    compared: int
    same: int
    different: int
    not_found: int
    unreadable: int
    unexpected_count: int
    expected_by_reason: dict[str, int]
    stopped_by: str
    items: list[AssetDriftAnswer]


@router.post("/providers/{provider_id}/accounts/{account_id}/drift", response=DriftAnswer)
@raises(ProviderError, AccountDisabled, WrongCredentialsKey)
def check_account_drift(
    request: HttpRequest, provider_id: str, account_id: RowId, payload: DriftRequest
) -> dict[str, Any]:
    """Compare the stored data of an account's newest assets with the provider's current data; writes nothing.

    With `paths`, compare the newest items of its lists with their detail responses, and merged assets with their
    survivors. Each item is fetched separately, paced for the account, so the response may take a while.
    """
    account = account_or_404(request, provider_id, account_id)
    ask = check_paths if payload.compare is WhatToCompare.PATHS else check
    report = ask(account, sample=payload.limit, clock=waiting_clock())
    return {"provider_id": account.provider_id, **_answer(report)}


def _answer(report: DriftReport) -> dict[str, Any]:
    return {
        "account_id": report.account_id,
        "checked_at": report.checked_at,
        "compared": len(report.items),
        **{name.value: report.count(name) for name in Comparison},
        "unexpected_count": report.unexpected_count,
        "expected_by_reason": report.expected_by_reason,
        "stopped_by": report.stopped_by.message if report.stopped_by else "",
        "items": [_item(item) for item in report.items],
    }


def _item(item: AssetDrift) -> dict[str, Any]:
    return {
        "asset_id": item.asset_id,
        "provider_asset_id": item.provider_asset_id,
        "paths": item.paths,
        "comparison": item.comparison,
        "reason": item.reason,
        "differences": [
            {
                "field": difference.field,
                "stored": difference.stored,
                "now": difference.now,
                "expected_because": difference.expected_because,
            }
            for difference in item.differences
        ],
    }
