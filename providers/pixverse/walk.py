"""Walk over a whole Pixverse list without gaps while items are added and deleted, including old items.

Offsets count from the newest item, so an item added or deleted during the walk shifts all others. A walk therefore
remembers the last items it returned, starts each window with some of them, and steps back when a window has none.
At the end of the list it sweeps windows of time, since the service seems to omit old items otherwise.

Source: provider notes, Pixverse §2.3, §4.4 and §6 (Sync); provider contract, section 6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from providers.base import Extractor
from providers.pixverse.client import PixverseClient, Source, Tab, Window
from providers.pixverse.extractor import ID_EPOCH_MS
from providers.pixverse.names import ID_DIGITS_MAX
from providers.records import InvalidItem, Page, RemoteAsset

# More than are created in one second: within a second the provider's order may differ from that of the IDs.
REMEMBERED_MAX = 16

# A window without overlap is requested again from this many items further up, then from five times as many.
STEP_BACK, STEP_BACK_GROWTH = 10, 5

# Maximum number of requests per page. When they bring nothing new, the page is empty and has a position.
REQUESTS_MAX = 50

# This many empty pages in a row are 1,000 requests without a new item: the list grows faster than it is read, or its
# pages repeat.
IDLE_PAGES_MAX = 20

# The same window this many times in a row: the server ignores the offset.
REPEATS_MAX = 2

# Without a time filter the service seems to omit old items, as third parties report. They also report the workaround:
# windows of about 90 days, back in time, until several in a row are empty. Source: provider notes, Pixverse §2.3, A.
# One last window covers all earlier time, since people pause for longer. That the service accepts such a wide window is
# a guess, and costs one request.
SWEEP_SECONDS = int(timedelta(days=90).total_seconds())
EMPTY_SWEEPS_MAX = 3

# Times are whole seconds, and whether the ends are inclusive is unknown: adjacent windows share a second.
SHARED_SECONDS = 1

# A row newer than the requested window by more than any clock error: the server ignores the time filter.
STRAY_SECONDS = int(timedelta(days=1).total_seconds())

# Start of the ID timestamps; no item can be older.
EPOCH = ID_EPOCH_MS // 1000

_NUMBER_DIGITS_MAX = 10

# Dates after this are wrong, and their times need not fit into a position.
YEAR_MAX = 2100


@dataclass(frozen=True, slots=True)
class Place:
    """State of a walk between two pages.

    `offset` is the first row not read yet. `trailing` counts the rows without an ID that were returned after the last
    one with an ID. `idle` counts consecutive empty pages. `until` is the end of the 90 days being swept, in Unix
    seconds; 0 while the list is read without a time filter. `bare` counts consecutive swept windows without new items;
    `found` is 1 when the current one has had some. `oldest_at` is the creation time of the last returned item, in Unix
    seconds, 0 when unknown. `recent` are the IDs returned last, in that order.
    """

    offset: int = 0
    trailing: int = 0
    idle: int = 0
    until: int = 0
    bare: int = 0
    found: int = 0
    oldest_at: int = 0
    recent: tuple[int, ...] = ()

    def written(self, key: str) -> str:
        """Encode the state as a position of the part with this key; about 430 characters at most."""
        numbers = (str(getattr(self, name)) for name in _NUMBERS)
        return "/".join((key, *numbers, "-".join(map(str, self.recent))))

    @classmethod
    def read(cls, position: str, key: str) -> Place:
        """Decode a position of this part; "" is the beginning. Raises ValueError for any other text."""
        if position == "":
            return cls()
        _, *numbers, recent = position.split("/")
        ids = recent.split("-") if recent else []
        is_sound = (
            len(numbers) == len(_NUMBERS)
            and len(ids) <= REMEMBERED_MAX
            and all(_is_number(text, _NUMBER_DIGITS_MAX) for text in numbers)
            and all(_is_number(text, ID_DIGITS_MAX) for text in ids)
        )
        if not is_sound:
            raise ValueError("Not a position of a walk.")
        place = cls(**dict(zip(_NUMBERS, map(int, numbers), strict=True)), recent=tuple(map(int, ids)))
        # Only the exact text that `written` returns is accepted, and only for this part.
        if place.written(key) != position:
            raise ValueError("A position of another list.")
        return place


_NUMBERS = tuple(field.name for field in fields(Place) if field.name != "recent")


class Walk:
    """State of one page of a walk while it is being read.

    Args:
        client: requests windows.
        extractor: finds the IDs of rows.
        item: parses a row.
        tab, source: the list.
        place: state at the beginning of the page.
        size: rows wanted, 1–100.
    """

    def __init__(
        self,
        client: PixverseClient,
        extractor: Extractor,
        item: Callable[[Any], RemoteAsset | InvalidItem],
        *,
        tab: Tab,
        source: Source,
        place: Place,
        size: int,
    ) -> None:
        self._client = client
        self._extractor = extractor
        self._item = item
        self._tab, self._source = tab, source
        self._size = size
        self._place: Place | None = place
        self._items: tuple[RemoteAsset | InvalidItem, ...] = ()
        self._total: int | None = None
        self._is_complete = True
        self._asked = 0
        self._last_ids: list[int] | None = None
        self._repeats = 0

    def page(self, key: str) -> Page:
        """Request windows until one has new rows, the walk ends, or the maximum number of requests is reached."""
        back = 0
        while self._place is not None and not self._items and self._asked < REQUESTS_MAX:
            start = _start(self._place, back)
            window = self._ask(self._place, start)
            ids = [int(self._extractor.identify(row) or 0) for row in window.rows]
            if start > 0 and not _overlaps(self._place, ids):
                back = back * STEP_BACK_GROWTH or max(STEP_BACK, self._place.offset - start + 1)
                continue
            back = 0
            self._take(self._place, start, window, ids)
        return Page(self._items, self._next(key), self._total, self._is_complete)

    def _next(self, key: str) -> str | None:
        if self._place is None:
            return None
        idle = 0 if self._items else self._place.idle + 1
        if idle > IDLE_PAGES_MAX:
            self._give_up()
            return None
        return replace(self._place, idle=idle).written(key)

    def _ask(self, place: Place, start: int) -> Window:
        # Known rows add to those wanted. After a window of known rows only, their number is unpredictable.
        limit = self._tab.window_max if self._last_ids else self._size + place.offset - start
        window = self._client.list_window(
            self._tab,
            self._source,
            offset=start,
            limit=min(limit, self._tab.window_max),
            made_between=_made_between(place),
        )
        self._asked += 1
        if not place.until:
            self._total = window.total
        return window

    def _take(self, place: Place, start: int, window: Window, ids: list[int]) -> None:
        """Return the new rows of a window, and advance: below it, to the next stage, or to the end."""
        if place.until and self._is_stray(place, window, ids):
            self._place = None
            return
        fresh = _fresh(place, ids, is_first=start == 0, is_last=window.next_offset is None)
        taken = fresh[: self._size]
        if taken:
            self._items = tuple(self._item(window.rows[index]) for index in taken)
            place = self._after(place, window, ids, taken)
        if len(taken) < len(fresh):
            self._place = replace(place, offset=start + taken[-1] + 1)
        elif window.next_offset is not None:
            # No response covers more than the maximum window, whatever its next offset is.
            offset = min(window.next_offset, start + self._tab.window_max)
            self._advance(place, offset, ids, has_new_rows=bool(taken))
        elif window.is_stalled:
            self._give_up()
        else:
            # A list that had items and is now empty from its beginning may be an error of the server.
            self._is_complete = self._is_complete and (bool(ids) or place.offset == 0)
            self._place = _next_stage(place)
            self._last_ids = None

    def _advance(self, place: Place, offset: int, ids: list[int], *, has_new_rows: bool) -> None:
        # A window without rows cannot have more below it; the same request is sent again.
        self._place = replace(place, offset=offset) if ids else place
        if has_new_rows:
            return
        self._repeats = self._repeats + 1 if ids == self._last_ids else 0
        self._last_ids = ids
        if self._repeats >= REPEATS_MAX:
            self._give_up()

    def _give_up(self) -> None:
        self._place, self._is_complete = None, False

    def _after(self, place: Place, window: Window, ids: list[int], taken: list[int]) -> Place:
        """Return the state after these rows of a window have been returned."""
        named = [index for index in taken if ids[index]]
        if not named:
            return replace(place, trailing=place.trailing + len(taken), found=1)
        return replace(
            place,
            trailing=sum(index > named[-1] for index in taken),
            found=1,
            oldest_at=self._made_at(window.rows[named[-1]]) or place.oldest_at,
            recent=(*place.recent, *(ids[index] for index in named))[-REMEMBERED_MAX:],
        )

    def _is_stray(self, place: Place, window: Window, ids: list[int]) -> bool:
        """Return True when the window has rows newer than requested."""
        first = next((index for index, number in enumerate(ids) if number), None)
        return first is not None and self._made_at(window.rows[first]) > place.until + STRAY_SECONDS

    def _made_at(self, row: Any) -> int:
        item = self._item(row)
        made_at = item.provider_created_at if isinstance(item, RemoteAsset) else None
        # A date far in the future is wrong, and no end of a window.
        return max(int(made_at.timestamp()), 0) if made_at and made_at.year <= YEAR_MAX else 0


def _start(place: Place, back: int) -> int:
    """Return the offset at which a window includes the last returned item, or `back` items above the unread ones."""
    return max(place.offset - max(back, 1 + place.trailing), 0)


def _known(place: Place, ids: list[int]) -> list[bool]:
    """Return for each row whether it was returned already or is newer than this walk; rows without an ID are not known.

    IDs sort by creation time, so rows with a larger ID than the remembered ones are known. Only below a remembered row
    they may be new: of the same second, or in a list with a different order.
    """
    remembered = set(place.recent)
    newest = max(remembered, default=0)
    last = max((index for index, number in enumerate(ids) if number in remembered), default=len(ids))
    return [number in remembered or (0 < newest < number and index < last) for index, number in enumerate(ids)]


def _overlaps(place: Place, ids: list[int]) -> bool:
    """Return True when a window overlaps the returned rows, so that no row can be missing between them."""
    first = next((index for index, number in enumerate(ids) if number), None)
    return first is not None and _known(place, ids)[first]


def _fresh(place: Place, ids: list[int], *, is_first: bool, is_last: bool) -> list[int]:
    """Return the indexes of the rows that were not returned yet.

    Rows without an ID are identified by their neighbors only: above the first new row they have been returned, except
    for those directly above it that `trailing` does not count. `is_first` and `is_last` are True when the window begins
    or ends the list.
    """
    known = _known(place, ids)
    new = [index for index, number in enumerate(ids) if number and not known[index]]
    begin = new[0] if new else len(ids)
    last_known = max((index for index in range(begin) if known[index]), default=-1)
    # Rows below the last known row are unread only if that row was the last one returned.
    is_unread = bool(new) or is_last or (ids[last_known] == place.recent[-1] if last_known >= 0 else is_first)
    leading = list(range(last_known + 1, begin))[place.trailing :] if is_unread else []
    return leading + [index for index in range(begin, len(ids)) if not known[index]]


def _made_between(place: Place) -> tuple[int, int] | None:
    """Return the window of time being swept, in Unix seconds; after several empty ones, all earlier time."""
    if not place.until:
        return None
    return (EPOCH if place.bare >= EMPTY_SWEEPS_MAX else max(place.until - SWEEP_SECONDS, EPOCH)), place.until


def _next_stage(place: Place) -> Place | None:
    """Return the state after the end of a list, or of one window of its sweep; None at the end of the walk."""
    if not place.recent or not place.oldest_at:
        return None
    began_at = (_made_between(place) or (place.oldest_at,))[0]
    bare = place.bare + 1 if place.until and not place.found else 0
    if began_at <= EPOCH or bare > EMPTY_SWEEPS_MAX:
        return None
    return replace(place, offset=0, trailing=0, until=began_at + SHARED_SECONDS, bare=bare, found=0)


def _is_number(text: str, digits_max: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits_max
