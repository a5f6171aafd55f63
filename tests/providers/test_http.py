"""Tests of the HTTP client: requests, retries, rejected addresses and redaction."""

from __future__ import annotations

import io
import logging
import socket
import threading
import time
import traceback
from typing import Any

import orjson
import pytest
from pytest_django import Settings

from common.json_parsing import DEPTH_MAX, TOO_DEEP
from providers.errors import (
    InvalidParameters,
    ProtocolError,
    ProviderError,
    RateLimited,
    TimedOut,
    Unavailable,
)
from providers.http import Answer, HttpClient, Limits, RedactCredentials, address_problem
from tests.providers.answering import AnsweringServer, Told

SECRET = "canary-7f3a9c"
CALM = Limits(body_bytes=10_000, backoff_seconds=0.01)
HURRIED = Limits(read_seconds=0.4, total_seconds=1.5, backoff_seconds=0.5)
FINE = Told(b'{"fine": true}')
DOWN = Told(b"down", status=503)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def client(url: str, **options: Any) -> HttpClient:
    """A client with a secret and short retry delays."""
    options.setdefault("limits", CALM)
    return HttpClient("pixverse", base_url=url, headers={"Access-Key": SECRET}, secrets=(SECRET,), **options)


def ask(speaker: HttpClient, *, retry: bool = True, **options: Any) -> Any:
    """Request the body, of any form; errors by status only."""

    def read(answer: Answer) -> Any:
        if answer.status >= 400 or not answer.is_json:
            raise speaker.status_error(answer, operation="read")
        return answer.body

    return speaker.request("POST", "/here", operation="read", read=read, retry=retry, body={"a": 1}, **options)


class Unprintable:
    """Object whose conversion to text raises."""

    def __str__(self) -> str:
        raise RuntimeError(SECRET)


@pytest.fixture
def lines() -> io.StringIO:
    """Output of a log that redacts a client's secrets."""
    client("https://example.com")
    return io.StringIO()


@pytest.fixture
def log(lines: io.StringIO) -> logging.Logger:
    """Log that redacts a client's secrets."""
    handler = logging.StreamHandler(lines)
    handler.addFilter(RedactCredentials())
    log = logging.Logger("elsewhere")
    log.addHandler(handler)
    return log


def answer_on_one_connection(server: socket.socket, answer: bytes, times: int) -> None:
    """Accept one connection, and send the same response to each request."""
    connection, _ = server.accept()
    with connection:
        for _ in range(times):
            asked = b""
            while not asked.endswith(b"}"):
                asked += connection.recv(65_536)
            connection.sendall(answer)


def unused_port() -> int:
    """A port without a listener."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class TestLimits:
    def test_wait_before_an_attempt_is_a_setting(self, settings: Any) -> None:
        settings.PROVIDER_BACKOFF_MS = 700

        assert Limits().backoff_seconds == 0.7


@pytest.mark.usefixtures("loopback")
class TestRequest:
    def test_sends_what_it_is_given(self) -> None:
        with AnsweringServer(FINE) as server:
            body = ask(client(server.url), params={"page": 2}, headers={"refresh": "credit"})

            (asked,) = server.asked
            assert body == {"fine": True}
            assert (asked.method, asked.path, asked.body) == ("POST", "/here?page=2", {"a": 1})
            assert asked.headers["access-key"] == SECRET
            assert asked.headers["refresh"] == "credit"
            assert asked.headers["content-type"] == "application/json"

    def test_calls_before_request_before_each_attempt(self) -> None:
        leaves: list[int] = []
        with AnsweringServer(DOWN, FINE) as server:
            ask(client(server.url, before_request=lambda: leaves.append(len(server.asked))))

        assert leaves == [0, 1]

    def test_sends_nothing_when_before_request_raises(self) -> None:
        def refuse() -> None:
            raise InterruptedError("Not now.")

        with AnsweringServer(FINE) as server, pytest.raises(InterruptedError):
            ask(client(server.url, before_request=refuse))

        assert server.asked == []

    def test_excludes_the_wait_of_before_request_from_the_time_limit(self) -> None:
        limits = Limits(total_seconds=0.5, backoff_seconds=0.01)
        with AnsweringServer(FINE) as server:
            body = ask(client(server.url, limits=limits, before_request=lambda: time.sleep(0.6)))

        assert body == {"fine": True}

    def test_creates_fresh_headers_for_each_attempt(self) -> None:
        numbers = iter("12")
        with AnsweringServer(DOWN, FINE) as server:
            ask(client(server.url, fresh_headers=lambda: {"trace": next(numbers)}))

            assert [asked.headers["trace"] for asked in server.asked] == ["1", "2"]

    @pytest.mark.parametrize("status", [408, 500, 502, 503])
    def test_retries_a_read_up_to_three_attempts(self, status: int) -> None:
        with AnsweringServer(Told(b"<html>", status=status)) as server:
            with pytest.raises(Unavailable):
                ask(client(server.url))

            assert len(server.asked) == 3

    def test_retries_a_read_after_a_short_retry_after(self) -> None:
        with AnsweringServer(Told(b"{}", status=429, headers={"Retry-After": "1"}), FINE) as server:
            assert ask(client(server.url)) == {"fine": True}

    def test_leaves_a_long_wait_to_the_caller(self) -> None:
        with AnsweringServer(Told(b"{}", status=429, headers={"Retry-After": "90"})) as server:
            with pytest.raises(RateLimited) as caught:
                ask(client(server.url))

            assert caught.value.retry_after_seconds == 90.0
            assert len(server.asked) == 1

    def test_waits_a_minute_after_a_rate_limit_without_retry_after(self) -> None:
        with AnsweringServer(Told(b"{}", status=429)) as server, pytest.raises(RateLimited) as caught:
            ask(client(server.url))

        assert caught.value.retry_after_seconds == 60.0

    def test_never_retries_a_write(self) -> None:
        with AnsweringServer(DOWN) as server:
            with pytest.raises(Unavailable):
                ask(client(server.url), retry=False)

            assert len(server.asked) == 1

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
    def test_does_not_retry_permanent_errors(self, status: int) -> None:
        with AnsweringServer(Told(b"{}", status=status)) as server:
            with pytest.raises(ProviderError):
                ask(client(server.url))

            assert len(server.asked) == 1

    def test_reports_a_lost_connection_as_unavailable(self) -> None:
        with AnsweringServer(Told(b'{"half', promised=500)) as server, pytest.raises(Unavailable):
            ask(client(server.url))

    def test_reports_a_refused_connection_as_unavailable(self) -> None:
        with pytest.raises(Unavailable):
            ask(client(f"http://127.0.0.1:{unused_port()}"))

    def test_reports_no_response_as_a_timeout(self) -> None:
        with AnsweringServer(Told(delay_seconds=0.8)) as server, pytest.raises(TimedOut):
            ask(client(server.url, limits=HURRIED))

    @pytest.mark.parametrize(
        "told",
        [
            Told(b" " * 60, trickle_seconds=0.1),
            Told(b"HTTP/1.1 " + b"0" * 60, trickle_seconds=0.1, is_bare=True),
            Told(b"HTTP/1.1 200 OK\r\nSlow: " + b"a" * 60, trickle_seconds=0.1, is_bare=True),
            Told(b"HTTP/1.1 100 Continue\r\n\r\n" * 30, trickle_seconds=0.01, is_bare=True),
            Told(CHUNKED + b"0" * 600, trickle_seconds=0.01, is_bare=True),
        ],
        ids=["body", "status line", "header", "continue", "chunk size"],
    )
    def test_ends_a_slow_response_at_the_deadline(self, told: Told) -> None:
        started = time.monotonic()

        with AnsweringServer(told) as server, pytest.raises(TimedOut):
            ask(client(server.url, limits=HURRIED))

        assert time.monotonic() - started < HURRIED.total_seconds + 1

    def test_keeps_its_connection_from_one_call_to_the_next(self) -> None:
        fine = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        with socket.create_server(("127.0.0.1", 0)) as server:
            speaker = client(f"http://127.0.0.1:{server.getsockname()[1]}")
            answering = threading.Thread(target=answer_on_one_connection, args=(server, fine, 2))
            answering.start()

            answers = [ask(speaker), ask(speaker)]

            answering.join()
        assert answers == [{}, {}]

    def test_rejects_a_response_that_is_too_large(self) -> None:
        with AnsweringServer(Told(b" " * 20_000)) as server, pytest.raises(ProtocolError):
            ask(client(server.url))

    @pytest.mark.parametrize(
        "body",
        [
            b"[" + b"{}," * 2_000 + b"{}]",
            b"[" * 3_000,
            b"{" + b'"a":1,' * 2_000 + b'"b":1}',
            b"[" + b"1," * 4_000 + b"1]",
        ],
        ids=["objects", "nesting", "keys", "numbers"],
    )
    def test_rejects_a_response_with_too_many_entries_before_parsing_it(self, body: bytes) -> None:
        with (
            AnsweringServer(Told(body)) as server,
            pytest.raises(ProtocolError, match="too large"),
        ):
            ask(client(server.url, limits=Limits(entries=2_000)))

    def test_rejects_a_length_that_is_too_large_before_reading(self) -> None:
        with (
            AnsweringServer(Told(b"{}", promised=10_001)) as server,
            pytest.raises(ProtocolError, match="too large"),
        ):
            ask(client(server.url))

    def test_accepts_as_much_as_is_allowed(self) -> None:
        with AnsweringServer(Told(b"[" + b"1," * 999 + b"1]")) as server:
            assert ask(client(server.url, limits=Limits(entries=1_000))) == [1] * 1_000

    @pytest.mark.parametrize("body", [b"<html>hello</html>", b'{"half": ', b""], ids=["html", "half", "nothing"])
    def test_reports_invalid_json_as_a_protocol_error(self, body: bytes) -> None:
        with AnsweringServer(Told(body)) as server, pytest.raises(ProtocolError):
            ask(client(server.url))

    def test_removes_characters_that_the_database_cannot_store(self) -> None:
        with AnsweringServer(Told(rb'{"a": "x\u0000y", "b": "\ud800z", "c": NaN}')) as server:
            assert ask(client(server.url)) == {"a": "xy", "b": "z", "c": None}

    @pytest.mark.parametrize("innermost", [rb'"x\u0000y"', rb'"\ud800xy"'], ids=["nul", "surrogate"])
    @pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "objects"])
    # The object of the answer itself is one of the levels that are kept.
    @pytest.mark.parametrize(("depth", "kept", "inner"), [(600, 600, "xy"), (1_200, DEPTH_MAX - 1, TOO_DEEP)])
    def test_reads_json_that_is_nested_deeply(
        self, innermost: bytes, opening: bytes, closing: bytes, depth: int, kept: int, inner: str
    ) -> None:
        deep = opening * depth + innermost + closing * depth
        with AnsweringServer(Told(b'{"deep": ' + deep + rb', "b": "x\u0000y"}')) as server:
            answer = ask(client(server.url))

        assert answer["b"] == "xy"
        assert orjson.loads(opening * kept + orjson.dumps(inner) + closing * kept) == answer["deep"]

    def test_reports_half_an_answer_as_a_protocol_error_at_any_depth(self) -> None:
        with AnsweringServer(Told(b"[" * 5_000)) as server, pytest.raises(ProtocolError):
            ask(client(server.url))

    def test_does_not_follow_redirects(self) -> None:
        with AnsweringServer(FINE) as elsewhere:
            onwards = Told(status=302, headers={"Location": f"{elsewhere.url}/caught"})
            with AnsweringServer(onwards) as server, pytest.raises(ProtocolError):
                ask(client(server.url))

            assert elsewhere.asked == []

    def test_ignores_proxies_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with AnsweringServer(FINE) as server, AnsweringServer(Told(b"{}", status=500)) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("ALL_PROXY", proxy.url)

            assert ask(client(server.url)) == {"fine": True}
            assert proxy.asked == []


class TestPrivateAddresses:
    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "0x7f000001", "[::ffff:127.0.0.1]"],
    )
    def test_are_refused(self, host: str) -> None:
        with pytest.raises(InvalidParameters):
            ask(client(f"https://{host}/"))

    def test_are_refused_over_plain_http_before_anything_is_sent(self) -> None:
        with AnsweringServer(FINE) as server:
            with pytest.raises(InvalidParameters):
                ask(client(server.url))

            assert server.asked == []

    def test_may_be_allowed_by_host_and_port(self, settings: Settings) -> None:
        with AnsweringServer(FINE) as allowed, AnsweringServer(FINE) as other:
            settings.STEMMA_PRIVATE_HOSTS = [f"127.0.0.1:{allowed.port}"]

            assert ask(client(allowed.url)) == {"fine": True}
            with pytest.raises(InvalidParameters):
                ask(client(other.url))

    def test_are_refused_when_a_host_name_resolves_to_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = socket.getaddrinfo
        private = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, *a, **k: private if host == "rebind.test" else real(host, *a, **k)
        )

        with pytest.raises(InvalidParameters):
            ask(client("https://rebind.test"))


@pytest.mark.usefixtures("loopback")
class TestSecrets:
    def test_are_in_no_error_log_line_or_repr(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        said = Told(b"oops " + SECRET.encode(), status=200)
        with AnsweringServer(said) as server:
            speaker = client(server.url)
            with pytest.raises(ProviderError) as caught:
                ask(speaker)
            with pytest.raises(ProviderError) as unreachable:
                ask(client(f"http://127.0.0.1:{unused_port()}"))

        told = "".join(
            "".join(traceback.format_exception(error)) + repr(vars(error))
            for error in (caught.value, unreachable.value)
        )
        assert SECRET not in told + caplog.text + repr(speaker)
        assert unreachable.value.__context__ is None

    def test_are_redacted_from_the_providers_own_message(self) -> None:
        error = client("https://example.com").error(ProviderError, "No.", operation="read", text=f"bad key {SECRET}")

        assert error.provider_text == "bad key [redacted]"

    def test_are_redacted_from_every_line_by_the_filter(self, lines: io.StringIO, log: logging.Logger) -> None:
        log.warning("sent %s", SECRET)
        try:
            raise ValueError(SECRET)
        except ValueError:
            log.exception("failed")
        log.warning("from here", stack_info=True)  # whose source line is shown: canary-7f3a9c

        assert SECRET not in lines.getvalue()
        assert "sent [redacted]" in lines.getvalue()
        assert "shown: [redacted]" in lines.getvalue()

    def test_are_left_in_the_log_when_they_are_too_short_to_be_secrets(
        self, lines: io.StringIO, log: logging.Logger
    ) -> None:
        HttpClient("pixverse", base_url="https://example.com", headers={}, secrets=("e",))

        log.warning("readable")

        assert "readable" in lines.getvalue()

    def test_are_redacted_from_a_traceback_of_another_handler(self, lines: io.StringIO, log: logging.Logger) -> None:
        record = log.makeRecord("elsewhere", logging.ERROR, "here", 1, "failed", (), None)
        record.exc_text = f"Traceback: {SECRET}"

        log.handle(record)

        assert "Traceback: [redacted]" in lines.getvalue()

    @pytest.mark.parametrize(
        ("message", "arguments"),
        [("%s %s " + SECRET, ("a",)), ("%d " + SECRET, (SECRET,)), (SECRET, (1,)), ("%s " + SECRET, (Unprintable(),))],
        ids=["too few", "wrong", "too many", "unprintable"],
    )
    def test_are_redacted_from_lines_that_cannot_be_formatted(
        self, lines: io.StringIO, log: logging.Logger, message: str, arguments: tuple[Any, ...]
    ) -> None:
        log.error(message, *arguments)

        assert "[redacted]" in lines.getvalue()
        assert SECRET not in lines.getvalue()

    def test_do_not_prevent_logging_of_an_unprintable_line(self, lines: io.StringIO, log: logging.Logger) -> None:
        log.error(Unprintable())

        assert "Unprintable" in lines.getvalue()


class TestAddressProblem:
    @pytest.mark.parametrize("address", ["https://app-api.pixverseai.cn", "https://example.com:8443/creative_platform"])
    def test_is_none_for_https(self, address: str) -> None:
        assert address_problem(address) == ""

    @pytest.mark.parametrize(
        "address",
        ["", "example.com", "ftp://example.com", "http://example.com", "https://", "https://me:word@example.com",
         "https://example.com?a=1", "https://[::1", "https://example.com:99999"],
    )  # fmt: skip
    def test_is_a_sentence_for_anything_else(self, address: str) -> None:
        assert address_problem(address).endswith(".")
