"""Find assets by their Stemma id, by an identifier at a provider, or by words."""

from __future__ import annotations

from assets.models import Asset, AssetQuerySet, Reference
from assets.word_search import first_page, has_words
from providers.registry import provider_ids


def find_by_identifier(owner_id: int, name: str, *, among: AssetQuerySet | None = None) -> Asset | None:
    """Return the asset with this Stemma id or, failing that, this name at a provider; None when there is none.

    Args:
        owner_id: whose asset.
        name: a Stemma id, or an identifier of any kind.
        among: the owner's assets to choose from; None for all.
    """
    assets = (Asset.objects.filter(owner_id=owner_id) if among is None else among).without_payload()
    if name.isascii() and name.isdigit() and len(name) < 19 and (asset := assets.filter(pk=int(name)).first()):
        return asset
    if "\x00" in name:
        return None
    names = Reference.objects.identified_by(name, provider_ids=provider_ids()).filter(owner_id=owner_id)
    return assets.filter(pk__in=names.values("asset_id")).order_by("is_stub", "pk").first()


def search(owner_id: int, text: str, *, limit: int) -> list[Asset]:
    """Find assets by their id or by words of their prompt or title, without payloads.

    Args:
        owner_id: whose assets.
        text: a Stemma id, an identifier at a provider, or words; "" finds the newest assets, without stubs.
        limit: how many assets at most.

    Returns:
        The asset with that id first, then those with the words, newest first.
    """
    assets = Asset.objects.filter(owner_id=owner_id).without_payload().newest_first()
    if not text.strip():
        return list(assets.listed()[:limit])
    exact = find_by_identifier(owner_id, text)
    similar = first_page(assets.filter(has_words(text)), owner_id, text=text, limit=limit)
    found = {asset.pk: asset for asset in ([exact] if exact else []) + similar}
    return list(found.values())[:limit]
