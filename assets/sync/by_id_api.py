"""JSON API for importing single items by ID."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from assets.sync.by_id import IDS_MAX, ByIdOutcome, ByIdReport, import_by_id
from common.errors import raises
from common.schemas import Body, JsonBool, RowId
from common.vocabulary import MediaType
from providers.base import MEDIA_OF_LIST
from providers.credentials.sealing import WrongCredentialsKey
from providers.errors import AccountDisabled, ProviderError
from providers.lookups import account_or_404
from providers.pace import waiting_clock
from providers.registry import adapter_class, provider_ids

router = Router(tags=["library"])

ProviderAssetId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S")]


def _fetchable(schema: dict[str, Any]) -> None:
    """Describe the types that a provider returns by ID; others are refused."""
    lists = {kind for name in provider_ids() for kind in adapter_class(name).fetchable_by_id}
    schema.clear()
    schema |= {"type": "string", "enum": sorted(MEDIA_OF_LIST[kind] for kind in lists)}


Fetchable = Annotated[MediaType, Field(json_schema_extra=_fetchable)]


class ByIdRequest(Body):
    """Items to import; without `media_type` each type is tried. `bring_back` also restores items that you deleted."""

    ids: Annotated[list[ProviderAssetId], Field(min_length=1, max_length=IDS_MAX)]
    media_type: Fetchable | None = None
    create_lineage: JsonBool = False
    bring_back: JsonBool = False


class ByIdItemAnswer(Schema):
    """Result for one ID; `deleted_at` is when you deleted the asset, for `deleted` only."""

    id: str
    outcome: ByIdOutcome
    asset_id: int | None
    reason: str
    deleted_at: datetime | None


class ByIdAnswer(Schema):
    """Results by ID, with counts; `stopped_by` is the error that ended the import early."""

    provider_id: str
    account_id: int
    created: int
    skipped_existing: int
    completed: int
    deleted: int
    invalid: int
    not_found: int
    stopped_by: str
    has_lineage_failed: bool
    items: list[ByIdItemAnswer]


@router.post("/providers/{provider_id}/accounts/{account_id}/import-by-id", response=ByIdAnswer)
@raises(ProviderError, AccountDisabled, WrongCredentialsKey)
def import_account_items_by_id(
    request: HttpRequest, provider_id: str, account_id: RowId, payload: ByIdRequest
) -> dict[str, Any]:
    """Import single items by ID, listed or not; builds lineage only with `create_lineage`.

    Each item is fetched separately, paced for the account, so the response may take a while.
    """
    account = account_or_404(request, provider_id, account_id)
    report = import_by_id(
        account,
        payload.ids,
        media_type=payload.media_type,
        create_lineage=payload.create_lineage,
        restore=payload.bring_back,
        clock=waiting_clock(),
    )
    return {"provider_id": account.provider_id, "account_id": account.pk, **_answer(report)}


def _answer(report: ByIdReport) -> dict[str, Any]:
    return {
        "created": report.count(ByIdOutcome.CREATED),
        "skipped_existing": report.count(ByIdOutcome.EXISTING),
        "completed": report.count(ByIdOutcome.COMPLETED),
        "deleted": report.count(ByIdOutcome.DELETED),
        "invalid": report.count(ByIdOutcome.INVALID),
        "not_found": report.count(ByIdOutcome.NOT_FOUND),
        "stopped_by": report.stopped_by.message if report.stopped_by else "",
        "has_lineage_failed": report.has_lineage_failed,
        "items": [
            {
                "id": item.provider_asset_id,
                "outcome": item.outcome,
                "asset_id": item.asset_id,
                "reason": item.reason,
                "deleted_at": item.deleted_at,
            }
            for item in report.items
        ],
    }
