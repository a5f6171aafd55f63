"""Loopback server with scripted responses, which records the requests."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Told:
    """One answer.

    `trickle_seconds` is the pause between its bytes; `promised` a length it does not keep; `is_bare` means that the
    body is all that is sent, status line and headers included.
    """

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    trickle_seconds: float = 0.0
    promised: int | None = None
    is_bare: bool = False


def envelope(resp: Any, *, code: int = 0, text: str = "Success", status: int = 200, **headers: str) -> Told:
    """An answer in the provider's envelope."""
    body = orjson.dumps({"ErrCode": code, "ErrMsg": text, "Resp": resp})
    return Told(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class AnsweringServer:
    """Server that sends its responses in order, then repeats the last one. A context manager."""

    def __init__(self, *answers: Told) -> None:
        self.asked: list[Asked] = []
        self._answers = deque(answers)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def next(self) -> Told:
        """Return the next response."""
        return self._answers.popleft() if len(self._answers) > 1 else self._answers[0]

    def __enter__(self) -> AnsweringServer:
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()


def _handler(server: AnsweringServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append(Asked(self.command, self.path, headers, orjson.loads(body) if body else None))
            told = server.next()
            time.sleep(told.delay_seconds)
            # The client may have disconnected, as some tests require.
            with contextlib.suppress(OSError):
                self._send(told)

        def _send(self, told: Told) -> None:
            if not told.is_bare:
                self._send_head(told)
            if not told.trickle_seconds:
                self.wfile.write(told.body)
                return
            for place in range(len(told.body)):
                self.wfile.write(told.body[place : place + 1])
                self.wfile.flush()
                time.sleep(told.trickle_seconds)

        def _send_head(self, told: Told) -> None:
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body) if told.promised is None else told.promised))
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            """Print nothing."""

    return Handler
