"""Record the items that an account's lists hold at the provider, and count them by what became of them here."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from assets.ingest.fitting import ID_LENGTH_MAX
from assets.ingest.results import Ingested
from common.json_storage import to_jsonb
from common.vocabulary import MediaType, NameKind, id_kind
from providers.records import InvalidItem, RemoteAsset

# Two parts of a statement that has an owner and a run in `run`, for a page's items in `item`. Items are written in the
# order of the unique index, so that two workers that write the same page wait for each other and do not deadlock; and
# only while their account exists.
ITEMS = """
SELECT * FROM unnest(%(item_keys)s::text[], %(item_asset_ids)s::bigint[], %(item_outcomes)s::text[])
  AS item(provider_asset_id, asset_id, outcome)
"""
RECORD = """
INSERT INTO assets_listeditem AS listed
  (owner_id, account_id, run_id, media_type, provider_asset_id, asset_id, is_unreadable, is_deleted)
SELECT run.owner_id, %(account_id)s, run.id, %(media_type)s, item.provider_asset_id, item.asset_id,
  item.outcome = 'invalid', item.outcome = 'deleted'
FROM run, item WHERE EXISTS (SELECT FROM providers_provideraccount WHERE id = %(account_id)s)
ORDER BY item.provider_asset_id
ON CONFLICT (account_id, media_type, provider_asset_id) DO UPDATE SET
  run_id = coalesce(EXCLUDED.run_id, listed.run_id), asset_id = coalesce(EXCLUDED.asset_id, listed.asset_id),
  is_unreadable = EXCLUDED.is_unreadable, is_deleted = EXCLUDED.is_deleted
"""

_RECORD_WINDOW = f"""
WITH run(owner_id, id) AS (SELECT %(owner_id)s::bigint, NULL::bigint), item AS ({ITEMS})
{RECORD}
"""

_FORGET = """
DELETE FROM assets_listeditem
WHERE account_id = %s AND media_type = ANY(%s) AND run_id IS DISTINCT FROM %s
"""

# What is here is found by the asset that the item had when it was read; for the few items that had none, or whose asset
# was merged or deleted since, by their ids. An item that is here counts as such, whether or not it can be read again.
_COUNT = """
WITH item AS (
  SELECT l.media_type, l.provider_asset_id, l.asset_id, l.is_unreadable, l.is_deleted, a.id AS found_id
  FROM assets_listeditem l LEFT JOIN assets_asset a ON a.id = l.asset_id AND NOT a.is_stub
  WHERE l.account_id = %(account_id)s
), lost AS MATERIALIZED (
  SELECT * FROM item WHERE found_id IS NULL
), found_again AS (
  SELECT lost.media_type, lost.provider_asset_id, min(a.id) AS id
  FROM lost JOIN assets_asset a
    ON a.provider_asset_id = lost.provider_asset_id AND a.media_type = lost.media_type
  WHERE a.owner_id = %(owner_id)s AND a.provider_id = %(provider_id)s AND NOT a.is_stub
  GROUP BY lost.media_type, lost.provider_asset_id
), survived AS (
  SELECT merged.media_type, merged.provider_asset_id, min(a.id) AS id
  FROM (
    SELECT lost.media_type, lost.provider_asset_id, m.survivor_id
    FROM lost JOIN assets_assetmerge m ON m.absorbed_id = lost.asset_id WHERE m.owner_id = %(owner_id)s
    UNION
    SELECT lost.media_type, lost.provider_asset_id, m.survivor_id
    FROM lost JOIN assets_assetmerge m ON m.absorbed_provider_asset_id = lost.provider_asset_id
    WHERE m.owner_id = %(owner_id)s
  ) AS merged JOIN assets_asset a ON a.id = merged.survivor_id AND a.media_type = merged.media_type
  WHERE a.provider_id = %(provider_id)s AND NOT a.is_stub
  GROUP BY merged.media_type, merged.provider_asset_id
), counted AS (
  SELECT item.media_type, coalesce(item.found_id, found_again.id, survived.id) AS here_id, item.is_unreadable,
    item.is_deleted OR EXISTS (
      SELECT FROM assets_tombstone t
      WHERE item.found_id IS NULL AND t.owner_id = %(owner_id)s AND t.provider_id = %(provider_id)s
        AND t.kind = {id_kind} AND t.value = item.provider_asset_id AND t.media_type = item.media_type
    ) AS is_deleted
  FROM item LEFT JOIN found_again USING (media_type, provider_asset_id)
  LEFT JOIN survived USING (media_type, provider_asset_id)
), partly_read AS (
{partly_read}
), gone AS (
  SELECT a.media_type, count(*) AS count
  FROM assets_asset a JOIN unnest(%(whole_media)s::text[], %(whole_since)s::timestamptz[]) AS whole(media_type, since)
    ON whole.media_type = a.media_type AND a.created_at < whole.since
  WHERE a.owner_id = %(owner_id)s AND a.account_id = %(account_id)s AND NOT a.is_stub
    AND NOT EXISTS (SELECT FROM counted WHERE counted.here_id = a.id)
  GROUP BY a.media_type
)
SELECT media_type, coalesce(listed.count, 0), coalesce(here, 0), coalesce(deleted, 0), coalesce(unreadable, 0),
  coalesce(gone.count, 0), coalesce(partly_read.count, 0)
FROM (
  SELECT media_type, count(*) AS count, count(here_id) AS here,
    count(*) FILTER (WHERE here_id IS NULL AND is_deleted) AS deleted,
    count(*) FILTER (WHERE here_id IS NULL AND NOT is_deleted AND is_unreadable) AS unreadable
  FROM counted GROUP BY media_type
) AS listed FULL JOIN gone USING (media_type) FULL JOIN partly_read USING (media_type)
"""


# The kind of the name that is an item's ID.
_ID_KIND = (
    "CASE item.media_type"
    + "".join(f" WHEN '{media}' THEN '{id_kind(media)}'" for media in (MediaType.IMAGE, MediaType.AUDIO))
    + f" ELSE '{NameKind.ID}' END"
)

# Counts the whole library, so it is left out when all lists were read to their end.
_PARTLY_READ = """
  SELECT media_type, COUNT(*) AS count FROM assets_asset
  WHERE owner_id = %(owner_id)s AND account_id = %(account_id)s AND media_type = ANY(%(partly_read)s) AND NOT is_stub
  GROUP BY media_type
"""
_NONE_PARTLY_READ = "SELECT '' AS media_type, 0 AS count WHERE false"


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """The items of one list at the provider, and the assets that it no longer lists.

    `there` is the sum of `here`, `missing`, `deleted_here` and `unreadable`; it is None while the list was not read,
    and `missing` is 0 then. An unreadable item that is in the library or was deleted here counts as that.
    `no_longer_there` counts assets of the account that are not among `there`.
    """

    there: int | None
    here: int
    missing: int = 0
    deleted_here: int = 0
    unreadable: int = 0
    no_longer_there: int = 0


@dataclass(frozen=True, slots=True)
class ListedPage:
    """The items of one page of a list, each once: its key, and what became of it or in a scan would become.

    `keys` are the items' IDs, and digests of the data of those that have none.
    """

    media_type: MediaType
    keys: tuple[str, ...] = ()
    outcomes: tuple[Ingested, ...] = ()

    @classmethod
    def of(
        cls, items: Sequence[RemoteAsset | InvalidItem], outcomes: Sequence[Ingested], media_type: MediaType
    ) -> ListedPage:
        """Return the items without those that the page repeats."""
        found: dict[str, Ingested] = {}
        for item, outcome in zip(items, outcomes, strict=True):
            found.setdefault(item_key(outcome.provider_asset_id, item.payload), outcome)
        return cls(media_type, tuple(found), tuple(found.values()))

    def parameters(self, account_id: int | None) -> dict[str, Any]:
        """Return the parameters of ITEMS and RECORD."""
        return {
            "account_id": account_id,
            "media_type": self.media_type,
            "item_keys": list(self.keys),
            "item_asset_ids": [outcome.asset_id for outcome in self.outcomes],
            "item_outcomes": [outcome.outcome.value for outcome in self.outcomes],
        }


def item_key(provider_asset_id: str, payload: Any) -> str:
    """Return an item's ID, or a digest of its data when it has none that can be stored."""
    if provider_asset_id and len(provider_asset_id) <= ID_LENGTH_MAX and provider_asset_id.isprintable():
        return provider_asset_id
    storable, _ = to_jsonb(payload)
    text = f"{provider_asset_id} {to_jsonb(storable)[1]}"
    return f"#{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()}"


def record_window(account_id: int, page: ListedPage, *, owner_id: int) -> None:
    """Record that the provider lists the items of a single window; one statement, none for an empty window."""
    if page.keys:
        with connection.cursor() as cursor:
            cursor.execute(_RECORD_WINDOW, {"owner_id": owner_id, **page.parameters(account_id)})


def forget_unlisted(account_id: int, *, media_types: Collection[MediaType], run_id: int) -> None:
    """Delete the items that a run did not read although it has read all of their lists to the end."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [account_id, list(media_types), run_id])


def count_listed(
    account_id: int,
    *,
    owner_id: int,
    provider_id: str,
    whole_since: Mapping[MediaType, datetime],
    remote_totals: Mapping[MediaType, int | None],
) -> dict[MediaType, ItemCounts]:
    """Count the listed items of an account by media type; one statement.

    Of a list that was never read to its end, the items that were not read are missing as far as the provider's own
    total tells, and all assets of the account are here.

    Args:
        account_id: the account.
        owner_id: its owner.
        provider_id: its provider.
        whole_since: when the last run began that has read all lists of a media type to the end. Assets that are older
            and not listed are no longer at the provider.
        remote_totals: for each other media type of the account the provider's own total, None when it gives none.
    """
    parameters: dict[str, Any] = {
        "account_id": account_id,
        "owner_id": owner_id,
        "provider_id": provider_id,
        "whole_media": list(whole_since),
        "whole_since": list(whole_since.values()),
        "partly_read": list(remote_totals),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT.format(id_kind=_ID_KIND, partly_read=_PARTLY_READ if remote_totals else _NONE_PARTLY_READ),
            parameters,
        )
        rows = {MediaType(media_type): counts for media_type, *counts in cursor.fetchall()}
    nothing = (0,) * 6
    return {
        **{media_type: _counts(*rows.get(media_type, nothing)) for media_type in whole_since},
        **{
            media_type: _partly_read_counts(total, *rows.get(media_type, nothing))
            for media_type, total in remote_totals.items()
        },
    }


def _counts(there: int, here: int, deleted: int, unreadable: int, gone: int, _imported: int) -> ItemCounts:
    return ItemCounts(
        there=there,
        here=here,
        missing=there - here - deleted - unreadable,
        deleted_here=deleted,
        unreadable=unreadable,
        no_longer_there=gone,
    )


def _partly_read_counts(
    total: int | None, read: int, here: int, deleted: int, unreadable: int, _gone: int, imported: int
) -> ItemCounts:
    if total is None:
        return ItemCounts(there=None, here=max(here, imported))
    missing = read - here - deleted - unreadable
    here = max(here, imported)
    there = max(total, here + deleted + unreadable + missing)
    return _counts(there, here, deleted, unreadable, 0, imported)
