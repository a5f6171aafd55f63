"""Walks a whole Pixverse list without gaps while items come and go, then looks behind the service's own window of time.

Offsets count from the newest item, so what is made or deleted meanwhile shifts all the rest. A walk therefore remembers
what it handed out last, begins every window with some of that, and steps back when a window holds none of it.

Source: provider notes, Pixverse 2.3, 4.4 and 6 (Sync); provider contract, section 6.
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

# More than come to be in one second: within it the provider's order need not be that of the ids.
REMEMBERED_MAX = 16

# A window without overlap is read again from this many items further up, then from five times as many.
STEP_BACK, STEP_BACK_GROWTH = 10, 5

# One page asks no more often than this; what brings nothing so often is handed back as an empty page with a position.
REQUESTS_MAX = 50

# As many empty pages in a row are 1,000 requests without any news: the list grows faster than it is read, or goes in
# circles.
IDLE_PAGES_MAX = 20

# The same window that often in a row: the server does not look at the offset.
REPEATS_MAX = 2

# Without times asked for, the service seems to leave out what is old. That is a report by third parties, and so is the
# way around it: windows of about 90 days, back in time, until several in a row bring nothing. One last window holds all
# time before, since people pause for longer; that the service answers one so wide is a guess, and costs one request.
SWEEP_SECONDS = int(timedelta(days=90).total_seconds())
EMPTY_SWEEPS_MAX = 3

# Times are told in whole seconds, and whether the ends count is not known: windows share a second.
SHARED_SECONDS = 1

# A row newer than the window asked for by more than any clock is off: the server does not look at the times.
STRAY_SECONDS = int(timedelta(days=1).total_seconds())

# Ids count from this moment, so nothing can be older.
EPOCH = ID_EPOCH_MS // 1000

_NUMBER_DIGITS_MAX = 10


@dataclass(frozen=True, slots=True)
class Place:
    """All that a walk remembers between two pages.

    `offset` is the first row not read yet. `trailing` counts the rows without id that were handed out after the last
    one that has an id, `idle` the pages in a row that were empty. `until` is the end of the 90 days being swept, in
    Unix seconds, 0 while the list is read without times; `bare` counts swept windows in a row that brought nothing,
    and `found` is 1 when the present one has brought something. `oldest_at` is when the last item handed out was made,
    in Unix seconds, 0 for not known. `recent` are the ids handed out last, in that order.
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
        """The place as a position of the part with this key; some 430 characters at most."""
        numbers = (str(getattr(self, name)) for name in _NUMBERS)
        return "/".join((key, *numbers, "-".join(map(str, self.recent))))

    @classmethod
    def read(cls, position: str, key: str) -> Place:
        """The place that was written as a position of this part; "" is the beginning. Raises ValueError."""
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
            raise ValueError("That is no position of a walk.")
        place = cls(**dict(zip(_NUMBERS, map(int, numbers), strict=True)), recent=tuple(map(int, ids)))
        # Only what is spelled as it was written is taken, for this part and no other.
        if place.written(key) != position:
            raise ValueError("That is a position of another list.")
        return place


_NUMBERS = tuple(field.name for field in fields(Place) if field.name != "recent")


class Walk:
    """One page of a walk while it is being read.

    Args:
        client: asks for windows.
        extractor: knows the ids in rows.
        item: makes a row what a page holds.
        tab, source: which list.
        place: where the page begins.
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
        """Ask until a window brings something new, the walk ends, or it has been asked often enough."""
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
        # Known rows come on top of those wanted; after a window of nothing but known ones, who can tell how many.
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
        """Hand out what a window brings, and move on: below it, to the next stage, or to the end."""
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
            # No answer reaches further than one may ask, whatever it says.
            offset = min(window.next_offset, start + self._tab.window_max)
            self._go_on(place, offset, ids, has_news=bool(taken))
        elif window.is_stalled:
            self._give_up()
        else:
            # A list that held something, and is empty now from its very beginning, is as likely ill as emptied.
            self._is_complete = self._is_complete and (bool(ids) or place.offset == 0)
            self._place = _next_stage(place)
            self._last_ids = None

    def _go_on(self, place: Place, offset: int, ids: list[int], *, has_news: bool) -> None:
        # That there is more below no rows at all cannot be; the same question is asked again.
        self._place = replace(place, offset=offset) if ids else place
        if has_news:
            return
        self._repeats = self._repeats + 1 if ids == self._last_ids else 0
        self._last_ids = ids
        if self._repeats >= REPEATS_MAX:
            self._give_up()

    def _give_up(self) -> None:
        self._place, self._is_complete = None, False

    def _after(self, place: Place, window: Window, ids: list[int], taken: list[int]) -> Place:
        """The place once these rows of a window have been handed out."""
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
        """Whether rows came that are newer than what was asked for."""
        first = next((index for index, number in enumerate(ids) if number), None)
        return first is not None and self._made_at(window.rows[first]) > place.until + STRAY_SECONDS

    def _made_at(self, row: Any) -> int:
        item = self._item(row)
        made_at = item.provider_created_at if isinstance(item, RemoteAsset) else None
        return max(int(made_at.timestamp()), 0) if made_at else 0


def _start(place: Place, back: int) -> int:
    """Where a window has to begin to hold the last item that was handed out, or `back` items above the unread ones."""
    return max(place.offset - max(back, 1 + place.trailing), 0)


def _known(place: Place, ids: list[int]) -> list[bool]:
    """Which rows were handed out, or are of something newer than this walk; rows without an id are not known.

    Ids sort by the time of making, so whatever has a larger id than those remembered is known. Only below a remembered
    row it may be new: of the same second, or in a list with an order of its own.
    """
    remembered = set(place.recent)
    newest = max(remembered, default=0)
    last = max((index for index, number in enumerate(ids) if number in remembered), default=len(ids))
    return [number in remembered or (0 < newest < number and index < last) for index, number in enumerate(ids)]


def _overlaps(place: Place, ids: list[int]) -> bool:
    """Whether a window joins on to what was handed out, so that nothing can be missing between."""
    first = next((index for index, number in enumerate(ids) if number), None)
    return first is not None and _known(place, ids)[first]


def _fresh(place: Place, ids: list[int], *, is_first: bool, is_last: bool) -> list[int]:
    """The rows of a window that were not handed out, by index; first and last say that it begins or ends the list.

    Rows without an id are told apart by their neighbors alone: above the first new row they have been handed out,
    except for those right above it that the walk has not counted.
    """
    known = _known(place, ids)
    new = [index for index, number in enumerate(ids) if number and not known[index]]
    begin = new[0] if new else len(ids)
    last_known = max((index for index in range(begin) if known[index]), default=-1)
    # What is below the last known row has not been read only if that row was the last one handed out.
    is_unread = bool(new) or is_last or (ids[last_known] == place.recent[-1] if last_known >= 0 else is_first)
    leading = list(range(last_known + 1, begin))[place.trailing :] if is_unread else []
    return leading + [index for index in range(begin, len(ids)) if not known[index]]


def _made_between(place: Place) -> tuple[int, int] | None:
    """The window of time being swept, Unix seconds; after several that brought nothing, all time before."""
    if not place.until:
        return None
    return (EPOCH if place.bare >= EMPTY_SWEEPS_MAX else max(place.until - SWEEP_SECONDS, EPOCH)), place.until


def _next_stage(place: Place) -> Place | None:
    """Where to go on when a list, or one window of its sweep, has been read to its end; None when that was all."""
    if not place.recent or not place.oldest_at:
        return None
    began_at = (_made_between(place) or (place.oldest_at,))[0]
    bare = place.bare + 1 if place.until and not place.found else 0
    if began_at <= EPOCH or bare > EMPTY_SWEEPS_MAX:
        return None
    return replace(place, offset=0, trailing=0, until=began_at + SHARED_SECONDS, bare=bare, found=0)


def _is_number(text: str, digits_max: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits_max
