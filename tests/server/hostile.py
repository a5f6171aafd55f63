"""A provider whose answers are made to exhaust their reader."""

from __future__ import annotations

import contextlib
import threading
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE
HEAD, TAIL = b'{"ErrCode":0,"ErrMsg":"Success","Resp":{"total":1,"data":', b"}}"

Parts = Callable[[], Iterator[bytes]]


def _list_of(row: bytes, times: int) -> Iterator[bytes]:
    yield HEAD + b"["
    at_once = max(MEBIBYTE // len(row), 1)
    for _ in range(times // at_once):
        yield (row + b",") * at_once
    yield row + b"]" + TAIL


def _endless() -> Iterator[bytes]:
    yield HEAD + b"["
    while True:
        yield b'{"video_id":1},' * 10_000


def _large() -> Iterator[bytes]:
    yield HEAD + b'["'
    for _ in range(GIBIBYTE // MEBIBYTE):
        yield b"x" * MEBIBYTE
    yield b'"]' + TAIL


def _deep() -> Iterator[bytes]:
    yield HEAD + b"[" * MEBIBYTE + b"]" * MEBIBYTE + TAIL


def _many_keys() -> Iterator[bytes]:
    yield HEAD + b"[{"
    for number in range(3_000_000):
        yield b'"k%d":%d,' % (number, number)
    yield b'"z":1}]' + TAIL


def _keys_within_bounds() -> Iterator[bytes]:
    yield HEAD + b"[{"
    for number in range(90_000):
        yield b'"key %d":%d,' % (number, number)
    yield b'"z":1}]' + TAIL


def _texts_within_bounds() -> Iterator[bytes]:
    # The emoji makes four bytes of each other character of a text, and NUL needs the slow parser.
    text = '"😀\\u0000' + "x" * 100_000 + '"'
    yield from (HEAD, b'[{"text":[', b",".join([text.encode()] * 40), b"]}]", TAIL)


def _numbers() -> Iterator[bytes]:
    yield HEAD + b"[" + b"9" * (3 * MEBIBYTE) + b"]" + TAIL


def _gzipped(parts: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    yield from (packed for part in parts if (packed := packer.compress(part)))
    yield packer.flush()


@cache
def _large_gzipped() -> bytes:
    return b"".join(_gzipped(_large()))


def _many_rows() -> Iterator[bytes]:
    return _list_of(b"{}", 10_000_000)


# Name → content encoding, body.
ANSWERS: dict[str, tuple[str, Parts]] = {
    "endless": ("", _endless),
    "endless, gzipped": ("gzip", lambda: _gzipped(_endless())),
    "one GB": ("", _large),
    "one GB, gzipped": ("gzip", lambda: iter([_large_gzipped()])),
    "one GB, gzipped twice": ("gzip, gzip", lambda: _gzipped(iter([_large_gzipped()]))),
    "deep": ("", _deep),
    "many keys": ("", _many_keys),
    "many keys within bounds": ("", _keys_within_bounds),
    "many rows": ("", _many_rows),
    "many rows, gzipped": ("gzip", lambda: _gzipped(_many_rows())),
    "many nulls": ("", lambda: _list_of(b"null", 2_000_000)),
    "long texts within bounds": ("", _texts_within_bounds),
    "a number of three million digits": ("", _numbers),
}


class HostileServer:
    """Sends the answer that `answer` names to each request, for as long as it is read. A context manager."""

    def __init__(self) -> None:
        self.answer = "deep"
        self.requests = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> HostileServer:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()


def _handler(server: HostileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.requests += 1
            encoding, parts = ANSWERS[server.answer]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            if encoding:
                self.send_header("Content-Encoding", encoding)
            self.end_headers()
            with contextlib.suppress(OSError):
                for part in parts():
                    self.wfile.write(part)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            """Print nothing."""

    return Handler
