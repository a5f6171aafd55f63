"""HEAD requests: answered wherever GET is, as GET, without the body."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase


class HeadAsGet:
    """Middleware: views and routes see a GET, the client receives its status and headers.

    Source: RFC 9110 §9.1, general-purpose servers must support GET and HEAD.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, a HEAD as GET."""
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = request.META["REQUEST_METHOD"] = "GET"
        response = self.get_response(request)
        request.method = request.META["REQUEST_METHOD"] = "HEAD"
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = iter(())
        elif isinstance(response, HttpResponse):
            # The length of the body that GET would have sent.
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response
