"""Authentication of API requests: the browser's session or a bearer token."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import AuthenticationError
from ninja.security import HttpBearer, SessionAuth

from config.preferences import time_zone
from config.tokens import store


class Bearer(HttpBearer):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: HttpRequest, token: str) -> User:
        """Sign in the token's owner for this request. Raises AuthenticationError for an unknown or revoked token."""
        owner = store.find_owner(token, now=timezone.now())
        if owner is None:
            raise AuthenticationError
        request.user = owner
        time_zone.activate(owner)
        return owner


class Session(SessionAuth):
    """The session cookie. Requests that write also need the CSRF token."""

    def __call__(self, request: HttpRequest) -> User | None:
        """Return the signed-in user. A visitor gets the sign-in error, not the one about a missing CSRF token."""
        user: User | None = super().__call__(request) if request.user.is_authenticated else None
        if user:
            time_zone.activate(user)
        return user


# Bearer first: programs send no CSRF token.
SIGNED_IN = [Bearer(), Session()]
