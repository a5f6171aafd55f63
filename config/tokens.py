"""Issues, finds and revokes API tokens."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from config.models import ApiToken

PREFIX = "stemma_"
# What lists show of a token: its prefix and a few characters, too few to guess the rest from.
SHOWN_CHARACTERS = len(PREFIX) + 4
# A busy client would otherwise write its token's row with each request.
LAST_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token's row, and the token itself, which nothing can show again."""

    row: ApiToken
    token: str


def issue(owner: User, *, name: str, now: datetime) -> IssuedToken:
    """Make a token that signs in as its owner until it is revoked.

    Args:
        owner: whom it signs in as.
        name: what its owner calls it, 1–80 characters.
        now: the time it is issued at.
    """
    return keep(owner, name=name, token=generate(), now=now)


def generate() -> str:
    """A new token of 256 random bits, which signs in as nobody until it is kept."""
    return PREFIX + secrets.token_urlsafe(32)


def keep(owner: User, *, name: str, token: str, now: datetime) -> IssuedToken:
    """Let a token that was made elsewhere sign in as its owner; an already known one is left as it is."""
    row, _ = ApiToken.objects.get_or_create(
        digest=_digest(token),
        defaults={"owner": owner, "name": name, "prefix": token[:SHOWN_CHARACTERS], "created_at": now},
    )
    return IssuedToken(row=row, token=token)


def find_owner(token: str, *, now: datetime) -> User | None:
    """Whom a token signs in as: None when it is unknown or revoked, or its owner may not sign in."""
    row = ApiToken.objects.select_related("owner").filter(digest=_digest(token), revoked_at=None).first()
    if row is None or not row.owner.is_active:
        return None
    if row.last_used_at is None or row.last_used_at <= now - LAST_USED_STEP:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row.owner


def revoke(row: ApiToken, *, now: datetime) -> None:
    """Stop a token from signing in; revoking it again changes nothing."""
    ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now)


def _digest(token: str) -> str:
    # A token holds 256 random bits, so a plain hash cannot be searched: no salt or slow hash is needed.
    return hashlib.sha256(token.encode()).hexdigest()
