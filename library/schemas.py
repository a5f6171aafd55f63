"""JSON schemas of the library."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Query, Schema

from assets.generation_parameters import PARAMETER_WORDS
from assets.models import Asset, Reference
from assets.shared_names import shared_names
from common.schemas import Day, Flag, RowId
from common.vocabulary import AssetStatus, MediaType, NameKind, OperationType, Origin
from library.browse import LibraryFilter


class AssetSummary(Schema):
    """An asset in lists; unknown text is "".

    `own_title` is the owner's, `title` the provider's; `description` is the first of `own_title`, `title` and `prompt`.
    `not_listed_since` is when a full import first did not find it at the provider, null while it is listed.
    `deleted_at` is set on a stub that replaces an asset you deleted, because other assets were made from it.
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
    own_title: str
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


class SharedNameAnswer(Schema):
    """An identifier that other assets have too, so that it identifies none of them."""

    kind: NameKind
    value: str


class MergeAnswer(Schema):
    """Another asset that was merged into this one."""

    absorbed_id: int | None
    absorbed_provider_asset_id: str
    merged_at: datetime


class AssetDetail(AssetSummary):
    """An asset with all its identifiers and the provider's unchanged payload."""

    last_frame_url: str
    references: list[ReferenceAnswer]
    shared_names: list[SharedNameAnswer]
    parameters: dict[str, Any]
    media_metadata: Any
    merges: list[MergeAnswer]

    @staticmethod
    def resolve_references(asset: Asset) -> list[Any]:
        """Return references, the asset's own first."""
        return list(asset.references.order_by("is_indirect", "kind", "value", "pk"))

    @staticmethod
    def resolve_shared_names(asset: Asset) -> list[Any]:
        """Return the identifiers that are set aside."""
        return list(shared_names(asset))

    @staticmethod
    def resolve_parameters(asset: Asset) -> dict[str, Any]:
        """Return the generation parameters of its payload."""
        payload = asset.media_metadata if isinstance(asset.media_metadata, Mapping) else {}
        return {name: payload[name] for name in PARAMETER_WORDS if payload.get(name) not in (None, "")}

    @staticmethod
    def resolve_merges(asset: Asset) -> list[Any]:
        """Return merges, the oldest first."""
        return list(asset.merges.defer("absorbed_payload").order_by("merged_at", "pk"))


class LibraryQuery(Schema):
    """Filters of the library; an omitted one does not filter. Days are inclusive, in your time zone.

    `made_from` and `used_in` identify an asset by its Stemma ID or an identifier at a provider. `q` is words of the
    prompt or title, or an identifier, whose asset is then the first item. It may contain `made-from:<asset>`,
    `used-in:<asset>`, `is:related`, `is:orphan` and `is:root`. `include_relatives` adds the parents and children of
    the matches.
    """

    provider_id: Annotated[str, Query(max_length=40, pattern=r"^[a-z0-9_-]*$")] = ""
    account_id: RowId | None = None
    media_type: MediaType | None = None
    operation_type: OperationType | None = None
    status: AssetStatus | None = None
    made_after: Day | None = None
    made_before: Day | None = None
    lineage: Literal["", "related", "orphan", "root"] = ""
    made_from: Annotated[str, Query(max_length=500)] = ""
    used_in: Annotated[str, Query(max_length=500)] = ""
    q: Annotated[str, Query(max_length=500)] = ""
    include_stubs: Flag = False
    include_relatives: Flag = False
    sort: Literal["newest", "oldest"] = "newest"

    def filter(self) -> LibraryFilter:
        """Return the filter for `browse`."""
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
    """A page of the library; `total` is null unless `with_total` is set."""

    items: list[AssetSummary]
    limit: int
    next_cursor: str | None
    previous_cursor: str | None
    total: int | None = None


class DeletionPreviewAnswer(Schema):
    """Consequences of deleting an asset.

    `stays_as_stub` is true when other assets were made from it, so that a stub is kept. `stub_ids` are stubs above it
    without other children, which would also be deleted. `run_count` is of the runs whose reports mention it.
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
