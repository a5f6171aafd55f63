"""Worker of the web server: requests that cannot be read are answered with Stemma's own pages.

gunicorn answers them before Django sees them: a request line or headers beyond its limits, or malformed HTTP.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.template.loader import render_to_string
from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

# The pages that say more than "Bad request".
PAGES = {
    HTTPStatus.REQUEST_URI_TOO_LONG: "414.html",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "431.html",
    HTTPStatus.INTERNAL_SERVER_ERROR: "500.html",
}


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's worker with threads, with Stemma's error pages."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Log an error as gunicorn does, and answer it with a page."""
        answer = _Answer()
        super().handle_error(req, answer, addr, exc)
        try:
            util.write_nonblock(client, page_of(answer.status))
        except OSError:
            self.log.debug("Failed to send the page of an error.")


class _Answer:
    """Takes gunicorn's own answer in place of the client's socket, for its status."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, answer: bytes) -> None:
        self.status = HTTPStatus(int(answer.split(b" ", 2)[1]))


def page_of(status: HTTPStatus) -> bytes:
    """Return a whole HTTP response with the page of an error; the connection ends with it."""
    body = render_to_string(PAGES.get(status, "400.html")).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Connection: close\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
