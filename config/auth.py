"""Who is asking: the browser's session or a bearer token."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import AuthenticationError
from ninja.security import HttpBearer, SessionAuth

from config import tokens


class Bearer(HttpBearer):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: HttpRequest, token: str) -> User:
        """Sign the token's owner in for this request; raises AuthenticationError for a dead token."""
        owner = tokens.find_owner(token, now=timezone.now())
        if owner is None:
            raise AuthenticationError
        request.user = owner
        return owner


class Session(SessionAuth):
    """The session cookie; anything but a read also needs the CSRF token."""

    def __call__(self, request: HttpRequest) -> User | None:
        """The signed-in user. A visitor is told to sign in, not that a CSRF token is missing."""
        user: User | None = super().__call__(request) if request.user.is_authenticated else None
        return user


# Bearer first: a program has no CSRF token to show.
SIGNED_IN = [Bearer(), Session()]
