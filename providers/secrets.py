"""Seals credentials before they are stored and opens them to speak to a provider."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from common.errors import AppError


class WrongCredentialsKey(AppError):
    """None of the credentials keys opens what was sealed; the message holds neither key nor credentials."""

    http_status = 503
    code = "credentials_sealed"
    title = "The stored credentials cannot be opened"

    def __init__(self) -> None:
        super().__init__(
            "No key in STEMMA_CREDENTIALS_KEYS opens the stored credentials. Put back the key they were sealed with."
        )


def seal(values: Mapping[str, str]) -> str:
    """Encrypt credentials, field name to value, with the newest key; the answer is text safe to store."""
    return _keys().encrypt(orjson.dumps(dict(values))).decode()


def open_sealed(sealed: str) -> dict[str, str]:
    """Decrypt what `seal` made. Raises WrongCredentialsKey when no key of settings.STEMMA_CREDENTIALS_KEYS opens it."""
    try:
        opened: dict[str, str] = orjson.loads(_keys().decrypt(sealed.encode()))
    except InvalidToken:
        raise WrongCredentialsKey from None
    return opened


def reseal(sealed: str) -> str:
    """Seal again with the newest key. Raises WrongCredentialsKey when no key opens it."""
    try:
        return _keys().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise WrongCredentialsKey from None


def is_sealed_with_newest_key(sealed: str) -> bool:
    """Whether the newest key alone opens it, so that older keys could go."""
    try:
        Fernet(settings.STEMMA_CREDENTIALS_KEYS[0]).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


def _keys() -> MultiFernet:
    return _multi_fernet(tuple(settings.STEMMA_CREDENTIALS_KEYS))


@lru_cache(maxsize=4)
def _multi_fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
