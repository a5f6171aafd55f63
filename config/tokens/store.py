"""Issue, look up and revoke API tokens."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from config.models import ApiToken

NAME_LENGTH_MAX = 80
PREFIX = "stemma_"
# The part of a token that lists show: its prefix and a few characters, too few to guess the rest.
SHOWN_CHARACTERS = len(PREFIX) + 4
# Precision of `last_used_at`; otherwise every request would write its token's row.
LAST_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """New token with its row; the token cannot be shown again."""

    row: ApiToken
    token: str


def issue(owner: User, *, name: str, now: datetime) -> IssuedToken:
    """Create a token that signs in as its owner until it is revoked.

    Args:
        owner: the user it signs in.
        name: the owner's name for it, 1–80 characters.
        now: the time of issue.
    """
    return keep(owner, name=name, token=generate(), now=now)


def generate() -> str:
    """Return a new token of 256 random bits. It is not valid until `keep` stores it."""
    return PREFIX + secrets.token_urlsafe(32)


def keep(owner: User, *, name: str, token: str, now: datetime) -> IssuedToken:
    """Store a token from `generate`, so that it signs in as its owner. An already stored one is not changed."""
    row, _ = ApiToken.objects.get_or_create(
        digest=_digest(token),
        defaults={"owner": owner, "name": name, "prefix": token[:SHOWN_CHARACTERS], "created_at": now},
    )
    return IssuedToken(row=row, token=token)


def find_owner(token: str, *, now: datetime) -> User | None:
    """Return the user a token signs in; None when it is unknown or revoked, or its owner is inactive."""
    row = ApiToken.objects.select_related("owner__preferences").filter(digest=_digest(token), revoked_at=None).first()
    if row is None or not row.owner.is_active:
        return None
    if row.last_used_at is None or row.last_used_at <= now - LAST_USED_STEP:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row.owner


def revoke(row: ApiToken, *, now: datetime) -> None:
    """Revoke a token; revoking it again changes nothing."""
    ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now)


def _digest(token: str) -> str:
    # A token has 256 random bits, so its hash cannot be brute-forced: no salt or slow hash is needed.
    return hashlib.sha256(token.encode()).hexdigest()
