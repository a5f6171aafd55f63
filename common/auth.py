"""The signed-in user of an API request."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest


def request_user(request: HttpRequest) -> User:
    """Who asks; every route that calls this needs a signed-in user."""
    assert isinstance(request.user, User)  # noqa: S101  (for the type checker)
    return request.user
