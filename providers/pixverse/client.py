"""Client of Pixverse's account API: endpoints, headers, response envelope and error codes.

Source: provider notes, Pixverse §1, §2 and §4.2, and the requests of the official command-line client 1.2.10, recorded
in July 2026 (provider notes, Pixverse account API observed).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn
from urllib.parse import urlsplit

from providers.base import Connection
from providers.errors import (
    Authentication,
    ConcurrencyLimited,
    ContentFiltered,
    InvalidParameters,
    JobNotFound,
    PermissionDenied,
    ProtocolError,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Unavailable,
)
from providers.http import STATUS_KINDS, Answer, HttpClient, Limits, retry_after_of

PROVIDER_ID = "pixverse"
BASE_URL = "https://app-api.pixverse.ai/creative_platform"
WEB_ORIGIN = "https://app.pixverse.ai"

# A code that is not listed becomes ProviderError itself, with the code kept. 400 is classified by its text.
# Source: provider notes, Pixverse §4.2; the classes of authentication, credits, concurrency, 500063 and workspaces are
# those of the official client 1.2.10 (July 2026).
ERROR_KINDS: dict[int, type[ProviderError]] = {
    429: RateLimited,
    10001: Authentication,
    10002: Authentication,
    10003: Authentication,
    10004: Authentication,
    10005: Authentication,
    10056: Authentication,
    400001: JobNotFound,
    400011: InvalidParameters,
    400012: Authentication,
    400013: InvalidParameters,
    400017: InvalidParameters,
    400018: InvalidParameters,
    400019: InvalidParameters,
    400032: InvalidParameters,
    400040: ContentFiltered,
    400101: ContentFiltered,
    500008: JobNotFound,
    500020: PermissionDenied,
    500030: InvalidParameters,
    500031: InvalidParameters,
    500032: InvalidParameters,
    500033: InvalidParameters,
    500041: InvalidParameters,
    500042: InvalidParameters,
    500043: QuotaExceeded,
    500044: ConcurrencyLimited,
    500045: QuotaExceeded,
    500047: JobNotFound,
    500052: ContentFiltered,
    500054: ContentFiltered,
    500060: QuotaExceeded,
    500063: ContentFiltered,
    500064: JobNotFound,
    500067: QuotaExceeded,
    500069: Unavailable,
    500070: InvalidParameters,
    500071: InvalidParameters,
    500090: QuotaExceeded,
    500100: Unavailable,
    500200: Authentication,
    500313: InvalidParameters,
    500323: QuotaExceeded,
    500400: PermissionDenied,
    500401: PermissionDenied,
    500402: PermissionDenied,
    500403: PermissionDenied,
    500404: PermissionDenied,
    701002: InvalidParameters,
    701003: InvalidParameters,
}

# Each web sign-in ends the previous web session; access keys are not affected. Source: provider notes, Pixverse §2.2.
SESSION_REPLACED = 10005
_CLASSIFIED_BY_TEXT = 400
_MODERATION_WORDS = ("moderation", "approved", "sensitive", "violat")
_RATE_WORDS = "too many login attempts"

MESSAGES: dict[type[ProviderError], str] = {
    Authentication: "Pixverse does not accept this account's sign-in.",
    QuotaExceeded: "The Pixverse account has no credits, or its plan does not include this.",
    PermissionDenied: "Pixverse does not allow this for the account.",
    JobNotFound: "Pixverse has no item with this ID, or has deleted it.",
    InvalidParameters: "Pixverse rejected the request.",
    RateLimited: "Pixverse's rate limit was reached.",
    ConcurrencyLimited: "The account has reached Pixverse's limit of running jobs.",
    ContentFiltered: "Blocked by Pixverse's moderation.",
    Unavailable: "Pixverse has a problem and could not process the request.",
}
_MESSAGE_REPLACED = "Another sign-in to Pixverse has replaced this one: it allows one web session per account."
_MESSAGE_UNKNOWN = "Pixverse returned an unknown error."
_MESSAGE_SHAPE = "Pixverse's response has an unexpected format."

# Totals and offsets above this are wrong: columns hold sums of several totals in 31 bits.
COUNT_MAX = 100_000_000

# Keys under which rows have been found. Source: provider notes, Pixverse §2.3, B.
_ROW_KEYS = ("data", "list", "image_list", "video_list", "items")


class Tab(Enum):
    """The three lists of the library, each with the maximum window size.

    Source: provider notes, Pixverse §2.3, A (limits of the official client 1.2.10, July 2026).
    """

    VIDEO = "video", 100
    IMAGE = "image", 100
    AUDIO = "audio", 50

    def __init__(self, word: str, window_max: int) -> None:
        self.word = word
        self.window_max = window_max


class Source(Enum):
    """`asset_source` of a list; the provider never mixes the two. Source: provider notes, Pixverse §2.3, A."""

    UPLOADED = 0
    CREATED = 1


class Generation(Enum):
    """The three generations of list endpoints, newest first.

    LIBRARY is used by the web app (June to July 2026) and by the official client 1.2.10 (July 2026).
    Source: provider notes, Pixverse §2.3.
    """

    LIBRARY = "library"
    PERSONAL = "personal"
    ALBUM = "album"


@dataclass(frozen=True, slots=True)
class Paging:
    """Requested window of a list; `made_between` are Unix seconds, None for no filter."""

    offset: int
    limit: int
    made_between: tuple[int, int] | None = None

    @property
    def filter(self) -> dict[str, int]:
        """The times as the provider's filter. Source: provider notes, Pixverse §2.3, A."""
        return dict(zip(("start_time", "end_time"), self.made_between, strict=True)) if self.made_between else {}


@dataclass(frozen=True, slots=True)
class Window:
    """Response of a list: its raw rows, the provider's total, and the offset of the next window.

    `next_offset` is None at the end of the list. `is_stalled` is True when there is more but the cursor does not
    advance.
    """

    rows: tuple[Any, ...]
    total: int | None
    next_offset: int | None
    is_stalled: bool = False


class PixverseClient:
    """Client of the endpoints that Stemma reads. Constructing one sends nothing."""

    def __init__(self, connection: Connection, *, limits: Limits | None = None) -> None:
        self._has_credentials = bool(connection.credentials.get("access_key") or connection.credentials.get("token"))
        self._http = HttpClient(
            PROVIDER_ID,
            base_url=_base_url(connection.base_url),
            headers=_headers(connection.credentials),
            secrets=tuple(connection.credentials.values()),
            fresh_headers=_trace,
            before_request=connection.before_request,
            limits=limits,
        )
        self._generation = Generation.LIBRARY

    def list_window(
        self, tab: Tab, source: Source, *, offset: int, limit: int, made_between: tuple[int, int] | None = None
    ) -> Window:
        """Return one window of a list, by the newest endpoint that this server has.

        When an endpoint does not exist (HTTP 404), the next older generation is used, also for later calls.

        Args:
            tab: the list.
            source: generated items or uploads.
            offset: items to skip, counted from the newest.
            limit: items wanted, up to the tab's `window_max`.
            made_between: creation times to include, from and to, in Unix seconds. None applies no filter; the service
                may then omit old items.
        """
        paging = Paging(offset, limit, made_between)
        for generation in list(Generation)[list(Generation).index(self._generation) :]:
            try:
                window = self._list_by(generation, tab, source, paging)
            except JobNotFound as error:
                if error.status != 404 or generation is Generation.ALBUM:
                    raise
            else:
                self._generation = generation
                return window
        raise AssertionError("unreachable: the last generation returns or raises")

    def video(self, video_id: int) -> Mapping[str, Any]:
        """Return one video, in the same form as in the lists. Raises JobNotFound."""
        return self._item("POST", "/video/list/detail", body={"video_id": video_id})

    def image(self, image_id: int) -> Mapping[str, Any]:
        """Return one generated image, in the same form as in the lists. Raises JobNotFound."""
        return self._item("POST", "/image/detail", body={"image_id": image_id})

    def audio(self, audio_id: int, source: Source) -> Mapping[str, Any]:
        """Return one audio item, in the same form as in the lists. Raises JobNotFound.

        The response has it one level down, in `audio`. Source: provider notes, Pixverse §2.4 (official client 1.2.10,
        July 2026).
        """
        key = "audio_id" if source is Source.CREATED else "asset_id"
        params = {"asset_source": source.value, key: audio_id}
        item = self._item("GET", "/audio/detail", params=params)
        inner = item.get("audio", item)
        return inner if isinstance(inner, Mapping) else self._no_item()

    def credits(self) -> Mapping[str, Any]:
        """Return the account's current balances. Also the cheapest check of the sign-in.

        Source: provider notes, Pixverse §2.1 for the header, §2.2 for the check.
        """
        return self._object("GET", "/user/credits", operation="check_account", headers={"refresh": "credit"})

    def concurrency(self) -> Mapping[str, Any]:
        """Return the limits and numbers of running jobs. Source: provider notes, Pixverse §2.7."""
        return self._object("GET", "/user/credits/concurrency", operation="check_account")

    def user(self) -> Mapping[str, Any]:
        """Return the account's name and identifiers."""
        return self._object("GET", "/getUserInfo", operation="check_account")

    def workspaces(self) -> tuple[Mapping[str, Any], ...]:
        """Return the workspaces of the account."""
        found = self._object("GET", "/team/workspace/list", operation="check_account").get("workspaces")
        return tuple(entry for entry in found if isinstance(entry, Mapping)) if isinstance(found, list) else ()

    def plan(self) -> Mapping[str, Any]:
        """Return the account's plan."""
        return self._object("POST", "/toc/members/plan_details", operation="check_account", body={})

    def folders(self) -> tuple[Mapping[str, Any], ...]:
        """Return the account's folders, newest first."""
        params = {"sort_by": "created_at", "sort_order": "desc"}
        found = self._object("GET", "/asset/folder/list", operation="list_assets", params=params).get("folders")
        return tuple(entry for entry in found if isinstance(entry, Mapping)) if isinstance(found, list) else ()

    def folder_window(self, folder_id: int, source: Source, *, offset: int, limit: int) -> Window:
        """Return one window of a folder, with all media types. Source: provider notes, Pixverse §2.3, C."""
        body = {
            "folder_id": folder_id,
            "asset_type": -1,
            "asset_source": source.value,
            "offset": offset,
            "limit": limit,
        }
        answer = self._ask("POST", "/asset/folder/item/list", operation="list_assets", body=body)
        return self._window(answer, offset=offset, limit=limit)

    def _list_by(self, generation: Generation, tab: Tab, source: Source, paging: Paging) -> Window:
        if generation is not Generation.LIBRARY and (tab is Tab.AUDIO or source is Source.UPLOADED):
            return Window(rows=(), total=None, next_offset=None)  # The older endpoints have no such list.
        path, body = _list_request(generation, tab, source, paging)
        answer = self._ask("POST", path, operation="list_assets", body=body)
        return self._window(answer, offset=paging.offset, limit=paging.limit)

    def _window(self, answer: Any, *, offset: int, limit: int) -> Window:
        rows = self._rows(answer)
        # Rows that are no objects are errors of the server, beside the requested items.
        if sum(isinstance(row, Mapping) for row in rows) > limit or len(rows) > 2 * limit:
            message = "Pixverse returned more items than were requested."
            raise self._http.error(ProtocolError, message, operation="list_assets")
        beside = answer if isinstance(answer, Mapping) else {}
        # Any of these fields may be missing, and next_offset may be 0. Source: provider notes, Pixverse §2.3, A.
        more = _first(beside, bool, "web_has_more", "has_more")
        if more is None:
            more = len(rows) >= limit
        if not more:
            return Window(rows, _count(beside.get("total")), next_offset=None)
        following = _first(beside, int, "web_next_offset", "next_offset") or offset + len(rows)
        if following > COUNT_MAX:
            following = offset + len(rows)
        is_stalled = following <= offset
        return Window(rows, _count(beside.get("total")), None if is_stalled else following, is_stalled)

    def _rows(self, answer: Any) -> tuple[Any, ...]:
        if answer is None or answer == "" or answer == {}:
            return ()
        found = answer
        if isinstance(answer, Mapping):
            key = next((key for key in _ROW_KEYS if key in answer), "")
            found = answer[key] if key else self._wrong_shape("list_assets")
        if found is None:
            return ()
        return tuple(found) if isinstance(found, list) else self._wrong_shape("list_assets")

    def _item(self, method: str, path: str, **request: Any) -> Mapping[str, Any]:
        item = self._ask(method, path, operation="get_asset", **request)
        if item is None or item == {}:
            self._no_item()
        return item if isinstance(item, Mapping) else self._wrong_shape("get_asset")

    def _object(self, method: str, path: str, *, operation: str, **request: Any) -> Mapping[str, Any]:
        found = self._ask(method, path, operation=operation, **request)
        return found if isinstance(found, Mapping) else self._wrong_shape(operation)

    def _ask(self, method: str, path: str, *, operation: str, **request: Any) -> Any:
        """Send a request and open the envelope. Requests may be retried, since all methods of this class only read."""
        if not self._has_credentials:
            message = "This account has neither an access key nor a web token."
            raise self._http.error(Authentication, message, operation=operation)
        return self._http.request(
            method,
            path,
            operation=operation,
            read=lambda answer: self._opened(answer, operation),
            retry=True,
            **request,
        )

    def _opened(self, answer: Answer, operation: str) -> Any:
        """Return `Resp` of a successful envelope. The code takes precedence over the HTTP status, both over the body.

        Source: provider notes, Pixverse §1, "Envelope".
        """
        envelope = answer.body if isinstance(answer.body, Mapping) else {}
        # A refused platform upload has lower-case keys (platform documentation). Source: provider notes, Pixverse §1.
        spelled_small = "ErrCode" not in envelope
        given = envelope.get("err_code" if spelled_small else "ErrCode")
        code = _code(given)
        if code is None:
            raise self._http.status_error(answer, operation=operation)
        if code == 0:
            if answer.status >= 400:
                raise self._http.status_error(answer, operation=operation)
            return envelope.get("resp" if spelled_small else "Resp")
        text = envelope.get("err_msg" if spelled_small else "ErrMsg")
        raise self._error_by_code(code, text if isinstance(text, str) else "", answer, operation)

    def _error_by_code(self, code: int, text: str, answer: Answer, operation: str) -> ProviderError:
        kind = error_kind(code, text, status=answer.status)
        message = _MESSAGE_REPLACED if code == SESSION_REPLACED else MESSAGES.get(kind, _MESSAGE_UNKNOWN)
        return self._http.error(
            kind,
            message,
            operation=operation,
            text=text,
            provider_code=str(code),
            status=answer.status,
            retry_after_seconds=retry_after_of(kind, answer),
        )

    def _no_item(self) -> NoReturn:
        raise self._http.error(JobNotFound, MESSAGES[JobNotFound], operation="get_asset")

    def _wrong_shape(self, operation: str) -> NoReturn:
        raise self._http.error(ProtocolError, _MESSAGE_SHAPE, operation=operation)


def error_kind(code: int, text: str, *, status: int = 200) -> type[ProviderError]:
    """Return the error kind of a Pixverse code. The text counts only for 400 and for unknown codes.

    Source: provider notes, Pixverse §4.2.
    """
    if code in ERROR_KINDS:
        return ERROR_KINDS[code]
    words = text.lower()
    if _RATE_WORDS in words:
        return RateLimited
    if code == _CLASSIFIED_BY_TEXT:
        return ContentFiltered if any(word in words for word in _MODERATION_WORDS) else InvalidParameters
    if status >= 500:
        return Unavailable
    return STATUS_KINDS.get(status, ProviderError)


def _list_request(generation: Generation, tab: Tab, source: Source, paging: Paging) -> tuple[str, dict[str, Any]]:
    window: dict[str, Any] = {"offset": paging.offset, "limit": paging.limit}
    if generation is Generation.LIBRARY:
        body = {"tab": tab.word, "asset_source": source.value, "folder_id": 0, **window, "filter": paging.filter}
        if tab is Tab.AUDIO:
            body |= {"sort_field": "created_at", "sort_type": "Desc"}
        return "/asset/library/list", body
    web_offset = paging.offset if tab is Tab.IMAGE else 0
    window |= {"web_offset": web_offset, "app_offset": 0}
    if generation is Generation.PERSONAL:
        # That this endpoint reads times in the filter, too, is a guess; callers that pass times check the results.
        return f"/{tab.word}/list/personal", {**window, "polling": True, "filter": paging.filter}
    # That album 0 contains everything, as folder 0 does, is a guess.
    return f"/album/{tab.word}/list", {**window, "album_id": 0}


def _base_url(given: str) -> str:
    if not given:
        return BASE_URL
    return given if urlsplit(given).path.strip("/") else f"{given.rstrip('/')}/creative_platform"


def _headers(credentials: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of the official client for an access key, and those of the web app for a token.

    Source: provider notes, Pixverse §2.1 (official client 1.2.10, July 2026).
    """
    if key := credentials.get("access_key"):
        return {"Access-Key": key, "X-Platform": "CLI", "X-Cli-Source": "cli", "Accept": "application/json"}
    return {
        "token": credentials.get("token", ""),
        "X-Platform": "Web",
        "workspace-id": "0",
        "Accept": "application/json",
        "Accept-Language": "en-US",
        # Requests without these have been answered with 403 by the provider's edge, as third parties report.
        # Source: provider notes, Pixverse §2.1.
        "Origin": WEB_ORIGIN,
        "Referer": f"{WEB_ORIGIN}/",
    }


def _trace() -> dict[str, str]:
    # New for each request, including retries: a repeated ID returns the earlier response (platform documentation).
    # Source: provider notes, Pixverse §2.1 and §3.
    return {"ai-trace-id": str(uuid.uuid4())}


def _first(beside: Mapping[str, Any], wanted: type, *keys: str) -> Any:
    return next((beside[key] for key in keys if type(beside.get(key)) is wanted), None)


def _code(value: object) -> int | None:
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _count(value: object) -> int | None:
    number = _code(value)
    return number if number is not None and 0 <= number <= COUNT_MAX else None
