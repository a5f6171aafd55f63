"""Heavy reads: requests whose queries or answers can take seconds. Only some threads of a web server serve them."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec

import psycopg
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from common.auth import request_user
from common.load.slots import Slots

ViewArguments = ParamSpec("ViewArguments")
View = Callable[Concatenate[HttpRequest, ViewArguments], HttpResponseBase]

CANCEL_AGAIN_MS = 500
CANCEL_TIMEOUT_SECONDS = 2.0


@cache
def slots() -> Slots:
    """The slots of heavy reads in this process."""
    total: int = settings.HEAVY_REQUESTS_MAX
    return Slots(
        total,
        max(total - 1, 1),
        message="Several large searches or reports are being read already. Wait for one of them, or narrow this one.",
    )


@contextmanager
def heavy_read(request: HttpRequest, *, when: bool = True) -> Iterator[None]:
    """Hold a slot for the block, whose queries are cancelled when the client goes away.

    Args:
        request: of a signed-in user.
        when: False for a request that turned out to be light, which needs no slot.

    Raises:
        Busy: no slot is free.
    """
    if not when:
        yield
        return
    with slots().held(request_user(request).pk), cancelled_when_gone(request):
        yield


def heavy(view: View[ViewArguments]) -> View[ViewArguments]:
    """Make a view of signed-in users a heavy read. A streamed response holds its slot to its end."""

    @wraps(view)
    def serve(request: HttpRequest, /, *args: ViewArguments.args, **kwargs: ViewArguments.kwargs) -> HttpResponseBase:
        with ExitStack() as stack:
            stack.enter_context(slots().held(request_user(request).pk))
            with cancelled_when_gone(request):
                response = view(request, *args, **kwargs)
            if isinstance(response, StreamingHttpResponse):
                response.streaming_content = _Parts(response.streaming_content, stack.pop_all())
            return response

    return serve


class _Parts:
    """The parts of a streamed response; closing the response closes them, and frees the slot."""

    def __init__(self, parts: Any, held: ExitStack) -> None:
        self._parts = iter(parts)
        self._held = held

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            part: bytes = next(self._parts)
        except BaseException:
            self.close()
            raise
        return part

    def close(self) -> None:
        self._held.close()


@contextmanager
def cancelled_when_gone(request: HttpRequest) -> Iterator[None]:
    """Cancel the block's queries when the client closes its connection.

    What is being written is finished. Only gunicorn passes the socket on, and only Linux reports its end; elsewhere the
    block just runs.
    """
    client: socket.socket | None = request.META.get("gunicorn.socket")
    if client is None or request.method != "GET" or not hasattr(select, "POLLRDHUP"):
        yield
        return
    connection.ensure_connection()
    ended, ending = socket.socketpair()
    with ended, ending:
        watcher = threading.Thread(
            target=_cancel_when_gone, args=(client.fileno(), ended.fileno(), connection.connection), daemon=True
        )
        watcher.start()
        try:
            yield
        finally:
            ending.send(b"x")
            # Before the connection is used for another request.
            watcher.join()


def _cancel_when_gone(client: int, ended: int, queried: psycopg.Connection[Any]) -> None:
    ending, leaving = select.poll(), select.poll()
    ending.register(ended, select.POLLIN)
    for descriptor, event in ((ended, select.POLLIN), (client, select.POLLRDHUP)):
        leaving.register(descriptor, event)
    leaving.poll()
    # A request to cancel is lost between two queries, so it is repeated.
    while not ending.poll(0):
        try:
            queried.cancel_safe(timeout=CANCEL_TIMEOUT_SECONDS)
        except psycopg.Error:
            return
        ending.poll(CANCEL_AGAIN_MS)
