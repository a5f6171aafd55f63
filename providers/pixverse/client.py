"""Pixverse's account API: endpoints, headers, the envelope, and their error codes in our kinds.

Source: provider notes, Pixverse 1, 2 and 4.2, and what its official client was seen to send.
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

# Source: provider notes, Pixverse 4.2. A code that is not here is ProviderError itself, with the code kept. 400 is
# told apart by its text.
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

SESSION_REPLACED = 10005
_TOLD_BY_TEXT = 400
_MODERATION_WORDS = ("moderation", "approved", "sensitive", "violat")
_RATE_WORDS = "too many login attempts"

MESSAGES: dict[type[ProviderError], str] = {
    Authentication: "Pixverse does not accept this account's sign-in.",
    QuotaExceeded: "Pixverse says that the account has no credits, or no plan, for this.",
    PermissionDenied: "Pixverse does not allow this account to do that.",
    JobNotFound: "Pixverse does not know this item, or has deleted it.",
    InvalidParameters: "Pixverse did not accept the request.",
    RateLimited: "Pixverse asks to slow down.",
    ConcurrencyLimited: "The account already has as many jobs running as Pixverse allows.",
    ContentFiltered: "Pixverse's moderation refused this.",
    Unavailable: "Pixverse is in trouble right now.",
}
_MESSAGE_REPLACED = "Another sign-in to Pixverse has replaced this one: it allows one web session per account."
_MESSAGE_UNKNOWN = "Pixverse answered with an error that is not known here."
_MESSAGE_SHAPE = "Pixverse's answer is not what it should be."

# Where rows have been found. Source: provider notes, Pixverse 2.3, B.
_ROW_KEYS = ("data", "list", "image_list", "video_list", "items")


class Tab(Enum):
    """The three lists of the library, with the most the provider gives at once."""

    VIDEO = "video", 100
    IMAGE = "image", 100
    AUDIO = "audio", 50

    def __init__(self, word: str, window_max: int) -> None:
        self.word = word
        self.window_max = window_max


class Source(Enum):
    """What a list holds; the provider never mixes the two."""

    UPLOADED = 0
    CREATED = 1


class Generation(Enum):
    """The three sets of list endpoints, the newest first."""

    LIBRARY = "library"
    PERSONAL = "personal"
    ALBUM = "album"


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is asked for; `made_between` are Unix seconds, None for no filter."""

    offset: int
    limit: int
    made_between: tuple[int, int] | None = None

    @property
    def filter(self) -> dict[str, int]:
        """The times as the provider's filter. Source: provider notes, Pixverse 2.3."""
        return dict(zip(("start_time", "end_time"), self.made_between, strict=True)) if self.made_between else {}


@dataclass(frozen=True, slots=True)
class Window:
    """One answer of a list: its rows as they came, the provider's count, and where it says the list goes on.

    `next_offset` None means that the list ends here. `is_stalled` says that it goes on but the cursor does not move.
    """

    rows: tuple[Any, ...]
    total: int | None
    next_offset: int | None
    is_stalled: bool = False


class PixverseClient:
    """The endpoints that Stemma reads. Constructing one sends nothing."""

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
        """One window of a list by the newest endpoint that this server has.

        An older generation is used, and remembered, when a newer answers that it does not exist (HTTP 404).

        Args:
            tab: which list.
            source: what was made there, or what was uploaded.
            offset: items to leave out, counted from the newest.
            limit: items wanted, up to the tab's `window_max`.
            made_between: only what was made from and to these times, Unix seconds; None leaves it to the service, which
                may then leave out what is old.
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
        """One clip, as the lists hold it. Raises JobNotFound."""
        return self._item("POST", "/video/list/detail", body={"video_id": video_id})

    def image(self, image_id: int) -> Mapping[str, Any]:
        """One generated image, as the lists hold it. Raises JobNotFound."""
        return self._item("POST", "/image/detail", body={"image_id": image_id})

    def audio(self, audio_id: int, source: Source) -> Mapping[str, Any]:
        """One sound, as the lists hold it; the answer holds it one level down. Raises JobNotFound."""
        key = "audio_id" if source is Source.CREATED else "asset_id"
        params = {"asset_source": source.value, key: audio_id}
        item = self._item("GET", "/audio/detail", params=params)
        inner = item.get("audio", item)
        return inner if isinstance(inner, Mapping) else self._no_item()

    def credits(self) -> Mapping[str, Any]:
        """The account's balances, fresh; also the cheapest question whether the sign-in lives."""
        return self._object("GET", "/user/credits", operation="check_account", headers={"refresh": "credit"})

    def concurrency(self) -> Mapping[str, Any]:
        """How many jobs may run at once, and do."""
        return self._object("GET", "/user/credits/concurrency", operation="check_account")

    def user(self) -> Mapping[str, Any]:
        """Who the account is."""
        return self._object("GET", "/getUserInfo", operation="check_account")

    def workspaces(self) -> tuple[Mapping[str, Any], ...]:
        """The workspaces that the account is in."""
        found = self._object("GET", "/team/workspace/list", operation="check_account").get("workspaces")
        return tuple(entry for entry in found if isinstance(entry, Mapping)) if isinstance(found, list) else ()

    def plan(self) -> Mapping[str, Any]:
        """The account's plan."""
        return self._object("POST", "/toc/members/plan_details", operation="check_account", body={})

    def folders(self) -> tuple[Mapping[str, Any], ...]:
        """The account's folders, newest first."""
        params = {"sort_by": "created_at", "sort_order": "desc"}
        found = self._object("GET", "/asset/folder/list", operation="list_assets", params=params).get("folders")
        return tuple(entry for entry in found if isinstance(entry, Mapping)) if isinstance(found, list) else ()

    def folder_window(self, folder_id: int, source: Source, *, offset: int, limit: int) -> Window:
        """One window of a folder, all kinds of media."""
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
            return Window(rows=(), total=None, next_offset=None)  # The older endpoints have no such lists.
        path, body = _list_request(generation, tab, source, paging)
        answer = self._ask("POST", path, operation="list_assets", body=body)
        return self._window(answer, offset=paging.offset, limit=paging.limit)

    def _window(self, answer: Any, *, offset: int, limit: int) -> Window:
        rows = self._rows(answer)
        beside = answer if isinstance(answer, Mapping) else {}
        more = _first(beside, bool, "web_has_more", "has_more")
        if more is None:
            more = len(rows) >= limit
        if not more:
            return Window(rows, _count(beside.get("total")), next_offset=None)
        following = _first(beside, int, "web_next_offset", "next_offset") or offset + len(rows)
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
        """Ask what may be asked twice, and open the envelope. All that this class does only reads."""
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
        """`Resp` of a successful envelope. A code decides before the HTTP status, and both before the body."""
        envelope = answer.body if isinstance(answer.body, Mapping) else {}
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
    """Our kind for one of their codes; the text counts only for 400 and for codes that are not known."""
    if code in ERROR_KINDS:
        return ERROR_KINDS[code]
    words = text.lower()
    if _RATE_WORDS in words:
        return RateLimited
    if code == _TOLD_BY_TEXT:
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
        # That this endpoint, too, reads times in the filter is a guess; who asks for them looks at what comes.
        return f"/{tab.word}/list/personal", {**window, "polling": True, "filter": paging.filter}
    # That album 0 holds everything, as folder 0 does, is a guess.
    return f"/album/{tab.word}/list", {**window, "album_id": 0}


def _base_url(given: str) -> str:
    if not given:
        return BASE_URL
    return given if urlsplit(given).path.strip("/") else f"{given.rstrip('/')}/creative_platform"


def _headers(credentials: Mapping[str, str]) -> dict[str, str]:
    """What the official client sends with an access key, and the web app with its token."""
    if key := credentials.get("access_key"):
        return {"Access-Key": key, "X-Platform": "CLI", "X-Cli-Source": "cli", "Accept": "application/json"}
    return {
        "token": credentials.get("token", ""),
        "X-Platform": "Web",
        "workspace-id": "0",
        "Accept": "application/json",
        "Accept-Language": "en-US",
        # Requests without these have been refused by the provider's edge.
        "Origin": WEB_ORIGIN,
        "Referer": f"{WEB_ORIGIN}/",
    }


def _trace() -> dict[str, str]:
    # New for each request, repeated ones too: the answer to a used one is the earlier answer.
    return {"ai-trace-id": str(uuid.uuid4())}


def _first(beside: Mapping[str, Any], wanted: type, *keys: str) -> Any:
    return next((beside[key] for key in keys if type(beside.get(key)) is wanted), None)


def _code(value: object) -> int | None:
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _count(value: object) -> int | None:
    number = _code(value)
    return number if number is not None and number >= 0 else None
