"""Browse the library: filters, order and paging by key."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from assets.models import Asset, AssetQuerySet

PAGE_SIZE_MAX = 200
WORDS_MAX = 16


class InvalidCursor(ValueError):
    """A cursor that this library never gave out."""


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """What to show; every field left at its default shows everything.

    `made_after` and `made_before` are days, both inclusive, UTC. `lineage` is "" for any, "related" for assets with a
    parent or child, "orphan" for those with neither. `text` is words that the prompt or title must all contain, the
    last one also as the beginning of a word. `sort` is "newest" or "oldest".
    """

    provider_id: str = ""
    account_id: int | None = None
    media_type: str = ""
    operation_type: str = ""
    status: str = ""
    made_after: date | None = None
    made_before: date | None = None
    lineage: str = ""
    text: str = ""
    show_stubs: bool = False
    sort: str = "newest"


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """A page of assets without their payloads, and where the neighboring pages begin; None at an end."""

    items: tuple[Asset, ...]
    next_cursor: str | None
    previous_cursor: str | None


def browse(owner_id: int, wanted: LibraryFilter, *, cursor: str, size: int) -> LibraryPage:
    """One page of an owner's library, in one statement at any depth.

    Args:
        owner_id: whose library.
        wanted: what to show, in which order.
        cursor: "" for the first page, or an earlier page's `next_cursor` or `previous_cursor`.
        size: assets, 1–200.

    Raises:
        InvalidCursor: the cursor is none of ours.
    """
    backwards, key = _read_cursor(cursor)
    newest_first = (wanted.sort != "oldest") is not backwards
    assets = matching(owner_id, wanted).select_related("account").without_payload()
    if key is not None:
        assets = assets.filter(_beyond(key, newest_first))
    assets = assets.newest_first() if newest_first else assets.oldest_first()
    found = list(assets[: size + 1])
    shown, has_more = found[:size], len(found) > size
    if backwards:
        shown.reverse()
    return LibraryPage(
        items=tuple(shown),
        next_cursor=_cursor(shown, "next") if shown and (has_more or backwards) else None,
        previous_cursor=_cursor(shown, "previous") if shown and (has_more if backwards else key) else None,
    )


def matching(owner_id: int, wanted: LibraryFilter) -> AssetQuerySet:
    """Every asset of an owner that a filter shows, in no order."""
    assets = Asset.objects.filter(owner_id=owner_id)
    if not wanted.show_stubs:
        assets = assets.listed()
    for field in ("provider_id", "account_id", "media_type", "operation_type", "status"):
        if value := getattr(wanted, field):
            assets = assets.filter(**{field: value})
    if wanted.made_after:
        assets = assets.filter(made_at__gte=datetime.combine(wanted.made_after, time.min, UTC))
    if wanted.made_before:
        assets = assets.filter(made_at__lte=datetime.combine(wanted.made_before, time.max, UTC))
    if wanted.lineage:
        is_orphan = Q(parent_count=0, child_count=0)
        assets = assets.filter(is_orphan if wanted.lineage == "orphan" else ~is_orphan)
    if terms := _terms(wanted.text):
        # Leans on assets_asset_search; words are quoted, so nothing a person types is an operator.
        has_words = "assets_asset.search_vector @@ to_tsquery('simple', %s)"
        assets = assets.filter(RawSQL(has_words, [terms], output_field=BooleanField()))  # noqa: S611 - a parameter
    return assets


def _terms(text: str) -> str:
    words = ["".join(char if char.isalnum() else " " for char in word) for word in text.split()]
    parts = [part for word in words for part in word.split()][:WORDS_MAX]
    return " & ".join(f"'{part}':*" if part is parts[-1] else f"'{part}'" for part in parts)


def _beyond(key: tuple[datetime, int], newest_first: bool) -> Q:
    comparison = "<" if newest_first else ">"
    # Row values compare as one key, by assets_asset_newest.
    beyond = f"(assets_asset.made_at, assets_asset.id) {comparison} (%s, %s)"
    return Q(RawSQL(beyond, key, output_field=BooleanField()))  # noqa: S611 - the text is fixed


def _cursor(shown: Sequence[Asset], direction: str) -> str:
    asset = shown[-1] if direction == "next" else shown[0]
    text = json.dumps([direction, asset.made_at.isoformat(), asset.pk])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[bool, tuple[datetime, int] | None]:
    if not cursor:
        return False, None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        direction, made_at, asset_id = json.loads(text)
        key = (datetime.fromisoformat(made_at), int(asset_id))
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise InvalidCursor("This page link is not one of ours; start from the first page.") from error
    if direction not in ("next", "previous") or key[0].tzinfo is None or not 0 < key[1] < 2**63:
        raise InvalidCursor("This page link is not one of ours; start from the first page.")
    return direction == "previous", key
