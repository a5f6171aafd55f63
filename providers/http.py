"""The only file that opens a connection: time limits, bounded retry, a guard against private addresses, redaction.

No transaction may be open while a function here runs; verbs see to that.
"""

from __future__ import annotations

import functools
import http.client
import io
import ipaddress
import json
import logging
import math
import random
import re
import socket
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import orjson
import requests
from django.conf import settings
from ssrfguard import Policy
from ssrfguard.errors import SSRFGuardError
from ssrfguard.requests import SafeAdapter, Session
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError, ReadTimeoutError

from providers.errors import (
    AssetGone,
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
    TimedOut,
    Unavailable,
)

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

STATUS_KINDS: dict[int, type[ProviderError]] = {
    400: InvalidParameters,
    401: Authentication,
    402: QuotaExceeded,
    403: PermissionDenied,
    404: JobNotFound,
    408: Unavailable,
    410: AssetGone,
    422: InvalidParameters,
    429: RateLimited,
    451: ContentFiltered,
}

# Longer waits are the caller's to decide; it is told how long.
RETRY_AFTER_SECONDS_MAX = 10.0

# What a 429 without Retry-After is taken to mean. Source: provider notes, Pixverse 4.2.
RETRY_AFTER_SECONDS_UNTOLD = 60.0

_CHUNK_BYTES = 64 * 1024
# A name may lead to many addresses; each is given its share of the time.
_ADDRESSES_TRIED = 4
_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one call may take; seconds, bytes and tries."""

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 60.0
    body_bytes: int = 32 * 1024 * 1024
    tries: int = 3
    backoff_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `body` is parsed JSON, None when `is_json` is false."""

    status: int
    body: Any
    is_json: bool
    retry_after_seconds: float | None = None


class HttpClient:
    """Speaks JSON to one provider for one account.

    Args:
        provider_id: whose errors these are.
        base_url: scheme, host and leading path; https, or http to a host of settings.STEMMA_PRIVATE_HOSTS.
        headers: sent with every request.
        secrets: values that must never be seen; they are struck from log lines and from the provider's own words.
        fresh_headers: makes the headers that must be new for each request, repeated ones included.
        before_request: called before each request, repeated ones included; it may wait, or raise to send no more.
        limits: how long and how much.
    """

    def __init__(
        self,
        provider_id: str,
        *,
        base_url: str,
        headers: Mapping[str, str],
        secrets: tuple[str, ...] = (),
        fresh_headers: Callable[[], Mapping[str, str]] = dict,
        before_request: Callable[[], object] = bool,
        limits: Limits | None = None,
    ) -> None:
        self._provider_id = provider_id
        self._base_url = base_url.rstrip("/")
        self._headers = dict(headers)
        self._secrets = tuple(secret for secret in secrets if secret)
        self._fresh_headers = fresh_headers
        self._before_request = before_request
        self._limits = limits or Limits()
        self._session: Session | None = None
        self._clock = _Clock()
        _keep_from_logs(self._secrets)

    def __repr__(self) -> str:
        return f"HttpClient({self._provider_id!r})"

    def request(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        read: Callable[[Answer], ResultT],
        retry: bool,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ResultT:
        """Send one request and read the answer.

        Args:
            method: GET or POST.
            path: below the base URL, with its leading slash.
            operation: what it is for, in a word; kept on errors.
            read: turns the answer into a value, or raises a ProviderError.
            retry: whether repeating does no harm; true for whatever only reads, also by POST.
            body: sent as JSON.
            params: the query.
            headers: sent with this request only.

        Raises:
            Unavailable: no connection, cut off, or what `read` makes of 5xx; repeated before when `retry`.
            RateLimited: repeated before when `retry` and the wait is short; `retry_after_seconds` says how long.
            TimedOut: no answer in time.
            ProtocolError: a redirect, or more bytes than allowed.
            InvalidParameters: the address is private and not allowed.
            ProviderError: whatever `read` raises.
        """
        deadline = time.monotonic() + self._limits.total_seconds
        send = _Sending(method, path, operation, body, params, headers)
        for tried in range(1, self._limits.tries + 1):
            deadline += self._await_turn()
            try:
                return read(self._send(send, deadline))
            except (Unavailable, RateLimited) as error:
                pause = self._pause(error, tried)
                if not retry or pause is None or time.monotonic() + pause >= deadline:
                    raise
                logger.info("%s: %s is repeated after %s", self._provider_id, operation, type(error).__name__)
                time.sleep(pause)
        raise AssertionError("unreachable: the last try returns or raises")

    def error(
        self, kind: type[ProviderError], message: str, *, operation: str, text: str = "", **details: Any
    ) -> ProviderError:
        """A ProviderError of a kind, to be raised; the provider's own `text` is shortened and freed of secrets."""
        return kind(
            message,
            provider_id=self._provider_id,
            operation=operation,
            provider_text=redacted(text, self._secrets)[:300],
            **details,
        )

    def status_error(self, answer: Answer, *, operation: str) -> ProviderError:
        """What the HTTP status alone says, to be raised; for answers without an envelope of the provider's own."""
        if answer.status >= 500:
            return self.error(
                Unavailable,
                "The provider is in trouble and did not answer the request.",
                operation=operation,
                status=answer.status,
                retry_after_seconds=answer.retry_after_seconds,
            )
        if answer.status < 400:
            message = "The provider's answer is not what it should be."
            return self.error(ProtocolError, message, operation=operation, status=answer.status)
        kind = STATUS_KINDS.get(answer.status, ProviderError)
        return self.error(
            kind,
            f"The provider refused the request with HTTP status {answer.status}.",
            operation=operation,
            status=answer.status,
            retry_after_seconds=retry_after_of(kind, answer),
        )

    def _await_turn(self) -> float:
        """Wait for the caller's leave to send; returns for how many seconds, which no time limit counts."""
        began = time.monotonic()
        self._before_request()
        return time.monotonic() - began

    def _pause(self, error: ProviderError, tried: int) -> float | None:
        """Seconds before the next try, None when there should be none."""
        if tried >= self._limits.tries or isinstance(error, ConcurrencyLimited):
            return None
        if error.retry_after_seconds is not None:
            wait = error.retry_after_seconds
            return wait if wait <= RETRY_AFTER_SECONDS_MAX else None
        return self._limits.backoff_seconds * float(2 ** (tried - 1)) * random.uniform(0.5, 1.5)

    def _send(self, sending: _Sending, deadline: float) -> Answer:
        started = time.monotonic()
        try:
            answer = self._exchange(sending, deadline)
        except (SSRFGuardError, requests.RequestException, HTTPError, OSError, ValueError) as raw:
            kind, message = _translated(raw)
        else:
            elapsed_ms = round((time.monotonic() - started) * 1000)
            logger.info("%s: %s answered %s in %s ms", self._provider_id, sending.operation, answer.status, elapsed_ms)
            return answer
        # Raised outside the handler, so that no error of the library, which holds headers, hangs on ours.
        raise self.error(kind, message, operation=sending.operation)

    def _exchange(self, sending: _Sending, deadline: float) -> Answer:
        if problem := address_problem(self._base_url):
            raise self.error(InvalidParameters, problem, operation=sending.operation)
        remaining = max(deadline - time.monotonic(), 0.001)
        connect_seconds = min(self._limits.connect_seconds, remaining / _ADDRESSES_TRIED)
        self._clock.ends_at = deadline
        with self._opened().request(
            sending.method,
            self._base_url + sending.path,
            data=None if sending.body is None else orjson.dumps(dict(sending.body)),
            params=dict(sending.params or {}),
            headers=self._all_headers(sending),
            timeout=(connect_seconds, min(self._limits.read_seconds, remaining)),
            allow_redirects=False,
            stream=True,
        ) as response:
            if 300 <= response.status_code < 400:
                message = "The provider sent the request on to another address; credentials are not taken there."
                raise self.error(ProtocolError, message, operation=sending.operation, status=response.status_code)
            body, is_json = _parsed(self._read_body(response, sending.operation))
            retry_after = _retry_after_seconds(response.headers.get("Retry-After", ""))
            return Answer(response.status_code, body, is_json, retry_after)

    def _read_body(self, response: requests.Response, operation: str) -> bytes:
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self._limits.body_bytes:
                raise self.error(ProtocolError, "The provider's answer is too long.", operation=operation)
        return bytes(body)

    def _all_headers(self, sending: _Sending) -> dict[str, str]:
        content = {} if sending.body is None else {"Content-Type": "application/json"}
        return {**content, **self._headers, **self._fresh_headers(), **(sending.headers or {})}

    def _opened(self) -> Session:
        if self._session is None:
            policy = _policy(self._base_url)
            self._session = Session(policy=policy)
            self._session.trust_env = False
            for scheme in ("http://", "https://"):
                self._session.mount(scheme, _ClockedAdapter(policy, self._clock))
            weakref.finalize(self, self._session.close)
        return self._session


class _Clock(threading.local):
    """When the call that this thread makes must have ended, by time.monotonic()."""

    ends_at = math.inf


class _ClockedBytes(io.RawIOBase):
    """A socket's bytes until the clock runs out; the socket's own timeout starts anew with each byte that trickles."""

    def __init__(self, raw: io.RawIOBase, connected: socket.socket, clock: _Clock) -> None:
        super().__init__()
        self._raw = raw
        self._socket = connected
        self._clock = clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._clock.ends_at - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("The call has lasted too long.")
        self._socket.settimeout(min(self._socket.gettimeout() or remaining, remaining))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _ClockedResponse(http.client.HTTPResponse):
    """An answer of which status line, headers, chunk sizes and body are all read against the clock."""

    def __init__(self, connected: socket.socket, *arguments: Any, clock: _Clock, **options: Any) -> None:
        super().__init__(connected, *arguments, **options)
        self.fp = io.BufferedReader(_ClockedBytes(self.fp.detach(), connected, clock))


class _ClockedAdapter(SafeAdapter):
    """Connects to checked addresses only, as its base does, and reads answers against the clock."""

    def __init__(self, policy: Policy, clock: _Clock) -> None:
        self._clock = clock
        super().__init__(policy=policy, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        pools = self.poolmanager.pool_classes_by_scheme
        self.poolmanager.pool_classes_by_scheme = {
            scheme: _clocked(pool, self._clock) for scheme, pool in pools.items()
        }


def _clocked(pool: type[HTTPConnectionPool], clock: _Clock) -> type[HTTPConnectionPool]:
    # Subclasses of the base's own, which check the address.
    answer = functools.partial(_ClockedResponse, clock=clock)
    connection = type("ClockedConnection", (pool.ConnectionCls,), {"response_class": answer})
    return type("ClockedPool", (pool,), {"ConnectionCls": connection})


@dataclass(frozen=True, slots=True)
class _Sending:
    method: str
    path: str
    operation: str
    body: Mapping[str, Any] | None
    params: Mapping[str, str | int] | None
    headers: Mapping[str, str] | None


def address_problem(base_url: str) -> str:
    """Why an address may not be spoken to, as a sentence for its owner; "" when it may.

    Plain http is for hosts of settings.STEMMA_PRIVATE_HOSTS alone: credentials go along. Where a name leads is looked
    at when the connection is made.
    """
    try:
        parts = urlsplit(base_url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return "This is not an address."
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "Give the whole address, beginning with https://."
    if parts.username or parts.password or parts.query or parts.fragment:
        return "The address must hold no user name, query or fragment."
    if parts.scheme == "http" and not _is_allowed_private(parts):
        return "Only https is spoken, except to the hosts that STEMMA_PRIVATE_HOSTS lists."
    return ""


def retry_after_of(kind: type[ProviderError], answer: Answer) -> float | None:
    """Seconds to wait before an error of a kind may be gone: what the answer says, or a minute for rate limits."""
    is_untold = answer.retry_after_seconds is None
    if is_untold and issubclass(kind, RateLimited) and kind is not ConcurrencyLimited:
        return RETRY_AFTER_SECONDS_UNTOLD
    return answer.retry_after_seconds


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret in it struck out."""
    for secret in secrets:
        text = text.replace(secret, "[redacted]")
    return text


class RedactCredentials(logging.Filter):
    """Strikes the credentials in use from log lines: a second belt, since nothing here logs them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; it is always let through, and nothing is raised to whoever logs."""
        secrets = tuple(_secrets_in_use)
        record.msg = redacted(_message(record), secrets)
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_text = record.exc_text and redacted(record.exc_text, secrets)
        record.stack_info = record.stack_info and redacted(record.stack_info, secrets)
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - arguments may raise anything while they are turned into text
        return record.msg if isinstance(record.msg, str) else f"a {type(record.msg).__name__} without words"


# The newest last. Bounded: a server that has spoken for thousands of accounts needs only those of late.
_secrets_in_use: OrderedDict[str, None] = OrderedDict()
_SECRETS_KEPT = 1_000
# No key or token is shorter. Anybody may type in what they like, and a single letter would make every log unreadable.
_SECRET_LENGTH_MIN = 8


def _keep_from_logs(secrets: Iterable[str]) -> None:
    for secret in secrets:
        if len(secret) >= _SECRET_LENGTH_MIN:
            _secrets_in_use[secret] = None
            _secrets_in_use.move_to_end(secret)
    while len(_secrets_in_use) > _SECRETS_KEPT:
        _secrets_in_use.popitem(last=False)


def _translated(raw: Exception) -> tuple[type[ProviderError], str]:
    """Our kind and words for an error of the libraries below; theirs quote addresses and headers."""
    if isinstance(raw, SSRFGuardError):
        return InvalidParameters, "The account's address is private; STEMMA_PRIVATE_HOSTS lists those that are allowed."
    if isinstance(raw, requests.Timeout | ReadTimeoutError | TimeoutError):
        return TimedOut, "The provider did not answer in time."
    cut = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, HTTPError)
    # requests' own errors are OSErrors too; the rest of those below is about malformed answers.
    if isinstance(raw, cut) or (isinstance(raw, OSError) and not isinstance(raw, requests.RequestException)):
        return Unavailable, "The connection to the provider failed or was cut off."
    return ProtocolError, "The provider's answer makes no sense."


def _policy(base_url: str) -> Policy:
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Policy(
        allowed_ports=frozenset({port}),
        allowed_hosts=frozenset({(parts.hostname or "").lower()}),
        max_connection_attempts=_ADDRESSES_TRIED,
        allowed_networks=_PRIVATE_NETWORKS if _is_allowed_private(parts) else (),
    )


def _is_allowed_private(parts: SplitResult) -> bool:
    host = (parts.hostname or "").lower()
    bracketed = f"[{host}]" if ":" in host else host
    spellings = {host, bracketed, f"{bracketed}:{parts.port}"}
    return any(allowed.lower() in spellings for allowed in settings.STEMMA_PRIVATE_HOSTS)


def _parsed(body: bytes) -> tuple[Any, bool]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        # Lone surrogates and NaN are refused by orjson; one rotten item must not cost its page.
        try:
            parsed = json.loads(body, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            return None, False
        return _storable(parsed), True
    return (_storable(parsed) if b"\\u0000" in body else parsed), True


def _storable(value: Any) -> Any:
    """The same JSON without what PostgreSQL refuses in text: NUL and lone surrogates.

    Changed in place, and not by recursion: one item that is nested deeply must not cost its page.
    """
    whole = [value]
    unseen: list[Any] = [whole]
    while unseen:
        holder = unseen.pop()
        if isinstance(holder, dict):
            cleaned = {_UNSTORABLE.sub("", key): _storable_text(entry) for key, entry in holder.items()}
            holder.clear()
            holder.update(cleaned)
        else:
            holder[:] = [_storable_text(entry) for entry in holder]
        entries = holder.values() if isinstance(holder, dict) else holder
        unseen.extend(entry for entry in entries if isinstance(entry, dict | list))
    return whole[0]


def _storable_text(value: Any) -> Any:
    return _UNSTORABLE.sub("", value) if isinstance(value, str) else value


def _retry_after_seconds(header: str) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date (RFC 9110, 10.2.3)."""
    header = header.strip()
    if header.isascii() and header.isdigit() and len(header) < 8:
        return float(header)
    try:
        return max(parsedate_to_datetime(header).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
