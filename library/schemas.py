"""What the JSON API says of the library, of scans and of imports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Query, Schema

from assets.generation_parameters import PARAMETER_WORDS
from assets.models import Asset, Reference
from common.schemas import RowId
from common.vocabulary import AssetStatus, MediaType, NameKind, OperationType, Origin
from library.browse import LibraryFilter


class AssetSummary(Schema):
    """An asset as lists show it; text that is not known is "".

    `not_listed_since` is when the provider was first found not to list it any more, null while it does. `deleted_at` is
    set on a stub that stays of an asset deleted here, because others were made from it.
    """

    id: int
    provider_id: str
    provider_asset_id: str
    account_id: int | None
    media_type: MediaType
    status: AssetStatus
    origin: Origin
    is_stub: bool
    operation_type: OperationType
    description: str
    title: str
    prompt: str
    model_name: str
    remote_url: str
    thumbnail_url: str
    width: int | None
    height: int | None
    duration_seconds: float | None
    provider_created_at: datetime | None
    created_at: datetime
    updated_at: datetime
    not_listed_since: datetime | None
    deleted_at: datetime | None
    parent_count: int
    child_count: int


class ReferenceAnswer(Schema):
    """An identifier of the asset at a provider.

    `is_indirect` says that only a child's payload reports it; `is_hearsay` is its older name.
    """

    kind: NameKind
    value: str
    provider_id: str
    is_indirect: bool
    is_hearsay: bool

    @staticmethod
    def resolve_is_hearsay(reference: Reference) -> bool:
        """Return `is_indirect` under the field's older name."""
        return reference.is_indirect


class MergeAnswer(Schema):
    """Another asset that turned out to be this one."""

    absorbed_id: int | None
    absorbed_provider_asset_id: str
    merged_at: datetime


class AssetDetail(AssetSummary):
    """An asset with every name it has and the provider's payload as it came."""

    last_frame_url: str
    references: list[ReferenceAnswer]
    parameters: dict[str, Any]
    media_metadata: Any
    merges: list[MergeAnswer]

    @staticmethod
    def resolve_references(asset: Asset) -> list[Any]:
        """Its own names first."""
        return list(asset.references.order_by("is_indirect", "kind", "value", "pk"))

    @staticmethod
    def resolve_parameters(asset: Asset) -> dict[str, Any]:
        """The wishes that its payload names in words several providers use."""
        payload = asset.media_metadata if isinstance(asset.media_metadata, Mapping) else {}
        return {name: payload[name] for name in PARAMETER_WORDS if payload.get(name) not in (None, "")}

    @staticmethod
    def resolve_merges(asset: Asset) -> list[Any]:
        """The oldest merge first."""
        return list(asset.merges.defer("absorbed_payload").order_by("merged_at", "pk"))


class LibraryQuery(Schema):
    """What to list; what is left out shows everything. Days are inclusive, UTC.

    `made_from` and `used_in` name an asset by its id here or a name a provider has for it. `q` is words of the prompt
    or title, and among them `made-from:<asset>`, `used-in:<asset>`, `is:related`, `is:orphan` and `is:root`.
    `include_relatives` adds the parents and children of what matches.
    """

    provider_id: Annotated[str, Query(max_length=40, pattern=r"^[a-z0-9_-]*$")] = ""
    account_id: RowId | None = None
    media_type: MediaType | None = None
    operation_type: OperationType | None = None
    status: AssetStatus | None = None
    made_after: date | None = None
    made_before: date | None = None
    lineage: Literal["", "related", "orphan", "root"] = ""
    made_from: Annotated[str, Query(max_length=500)] = ""
    used_in: Annotated[str, Query(max_length=500)] = ""
    q: Annotated[str, Query(max_length=500)] = ""
    include_stubs: bool = False
    include_relatives: bool = False
    sort: Literal["newest", "oldest"] = "newest"

    def filter(self) -> LibraryFilter:
        """The same as the library reads it."""
        return LibraryFilter(
            provider_id=self.provider_id,
            account_id=self.account_id,
            media_type=self.media_type or "",
            operation_type=self.operation_type or "",
            status=self.status or "",
            made_after=self.made_after,
            made_before=self.made_before,
            lineage=self.lineage,
            made_from=self.made_from,
            used_in=self.used_in,
            text=self.q,
            show_stubs=self.include_stubs,
            show_relatives=self.include_relatives,
            sort=self.sort,
        )


class AssetList(Schema):
    """A page of the library; `total` is counted only when asked for, and null otherwise."""

    items: list[AssetSummary]
    limit: int
    next_cursor: str | None
    previous_cursor: str | None
    total: int | None = None


class DeletionPreviewAnswer(Schema):
    """What deleting an asset would do, and what hangs on it.

    `stays_as_stub` says that others were made from it, so that its mark stays. `stub_ids` are the sources known only
    through it, which would go as well. `run_count` is of the runs whose reports name it.
    """

    asset_id: int
    stays_as_stub: bool
    parent_count: int
    child_count: int
    descendant_count: int
    name_count: int
    merge_count: int
    run_count: int
    stub_ids: list[int]
