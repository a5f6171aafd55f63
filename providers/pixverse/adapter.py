"""Adapter of Pixverse: account check, lists, whole-library walks and single items.

Source: provider notes, Pixverse §2.3, §2.4 and §2.7.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from common.vocabulary import Origin
from providers.base import (
    OFFSET_MAX,
    Adapter,
    Capability,
    Connection,
    CredentialField,
    InvalidPayload,
    ListPart,
    RemoteList,
    SignInMethod,
)
from providers.errors import (
    InvalidParameters,
    JobNotFound,
    PermissionDenied,
    ProtocolError,
    ProviderError,
    UnsupportedOperation,
)
from providers.pixverse.client import PROVIDER_ID, PixverseClient, Source, Tab, Window
from providers.pixverse.extractor import PixverseExtractor
from providers.pixverse.names import ID_DIGITS_MAX, clean_text
from providers.pixverse.volatile import VOLATILE_FIELDS
from providers.pixverse.walk import Place, Walk
from providers.records import AccountCheck, Balance, InvalidItem, Page, RemoteAsset

logger = logging.getLogger(__name__)

TABS = {RemoteList.VIDEOS: Tab.VIDEO, RemoteList.IMAGES: Tab.IMAGE, RemoteList.AUDIO: Tab.AUDIO}
SOURCES = {Origin.GENERATED: Source.CREATED, Origin.UPLOADED: Source.UPLOADED}
LIST_PARTS = {
    ListPart(remote_list, origin): (TABS[remote_list], SOURCES[origin]) for remote_list in TABS for origin in SOURCES
}
SIZE_MAX = 500
WALK_SIZE_MAX = 100
# The spendable balances, as the official client 1.2.10 (July 2026) reads them.
# Source: provider notes, Pixverse §2.7, and Pixverse account API observed, "Account".
BALANCES = {"credit_daily": "daily", "credit_monthly": "monthly", "credit_package": "package"}

# Above this a number of credits is wrong, and it could not be shown exactly.
_AMOUNT_MAX = 2**53

_UPLOADED = "uploaded:"


class PixverseAdapter(Adapter):
    """Adapter of one Pixverse account, through the account API.

    Each list has the generated items followed by the uploads, since the provider never mixes the two. A position is a
    decimal offset over both together, or `uploaded:<offset>` among the uploads.
    """

    provider_id: ClassVar[str] = PROVIDER_ID
    display_name: ClassVar[str] = "Pixverse"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(Capability)
    lists: ClassVar[tuple[RemoteList, ...]] = tuple(RemoteList)
    list_parts: ClassVar[tuple[ListPart, ...]] = tuple(LIST_PARTS)
    fetchable_by_id: ClassVar[tuple[RemoteList, ...]] = tuple(RemoteList)
    volatile_fields: ClassVar[Mapping[str, str]] = VOLATILE_FIELDS
    sign_in_methods: ClassVar[tuple[SignInMethod, ...]] = (
        SignInMethod(
            name="access_key",
            label="Access key",
            fields=(
                CredentialField(
                    name="access_key",
                    label="Access key",
                    help_text=(
                        "Create one in the Pixverse web app. Recommended: it keeps working when you sign in elsewhere."
                    ),
                ),
            ),
        ),
        SignInMethod(
            name="token",
            label="Web token",
            fields=(
                CredentialField(
                    name="token",
                    label="Web token",
                    help_text=(
                        "The value of the cookie _ai_token in a signed-in browser. It expires after about 30 days, or "
                        "as soon as you sign in again anywhere: Pixverse allows one web session per account."
                    ),
                ),
            ),
        ),
    )

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._client = PixverseClient(connection)
        self._extractor = PixverseExtractor()
        self._totals: dict[tuple[RemoteList, Source], int | None] = {}

    def check_account(self) -> AccountCheck:
        """Request balances, name and workspaces; amounts that the provider does not report are None."""
        balances = self._client.credits()
        user = self._client.user()
        return AccountCheck(
            display_name=clean_text(user.get("Nickname")) or clean_text(user.get("Username")),
            balances=tuple(Balance(kind, _amount(balances.get(key)), "credits") for key, kind in BALANCES.items()),
            workspaces=self._workspaces(),
        )

    def list_assets(self, remote_list: RemoteList, *, position: str, size: int) -> Page:
        """Return one window of a list: generated items, newest first, then uploads, newest first.

        Rows that cannot be parsed are returned as InvalidItem, in their place. `complete` is False when the provider's
        cursor did not advance. Raises InvalidParameters for an invalid position or size.
        """
        reading = self._begin(remote_list, position, size)
        if reading.source is Source.CREATED:
            self._read(reading)
            self._continue_with_uploads(reading)
        if reading.source is Source.UPLOADED:
            self._read(reading)
        return Page(
            items=tuple(self._item(row) for row in reading.rows),
            next=reading.next,
            total=self._total(remote_list),
            complete=not reading.is_stalled,
        )

    def walk(self, part: ListPart, *, position: str, size: int) -> Page:
        """Return one window of a walk over a whole list; see `Adapter.walk` and `providers.pixverse.walk`.

        A page may be empty and still have a `next`. `complete` is False when the provider's cursor does not advance or
        its pages repeat; the walk then ends. `total` is the total of the part, None during the search for old items.

        Raises:
            UnsupportedOperation: the part is not one of `list_parts`.
            InvalidParameters: the position or size is invalid.
        """
        if part not in LIST_PARTS:
            raise UnsupportedOperation(
                f"Pixverse has no list “{part.key}”.", provider_id=PROVIDER_ID, operation="walk_assets"
            )
        if not 1 <= size <= WALK_SIZE_MAX:
            message = f"The page size of a walk must be 1 to {WALK_SIZE_MAX}, not {size}."
            raise self._refused(message, operation="walk_assets")
        try:
            place = Place.read(position, part.key)
        except ValueError as error:
            message = f"{position[:100]!r} is not a position in {part.key}."
            raise self._refused(message, operation="walk_assets") from error
        tab, source = LIST_PARTS[part]
        walk = Walk(self._client, self._extractor, self._item, tab=tab, source=source, place=place, size=size)
        return walk.page(part.key)

    def get_asset(self, provider_asset_id: str, *, remote_list: RemoteList) -> RemoteAsset:
        """Return one item by its ID. Raises JobNotFound, also for uploaded videos and images."""
        number = self._number(provider_asset_id)
        try:
            return self._extractor.asset(self._detail(number, remote_list))
        except InvalidPayload as error:
            raise ProtocolError(
                f"Pixverse's response contains no item: {error}", provider_id=PROVIDER_ID, operation="get_asset"
            ) from error

    def _begin(self, remote_list: RemoteList, position: str, size: int) -> _Reading:
        digits = position.removeprefix(_UPLOADED) or ("0" if position == "" else "")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(OFFSET_MAX))):
            raise self._refused(f"{position!r} is not a position in a Pixverse list.")
        if not 1 <= size <= SIZE_MAX:
            raise self._refused(f"The page size must be 1 to {SIZE_MAX}, not {size}.")
        source = Source.UPLOADED if position.startswith(_UPLOADED) else Source.CREATED
        return _Reading(remote_list, source, offset=int(digits), wanted=size)

    def _read(self, reading: _Reading) -> None:
        """Request windows until the page is full, the source ends or its cursor does not advance."""
        tab = TABS[reading.remote_list]
        while reading.wanted > 0 and not reading.is_at_end:
            window = self._client.list_window(
                tab, reading.source, offset=reading.offset, limit=min(reading.wanted, tab.window_max)
            )
            self._totals[reading.remote_list, reading.source] = window.total
            is_repeated = not self._has_new_rows(window, reading)
            # A page is measured by its raw rows, parsable or not: filtering first made syncs stop early elsewhere.
            # Source: provider notes, Pixverse §6 (Sync).
            reading.rows.extend(window.rows)
            reading.wanted -= len(window.rows)
            if window.next_offset is None:
                reading.is_at_end = True
                reading.is_stalled = reading.is_stalled or window.is_stalled
            elif is_repeated:
                reading.is_at_end = reading.is_stalled = True
            else:
                reading.offset = window.next_offset

    def _has_new_rows(self, window: Window, reading: _Reading) -> bool:
        ids = {self._extractor.identify(row) for row in window.rows}
        has_new_rows = bool(ids - reading.seen_ids)
        # Rows without an ID cannot be distinguished, so they always count as new.
        reading.seen_ids |= ids - {""}
        return has_new_rows

    def _continue_with_uploads(self, reading: _Reading) -> None:
        if not reading.is_at_end:
            return
        began_beyond = reading.offset > 0 and not reading.rows and not reading.is_stalled
        offset = reading.offset - self._created_count(reading) if began_beyond else 0
        reading.source, reading.offset, reading.is_at_end = Source.UPLOADED, max(offset, 0), False
        if reading.wanted <= 0:
            # The page is full exactly where the uploads begin: `next` depends on whether there are any.
            reading.is_at_end = not self._peek(reading.remote_list, Source.UPLOADED).rows

    def _created_count(self, reading: _Reading) -> int:
        """Return the number of generated items: the provider's total, else by binary search over the offsets."""
        total = self._totals.get((reading.remote_list, Source.CREATED))
        if total is not None:
            return min(total, reading.offset)
        tab, low, high = TABS[reading.remote_list], 0, reading.offset
        while low < high:
            middle = (low + high) // 2
            if self._client.list_window(tab, Source.CREATED, offset=middle, limit=1).rows:
                low = middle + 1
            else:
                high = middle
        return low

    def _total(self, remote_list: RemoteList) -> int | None:
        """Return the sum of both sources' totals, None unless the provider gives both."""
        counts = [self._source_total(remote_list, source) for source in (Source.CREATED, Source.UPLOADED)]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def _source_total(self, remote_list: RemoteList, source: Source) -> int | None:
        if (remote_list, source) not in self._totals:
            self._totals[remote_list, source] = self._fetch_total(remote_list, source)
        return self._totals[remote_list, source]

    def _fetch_total(self, remote_list: RemoteList, source: Source) -> int | None:
        try:
            return self._peek(remote_list, source).total
        except ProviderError as error:
            # The total is only displayed; the page itself has already been fetched.
            logger.info("%s: no total of %s: %s", PROVIDER_ID, remote_list, error)
            return None

    def _peek(self, remote_list: RemoteList, source: Source) -> Window:
        window = self._client.list_window(TABS[remote_list], source, offset=0, limit=1)
        self._totals[remote_list, source] = window.total
        return window

    def _item(self, row: Any) -> RemoteAsset | InvalidItem:
        try:
            return self._extractor.asset(row)
        except InvalidPayload as error:
            return InvalidItem(self._extractor.identify(row), str(error), row)

    def _detail(self, number: int, remote_list: RemoteList) -> Any:
        if remote_list is RemoteList.VIDEOS:
            return self._client.video(number)
        if remote_list is RemoteList.IMAGES:
            return self._client.image(number)
        try:
            return self._client.audio(number, Source.CREATED)
        except JobNotFound:
            return self._client.audio(number, Source.UPLOADED)

    def _workspaces(self) -> tuple[str, ...]:
        try:
            names = (clean_text(workspace.get("name")) for workspace in self._client.workspaces())
            return tuple(name for name in names if name)
        except (JobNotFound, PermissionDenied):
            return ()  # Not all accounts and servers have workspaces.

    def _number(self, provider_asset_id: str) -> int:
        digits = provider_asset_id
        if not (digits.isascii() and digits.isdigit() and len(digits) <= ID_DIGITS_MAX and int(digits)):
            raise self._refused("Pixverse IDs are numbers.", operation="get_asset")
        return int(digits)

    def _refused(self, message: str, *, operation: str = "list_assets") -> InvalidParameters:
        return InvalidParameters(message, provider_id=PROVIDER_ID, operation=operation)


@dataclass(slots=True)
class _Reading:
    """State of a page while it is being read."""

    remote_list: RemoteList
    source: Source
    offset: int
    wanted: int
    rows: list[Any] = field(default_factory=list)
    seen_ids: set[str] = field(default_factory=set)
    is_at_end: bool = False
    is_stalled: bool = False

    @property
    def next(self) -> str | None:
        """Position of the next page, None at the end."""
        if self.source is Source.CREATED:
            return str(self.offset)
        return None if self.is_at_end else f"{_UPLOADED}{self.offset}"


def _amount(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _AMOUNT_MAX:
        return None
    return float(value)
