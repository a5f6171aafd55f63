"""HTTP client of all providers: time limits, bounded retry, protection against private addresses (SSRF), redaction.

No other module opens a connection. No transaction may be open while a function here runs; callers ensure that. The
thread's database connection is returned to the pool for that time.
"""

from __future__ import annotations

import functools
import http.client
import io
import ipaddress
import logging
import math
import random
import socket
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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

from common.json_parsing import count_entries, parse_json
from common.load.connections import release_connection
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

# Longer waits are left to the caller; the error carries `retry_after_seconds`.
RETRY_AFTER_SECONDS_MAX = 10.0

# Wait after a 429 without Retry-After. Source: provider notes, Pixverse §4.2.
RETRY_AFTER_SECONDS_DEFAULT = 60.0

_CHUNK_BYTES = 64 * 1024
# A host name may resolve to many addresses; each attempt gets its share of the time limit.
_ADDRESSES_TRIED = 4
_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one call: seconds, size and attempts.

    `body_bytes` counts decompressed bytes, `entries` the values, keys and brackets of JSON: an empty object has two
    bytes in a body and 64 in memory. The largest lists have 100 items of about 100 fields.
    """

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 60.0
    body_bytes: int = 4 * 1024 * 1024
    entries: int = 200_000
    tries: int = 3
    backoff_seconds: float = field(default_factory=lambda: settings.PROVIDER_BACKOFF_MS / 1_000)


@dataclass(frozen=True, slots=True)
class Answer:
    """Response of a provider. `body` is parsed JSON, None when `is_json` is false."""

    status: int
    body: Any
    is_json: bool
    retry_after_seconds: float | None = None


class HttpClient:
    """JSON client of one provider for one account.

    Args:
        provider_id: the provider named in errors and log lines.
        base_url: scheme, host and leading path; https, or http to a host of settings.STEMMA_PRIVATE_HOSTS.
        headers: sent with every request.
        secrets: values that are redacted from log lines and from the provider's own messages.
        fresh_headers: returns headers that must be new for each request, including retries.
        before_request: called before each request, including retries. It may wait, or raise to stop.
        limits: time, size and retry limits.
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
        """Send one request and parse the response.

        Args:
            method: GET or POST.
            path: below the base URL, with its leading slash.
            operation: one word for the purpose of the request; set on errors.
            read: converts the response into a value, or raises a ProviderError.
            retry: whether the request may be repeated safely; true for anything that only reads, including by POST.
            body: sent as JSON.
            params: query parameters.
            headers: sent with this request only.

        Raises:
            Unavailable: no connection, connection lost, or a 5xx from `read`; raised after retries when `retry`.
            RateLimited: raised after retries when `retry` and the wait is short; `retry_after_seconds` is the wait.
            TimedOut: no response in time.
            ProtocolError: a redirect, or more bytes than allowed.
            InvalidParameters: the address is private and not allowed.
            ProviderError: any kind that `read` raises.
        """
        deadline = time.monotonic() + self._limits.total_seconds
        send = _Sending(method, path, operation, body, params, headers)
        for tried in range(1, self._limits.tries + 1):
            release_connection()
            deadline += self._await_turn()
            try:
                return read(self._send(send, deadline))
            except (Unavailable, RateLimited) as error:
                pause = self._pause(error, tried)
                if not retry or pause is None or time.monotonic() + pause >= deadline:
                    raise
                logger.info("%s: retrying %s after %s", self._provider_id, operation, type(error).__name__)
                time.sleep(pause)
        raise AssertionError("unreachable: the last try returns or raises")

    def error(
        self, kind: type[ProviderError], message: str, *, operation: str, text: str = "", **details: Any
    ) -> ProviderError:
        """Build a ProviderError of a kind; the provider's own `text` is shortened and redacted."""
        return kind(
            message,
            provider_id=self._provider_id,
            operation=operation,
            provider_text=redacted(text, self._secrets)[:300],
            **details,
        )

    def status_error(self, answer: Answer, *, operation: str) -> ProviderError:
        """Build the error for an HTTP status, for responses without an envelope of the provider."""
        if answer.status >= 500:
            return self.error(
                Unavailable,
                "The provider has a problem and could not process the request.",
                operation=operation,
                status=answer.status,
                retry_after_seconds=answer.retry_after_seconds,
            )
        if answer.status < 400:
            message = "The provider's response has an unexpected format."
            return self.error(ProtocolError, message, operation=operation, status=answer.status)
        kind = STATUS_KINDS.get(answer.status, ProviderError)
        return self.error(
            kind,
            f"The provider rejected the request with HTTP status {answer.status}.",
            operation=operation,
            status=answer.status,
            retry_after_seconds=retry_after_of(kind, answer),
        )

    def _await_turn(self) -> float:
        """Call `before_request`; return the seconds that it waited, which no time limit counts."""
        began = time.monotonic()
        self._before_request()
        return time.monotonic() - began

    def _pause(self, error: ProviderError, tried: int) -> float | None:
        """Return the seconds before the next attempt, None when there is none."""
        if tried >= self._limits.tries or isinstance(error, ConcurrencyLimited):
            return None
        if error.retry_after_seconds is not None:
            wait = error.retry_after_seconds
            return wait if wait <= RETRY_AFTER_SECONDS_MAX else None
        return self._limits.backoff_seconds * float(2 ** (tried - 1)) * random.uniform(0.5, 1.5)

    def _send(self, sending: _Sending, deadline: float) -> Answer:
        started = time.monotonic()
        release_connection()  # what waits for the turn may have read the database
        try:
            answer = self._exchange(sending, deadline)
        except (SSRFGuardError, requests.RequestException, HTTPError, OSError, ValueError) as raw:
            kind, message = _translated(raw)
        else:
            elapsed_ms = round((time.monotonic() - started) * 1000)
            logger.info("%s: %s answered %s in %s ms", self._provider_id, sending.operation, answer.status, elapsed_ms)
            return answer
        # Raised outside the handler, so that the library's error, which holds headers, is not chained to this one.
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
                message = "The provider redirected the request to another address. Credentials are not sent there."
                raise self.error(ProtocolError, message, operation=sending.operation, status=response.status_code)
            received = self._read_body(response, sending.operation)
            if count_entries(received) > self._limits.entries:
                raise self._too_large(sending.operation)
            body, is_json = _parsed(received)
            retry_after = _retry_after_seconds(response.headers.get("Retry-After", ""))
            return Answer(response.status_code, body, is_json, retry_after)

    def _read_body(self, response: requests.Response, operation: str) -> bytes:
        promised = response.headers.get("Content-Length", "")
        if promised.isascii() and promised.isdigit() and int(promised[:19]) > self._limits.body_bytes:
            raise self._too_large(operation)
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self._limits.body_bytes:
                raise self._too_large(operation)
        return bytes(body)

    def _too_large(self, operation: str) -> ProviderError:
        return self.error(ProtocolError, "The provider's response is too large.", operation=operation)

    def _all_headers(self, sending: _Sending) -> dict[str, str]:
        content = {} if sending.body is None else {"Content-Type": "application/json"}
        # The only compression whose expansion is limited everywhere.
        accepted = {"Accept-Encoding": "gzip"}
        return {**accepted, **content, **self._headers, **self._fresh_headers(), **(sending.headers or {})}

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
    """Deadline of this thread's current call, by time.monotonic()."""

    ends_at = math.inf


class _ClockedBytes(io.RawIOBase):
    """Socket stream with a deadline for the whole call; the socket's own timeout restarts with every byte received."""

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
            raise TimeoutError("The call exceeded its time limit.")
        self._socket.settimeout(min(self._socket.gettimeout() or remaining, remaining))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _ClockedResponse(http.client.HTTPResponse):
    """Response whose status line, headers, chunk sizes and body are all subject to the deadline."""

    def __init__(self, connected: socket.socket, *arguments: Any, clock: _Clock, **options: Any) -> None:
        super().__init__(connected, *arguments, **options)
        self.fp = io.BufferedReader(_ClockedBytes(self.fp.detach(), connected, clock))


class _ClockedAdapter(SafeAdapter):
    """Adapter that connects to checked addresses only, as its base does, and applies the deadline to responses."""

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
    # Subclasses of the base adapter's own classes, which check the address.
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
    """Return the reason why a base URL is not allowed, as a sentence for its owner; "" when it is allowed.

    Plain http is allowed only to hosts of settings.STEMMA_PRIVATE_HOSTS, since requests carry credentials. The address
    that a host name resolves to is checked when the connection is opened.
    """
    try:
        parts = urlsplit(base_url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return "This is not a URL."
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "Enter the full URL, starting with https://."
    if parts.username or parts.password or parts.query or parts.fragment:
        return "The URL cannot contain a user name, query or fragment."
    if parts.scheme == "http" and not _is_allowed_private(parts):
        return "Use https. Plain http is allowed only for hosts listed in STEMMA_PRIVATE_HOSTS."
    return ""


def retry_after_of(kind: type[ProviderError], answer: Answer) -> float | None:
    """Return the seconds to wait before a retry: the response's Retry-After, else a minute for rate limits."""
    is_missing = answer.retry_after_seconds is None
    if is_missing and issubclass(kind, RateLimited) and kind is not ConcurrencyLimited:
        return RETRY_AFTER_SECONDS_DEFAULT
    return answer.retry_after_seconds


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret replaced."""
    for secret in secrets:
        text = text.replace(secret, "[redacted]")
    return text


class RedactCredentials(logging.Filter):
    """Log filter that redacts the credentials in use. A safeguard only: no code here logs them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record in place. Always returns True and never raises to the caller that logs."""
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
        return record.msg if isinstance(record.msg, str) else f"a {type(record.msg).__name__} that cannot be formatted"


# Newest last. Bounded: a server that has used thousands of accounts needs only the recent ones.
_secrets_in_use: OrderedDict[str, None] = OrderedDict()
_SECRETS_KEPT = 1_000
# No key or token is shorter. Users may enter any text, and redacting a single letter would make every log unreadable.
_SECRET_LENGTH_MIN = 8


def _keep_from_logs(secrets: Iterable[str]) -> None:
    for secret in secrets:
        if len(secret) >= _SECRET_LENGTH_MIN:
            _secrets_in_use[secret] = None
            _secrets_in_use.move_to_end(secret)
    while len(_secrets_in_use) > _SECRETS_KEPT:
        _secrets_in_use.popitem(last=False)


def _translated(raw: Exception) -> tuple[type[ProviderError], str]:
    """Return the kind and message for an error of the HTTP libraries, whose messages quote addresses and headers."""
    if isinstance(raw, SSRFGuardError):
        return InvalidParameters, "The account's address is private; STEMMA_PRIVATE_HOSTS lists those that are allowed."
    if isinstance(raw, requests.Timeout | ReadTimeoutError | TimeoutError):
        return TimedOut, "The provider did not respond in time."
    cut = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, HTTPError)
    # The errors of requests are OSErrors too; those not handled here concern malformed responses.
    if isinstance(raw, cut) or (isinstance(raw, OSError) and not isinstance(raw, requests.RequestException)):
        return Unavailable, "The connection to the provider failed or was lost."
    return ProtocolError, "The provider's response could not be read."


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
        return parse_json(body), True
    except ValueError:
        return None, False


def _retry_after_seconds(header: str) -> float | None:
    """Return the seconds of a Retry-After header, which is a number or a date (RFC 9110, 10.2.3)."""
    header = header.strip()
    if header.isascii() and header.isdigit() and len(header) < 8:
        return float(header)
    try:
        return max(parsedate_to_datetime(header).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
