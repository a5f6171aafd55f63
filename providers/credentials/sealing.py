"""Encryption of stored credentials."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from common.errors import AppError


class WrongCredentialsKey(AppError):
    """No credentials key decrypts the stored credentials; the message holds neither key nor credentials."""

    http_status = 503
    code = "credentials_sealed"
    title = "The stored credentials cannot be decrypted"

    def __init__(self) -> None:
        super().__init__(
            "No key in STEMMA_CREDENTIALS_KEYS decrypts the stored credentials. Add the key they were encrypted with."
        )


def seal(values: Mapping[str, str]) -> str:
    """Encrypt credentials (field name → value) with the newest key; return text that is safe to store."""
    return _keys().encrypt(orjson.dumps(dict(values))).decode()


def open_sealed(sealed: str) -> dict[str, str]:
    """Decrypt text from `seal`. Raises WrongCredentialsKey when no key of settings.STEMMA_CREDENTIALS_KEYS fits."""
    try:
        opened: dict[str, str] = orjson.loads(_keys().decrypt(sealed.encode()))
    except InvalidToken:
        raise WrongCredentialsKey from None
    return opened


def reseal(sealed: str) -> str:
    """Encrypt again with the newest key. Raises WrongCredentialsKey when no key decrypts the text."""
    try:
        return _keys().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise WrongCredentialsKey from None


def is_sealed_with_newest_key(sealed: str) -> bool:
    """Return True when the newest key alone decrypts the text, so that older keys can be removed."""
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
