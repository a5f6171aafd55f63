"""The signed-in user of an API request."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest


def request_user(request: HttpRequest) -> User:
    """Return the signed-in user. Call it only from routes that require sign-in."""
    assert isinstance(request.user, User)  # noqa: S101  (for the type checker)
    return request.user
