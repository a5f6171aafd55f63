"""Shows each person's pages in their own time zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from config.preferences import time_zone

# The API activates the zone when it has signed the person in; health is answered without a database.
OTHERS = ("/api/", "/health")


class TimeZone:
    """Middleware: the current time zone is the signed-in person's during a request for a page.

    It is read with the user, so that no request takes a statement more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, then reset the thread's time zone."""
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: object, args: Any, kwargs: Any) -> None:
        """Activate the person's time zone before a view runs."""
        if not request.path.startswith(OTHERS):
            time_zone.activate(request.user)
