"""HTTP server of the sandbox: loopback only, with keep-alive and simulated connection failures."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from providers.sandbox.effects import AFTER, BEFORE, names
from providers.sandbox.library.library import GeneratedLibrary, Library
from providers.sandbox.pixverse import endpoints
from providers.sandbox.server import control, files
from providers.sandbox.state.account import Account
from providers.sandbox.state.faults import Faults
from providers.sandbox.state.state import Sandbox, decode_json
from providers.sandbox.wire import Answer, Request

HOST = "127.0.0.1"
SERVER_NAME = "Stemma-Sandbox"
MAX_BODY_BYTES = 128 * 2**20


class SandboxServer:
    """Sandbox server on loopback; a context manager that serves in a thread.

    Args:
        size: items in the generated library, all lists together.
        seed: the same seed gives the same library.
        port: 0 selects a free one.
        access_key: the key to sign in with; generated when not given.
        library: serve this library instead of a generated one.
        faults: enabled faults, in the form that `Faults.add` accepts.
        job_seconds: duration of a submitted job.

    Raises:
        OSError: the port is in use.
    """

    def __init__(
        self,
        *,
        size: int = 500,
        seed: int = 1,
        port: int = 0,
        access_key: str | None = None,
        library: Library | None = None,
        faults: Iterable[str | dict[str, Any]] = (),
        job_seconds: float = 6.0,
    ) -> None:
        switches = Faults(names(), faults, seed)
        self._http = _HttpServer((HOST, port), _Handler)
        self.url = f"http://{HOST}:{self._http.server_address[1]}"
        self.sandbox = Sandbox(
            library or GeneratedLibrary(size, seed, self.url), Account(access_key), switches, self.url, job_seconds
        )
        self._http.sandbox = self.sandbox
        self._thread: threading.Thread | None = None

    @property
    def access_key(self) -> str:
        return self.sandbox.account.access_key

    @property
    def username(self) -> str:
        return self.sandbox.account.username

    @property
    def password(self) -> str:
        return self.sandbox.account.password

    @property
    def faults(self) -> Faults:
        return self.sandbox.faults

    @property
    def library(self) -> Library:
        """The library, including submitted and uploaded items."""
        return self.sandbox.library

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Received requests, oldest first, without their secrets."""
        return self.sandbox.requests()

    def start(self) -> SandboxServer:
        """Serve in a new thread."""
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="sandbox", daemon=True)
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serve in this thread until `stop` is called from another one."""
        self._http.serve_forever()

    def stop(self) -> None:
        """Stop serving, and close all connections."""
        self._http.shutdown()
        self.close()

    def close(self) -> None:
        """Release the port of a server that is not serving."""
        self._http.server_close()
        self._http.close_connections()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    sandbox: Sandbox

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._connections_lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print a traceback, except when the client disconnected."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError | ValueError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Buffered, so that headers and a small body are sent in one packet.
    wbufsize = 64 * 1024
    server: _HttpServer

    def version_string(self) -> str:
        return SERVER_NAME

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Print nothing: requests are recorded for `GET /_sandbox/requests`."""

    def _serve(self) -> None:
        sandbox = self.server.sandbox
        body = self._read_body()
        if body is None:
            self._send(Answer({"message": "Payload Too Large"}, 413, headers={"Connection": "close"}))
            return
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = unquote(parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(self.command, path, query, headers, body, {} if self.command == "PUT" else decode_json(body))
        if not path.startswith("/_sandbox"):
            sandbox.note(request)
        self._send(answer(sandbox, request))

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - the base class names them

    def _read_body(self) -> bytes | None:
        """Return the request's body, sent with a length or in chunks; None when it is too large."""
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length) if length <= MAX_BODY_BYTES else None
        chunks = bytearray()
        while size := int(self.rfile.readline().partition(b";")[0].strip() or b"0", 16):
            chunks += self.rfile.read(size)
            self.rfile.readline()
            if len(chunks) > MAX_BODY_BYTES:
                return None
        while self.rfile.readline().strip():
            pass
        return bytes(chunks)

    def _send(self, answer: Answer) -> None:
        if answer.delay_seconds:
            time.sleep(answer.delay_seconds)
        if answer.cut == "before":
            self._break()
            return
        content = answer.content()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.cut:
            content = content[: len(content) // 2]
        if self.command == "HEAD":
            content = b""
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
        if answer.cut:
            self._break()
        elif answer.headers.get("Connection") == "close":
            self.close_connection = True

    def _break(self) -> None:
        """Reset the connection, even in the middle of a response."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Handle one request, with the faults that apply to it."""
    active = sandbox.faults.active(request)
    early = [BEFORE[fault.name](fault, request, sandbox) for fault in active if fault.name in BEFORE]
    reply = next((given for given in early if given is not None), None)
    if reply is None:
        reply = _route(sandbox, request)
    elif not any(fault.name == "slow" for fault in active):
        return _traced(reply, request)
    for fault in active:
        if fault.name in AFTER and (fault.name == "slow" or all(given is None for given in early)):
            reply = AFTER[fault.name](fault, request, reply)
    return _traced(reply, request)


def _route(sandbox: Sandbox, request: Request) -> Answer:
    if request.path.startswith(f"{endpoints.PREFIX}/"):
        return endpoints.handle(sandbox, request)
    if request.path in ("/", "/device") or request.path.startswith("/_sandbox"):
        return control.handle(sandbox, request)
    if request.method == "PUT" and request.path.startswith("/upload/"):
        return files.store(sandbox, request)
    if request.method == "OPTIONS":
        allowed = {f"Access-Control-Allow-{what}": "*" for what in ("Origin", "Headers", "Methods")}
        return Answer(status=204, body=b"", headers=allowed)
    if request.method in ("GET", "HEAD"):
        return files.fetch(sandbox, request)
    return Answer({"message": "Not Found"}, 404)


def _traced(reply: Answer, request: Request) -> Answer:
    """Echo the trace ID, as the provider may do. Source: provider notes, Pixverse §2.1."""
    if trace := request.headers.get("ai-trace-id"):
        reply.headers.setdefault("ai-trace-id", trace)
    return reply
