"""Browse the library: filters, order and paging by key."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from assets.lookup import find_by_identifier
from assets.models import Asset, AssetQuerySet
from assets.word_search import first_page, has_words
from common.calendar.days import end_of_day, start_of_day
from common.cursors import InvalidCursor, read_datetime
from library.search_syntax import SearchWords, UnknownAsset, read
from lineage.origins_impact.subqueries import Closure, closure_of

PAGE_SIZE_MAX = 200
MANY = 1_000
"""From this number of matches on, their relatives are not collected before a page is shown."""


_FAMILY = re.compile("(made-from|used-in):", re.IGNORECASE)
_NO_RELATIVES = Q(parent_count=0, child_count=0)
_LINEAGE = {"related": ~_NO_RELATIVES, "orphan": _NO_RELATIVES, "root": Q(parent_count=0, child_count__gt=0)}

# By whether the newest are first: the position before all assets, for a page that has only an identified one.
_START = {True: (datetime.max.replace(tzinfo=UTC), 2**63 - 1), False: (datetime.min.replace(tzinfo=UTC), 1)}


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """Filters and order of the library; a field at its default does not filter.

    `made_after` and `made_before` are days of the current time zone, both inclusive. `lineage` is "" for any, "related"
    for assets with a parent or child, "orphan" for those with neither, "root" for those with children only. `made_from`
    and `used_in` identify an asset by its Stemma id or any name at a provider, and select its descendants and its
    ancestors at any distance. `show_relatives` adds the parents and children of the matches. `sort` is "newest" or
    "oldest".

    `text` is words that the prompt or title must all contain, the last one also as the beginning of a word, without
    regard to case and accents. When it is an identifier as in `made_from`, its asset is the first. It may contain
    `made-from:<asset>`, `used-in:<asset>`, `is:related`, `is:orphan` and `is:root`, with the same meanings.
    """

    provider_id: str = ""
    account_id: int | None = None
    media_type: str = ""
    operation_type: str = ""
    status: str = ""
    made_after: date | None = None
    made_before: date | None = None
    lineage: str = ""
    made_from: str = ""
    used_in: str = ""
    text: str = ""
    show_stubs: bool = False
    show_relatives: bool = False
    sort: str = "newest"

    @property
    def is_heavy(self) -> bool:
        """Return whether relatives at any distance are searched, which can take seconds."""
        return bool(self.made_from or self.used_in or self.show_relatives) or _FAMILY.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """A page of assets without payloads, and the cursors of the neighboring pages, None at an end."""

    items: tuple[Asset, ...]
    next_cursor: str | None
    previous_cursor: str | None


def browse(owner_id: int, wanted: LibraryFilter, *, cursor: str, size: int) -> LibraryPage:
    """Return one page of an owner's library, in one statement at any depth, or up to four with a text.

    Args:
        owner_id: whose library.
        wanted: the filters and the order.
        cursor: "" for the first page, or an earlier page's `next_cursor` or `previous_cursor`.
        size: assets, 1–200.

    Raises:
        InvalidCursor: the cursor cannot be read.
        InvalidSearch: the text or an asset's name is not valid.
    """
    backwards, key = _read_cursor(cursor)
    newest_first = (wanted.sort != "oldest") is not backwards
    text, filtered = _words(wanted), _filtered(owner_id, wanted)
    identified = _identified(owner_id, wanted, filtered)
    assets = _matching(owner_id, wanted, filtered).select_related("account").without_payload()
    if identified:
        assets = assets.exclude(pk=identified.pk)
    if key is not None:
        assets = assets.filter(_beyond(key, newest_first))
    assets = assets.newest_first() if newest_first else assets.oldest_first()
    first = [identified] if identified and key is None else []
    room = size - len(first)
    if text and not wanted.show_relatives:
        found = first_page(assets, owner_id, text=text, key=key, newest_first=newest_first, limit=room + 1)
    else:
        found = list(assets[: room + 1])
    shown, has_more = found[:room], len(found) > room
    if backwards and identified and len(found) < size:
        return browse(owner_id, wanted, cursor="", size=size)
    if backwards:
        shown.reverse()
    has_previous = has_more or identified if backwards else key
    start = _START[newest_first]
    return LibraryPage(
        items=(*first, *shown),
        next_cursor=_cursor("next", _key(shown[-1]) if shown else start) if has_more or (shown and backwards) else None,
        previous_cursor=_cursor("previous", _key(shown[0])) if shown and has_previous else None,
    )


def matching(owner_id: int, wanted: LibraryFilter) -> AssetQuerySet:
    """Return every asset of an owner that matches a filter, in no order; without one that is only identified.

    Raises:
        InvalidSearch: the text or an asset's name is not valid.
    """
    return _matching(owner_id, wanted, _filtered(owner_id, wanted))


def count(owner_id: int, wanted: LibraryFilter) -> int:
    """Return the number of assets on all pages.

    Raises:
        InvalidSearch: the text or an asset's name is not valid.
    """
    filtered = _filtered(owner_id, wanted)
    identified = _identified(owner_id, wanted, filtered)
    found = _matching(owner_id, wanted, filtered)
    return found.exclude(pk=identified.pk).count() + 1 if identified else found.count()


def _matching(owner_id: int, wanted: LibraryFilter, filtered: AssetQuerySet) -> AssetQuerySet:
    found = filtered if wanted.show_stubs else filtered.listed()
    if text := _words(wanted):
        found = found.filter(has_words(text))
    if not wanted.show_relatives:
        return found
    # Ancestry is expensive to test asset by asset.
    are_many = not _ancestry_filters(wanted, read(wanted.text)) and len(found.values("pk")[:MANY]) == MANY
    is_near = _is_near_many(found) if are_many else _is_near_few(found)
    both = Asset.objects.filter(is_near, owner_id=owner_id)
    return both if wanted.show_stubs else both.listed()


def _words(wanted: LibraryFilter) -> str:
    """Return the text without operators."""
    return read(wanted.text).text.strip()


def _identified(owner_id: int, wanted: LibraryFilter, filtered: AssetQuerySet) -> Asset | None:
    """Return the asset that the text identifies, a stub too; None when there is none or other filters exclude it."""
    text = _words(wanted)
    return find_by_identifier(owner_id, text, among=filtered) if text and not wanted.show_relatives else None


def _filtered(owner_id: int, wanted: LibraryFilter) -> AssetQuerySet:
    """Return the assets that match all filters but the words, with stubs."""
    words = read(wanted.text)
    assets = Asset.objects.filter(owner_id=owner_id)
    for field_name in ("provider_id", "account_id", "media_type", "operation_type", "status"):
        if value := getattr(wanted, field_name):
            assets = assets.filter(**{field_name: value})
    if wanted.made_after:
        assets = assets.filter(made_at__gte=start_of_day(wanted.made_after))
    if wanted.made_before:
        assets = assets.filter(made_at__lt=end_of_day(wanted.made_before))
    for lineage in (wanted.lineage, *words.lineage):
        if lineage:
            assets = assets.filter(_LINEAGE[lineage])
    for field_name, name, is_up in _ancestry_filters(wanted, words):
        root = find_by_identifier(owner_id, name)
        if root is None:
            raise UnknownAsset(
                field_name,
                f"No asset with the ID “{name[:60]}”. Use an ID from the asset page.",
            )
        assets = assets.filter(_is_among(closure_of(root.pk, is_up=is_up)))
    return assets


def _is_near_few(matches: AssetQuerySet) -> Q:
    """Build the condition that an asset matches or is next to a match, for few matches: collects all of them first."""
    ids = matches.values("pk")
    parents = Asset.objects.filter(child_edges__child_id__in=ids).values("pk")
    children = Asset.objects.filter(parent_edges__parent_id__in=ids).values("pk")
    return Q(pk__in=ids.union(parents, children))


def _is_near_many(matches: AssetQuerySet) -> Q:
    """Build the same condition for many matches: tests asset by asset, so that a full page ends the query."""
    # >= and <= instead of =, which the planner would turn into a join over all matches.
    itself = OuterRef("pk")
    paths = ("pk", "parent_edges__parent_id", "child_edges__child_id")
    is_match, is_parent, is_child = (
        Exists(matches.filter(**{f"{path}__gte": itself, f"{path}__lte": itself})) for path in paths
    )
    return Q(is_match) | Q(is_parent) | Q(is_child)


def _is_among(closure: Closure) -> Q:
    # Inside COALESCE the planner does not turn the condition into a join: it hashes the ids once and looks each asset
    # up, so that the query for a page out of 100,000 relatives ends when the page is full.
    among = Q(pk__in=closure.ids)
    return Q(Coalesce(ExpressionWrapper(among, BooleanField()), False)) if closure.is_large else among


def _ancestry_filters(wanted: LibraryFilter, words: SearchWords) -> list[tuple[str, str, bool]]:
    """Return the ancestry filters: the field, the asset's name, and whether ancestors are selected."""
    asked = [("made_from", wanted.made_from, False), ("used_in", wanted.used_in, True)]
    asked += [("text", name, False) for name in words.made_from]
    asked += [("text", name, True) for name in words.used_in]
    return [relation for relation in asked if relation[1]]


def _beyond(key: tuple[datetime, int], newest_first: bool) -> Q:
    comparison = "<" if newest_first else ">"
    # Row values compare as one key, by assets_asset_newest.
    beyond = f"(assets_asset.made_at, assets_asset.id) {comparison} (%s, %s)"
    return Q(RawSQL(beyond, key, output_field=BooleanField()))  # noqa: S611 - the text is fixed


def _key(asset: Asset) -> tuple[datetime, int]:
    return asset.made_at, asset.pk


def _cursor(direction: str, key: tuple[datetime, int]) -> str:
    text = json.dumps([direction, key[0].isoformat(), key[1]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[bool, tuple[datetime, int] | None]:
    if not cursor:
        return False, None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        direction, made_at, asset_id = json.loads(text)
        key = (read_datetime(made_at), int(asset_id))
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise InvalidCursor("This page link has expired. Start again from the first page.") from error
    if direction not in ("next", "previous") or not 0 < key[1] < 2**63:
        raise InvalidCursor("This page link has expired. Start again from the first page.")
    return direction == "previous", key
