"""Names of an asset that other assets have too, so that they identify none of them."""

from __future__ import annotations

from assets.models import Asset, Reference
from common.vocabulary import NameKind
from providers import registry
from providers.records import Name


def shared_names(asset: Asset) -> list[Name]:
    """Return the asset's own names that are set aside, because items with other IDs have them; one statement.

    Source: domain.md §2.
    """
    try:
        extractor = registry.extractor(asset.provider_id)
    except registry.UnknownProvider:
        return []
    names = extractor.references(asset.media_metadata) if isinstance(asset.media_metadata, dict) else ()
    if not names:
        return []
    rows = Reference.objects.with_names(asset.owner_id, asset.provider_id, names).filter(asset=None)
    return [Name(NameKind(kind), value) for kind, value in rows.order_by("kind", "value").values_list("kind", "value")]
