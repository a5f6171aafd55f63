"""Find assets by words of their prompt or title, quickly for rare and for common words."""

from __future__ import annotations

from datetime import datetime

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from assets.models import Asset, AssetQuerySet
from assets.search_vector import WordQuery

NEXT = 5_000
"""Number of assets, in order of date, that a search tries first."""


def has_words(text: str) -> Q:
    """Build the condition that an asset contains all words of a text; leans on `assets_asset_search`.

    The last word is also the beginning of a word. No asset has the words of a text without letters and digits.
    """
    return Q(search_vector=WordQuery(text))


def first_page(
    assets: AssetQuerySet,
    owner_id: int,
    *,
    text: str,
    key: tuple[datetime, int] | None = None,
    newest_first: bool = True,
    limit: int,
) -> list[Asset]:
    """Return the first assets that contain the words of a text, in one statement or two.

    Args:
        assets: assets with `has_words`, filtered and ordered by date.
        owner_id: whose library.
        text: the same as of `has_words`.
        key: `made_at` and id of the last asset before the page, None for the first page.
        newest_first: the order of `assets`.
        limit: how many assets at most.
    """
    found = list(assets.filter(_is_next(owner_id, key, newest_first))[:limit])
    if len(found) < limit:
        found = list(assets.filter(_is_found(owner_id, text))[:limit])
    return found


def _is_next(owner_id: int, key: tuple[datetime, int] | None, newest_first: bool) -> Q:
    """Build the condition that an asset is among the first NEXT after the key: enough for a page of a common word.

    The number of assets with a word is not known beforehand: statistics do not cover rare words and beginnings of
    words. Reading in order of date until a page of a rare word is full takes seconds, and so does sorting all finds
    of a common one.
    """
    beyond = f"AND (ahead.made_at, ahead.id) {'<' if newest_first else '>'} (%s, %s)" if key else ""
    order = "ahead.made_at DESC, ahead.id DESC" if newest_first else "ahead.made_at, ahead.id"
    ahead = (
        f"SELECT ahead.made_at FROM assets_asset ahead WHERE ahead.owner_id = %s {beyond} ORDER BY {order} LIMIT {NEXT}"
    )
    until = ">= (SELECT min" if newest_first else "<= (SELECT max"
    is_next = f"assets_asset.made_at {until}(ahead.made_at) FROM ({ahead}) AS ahead)"
    return Q(RawSQL(is_next, [owner_id, *(key or ())], output_field=BooleanField()))  # noqa: S611 - the text is fixed


def _is_found(owner_id: int, text: str) -> Q:
    """Build the condition by assets_asset_search; the array keeps the planner from reading in order of date."""
    finds = "SELECT f.id FROM assets_asset f WHERE f.owner_id = %s AND f.search_vector @@ stemma_search_query(%s)"
    is_found = f"assets_asset.id = ANY(ARRAY({finds}))"
    return Q(RawSQL(is_found, [owner_id, text.replace("\x00", " ")], output_field=BooleanField()))  # noqa: S611 - the text is fixed
