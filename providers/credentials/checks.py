"""Start-up check that stored credentials can be decrypted. Starting with a wrong key would let them be overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from django.core import checks
from django.db import ProgrammingError

from providers.credentials.sealing import WrongCredentialsKey, open_sealed
from providers.models import ProviderAccount

# Checked at both ends, oldest and newest: a lost key affects the oldest accounts, a wrong one the newest.
SAMPLED_ACCOUNTS = 10


@checks.register(checks.Tags.database)
def check_credentials_open(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Return an error when no key of STEMMA_CREDENTIALS_KEYS decrypts the credentials of a sample of accounts."""
    for alias in databases or ():
        for sealed in _sample(alias):
            try:
                open_sealed(sealed)
            except (WrongCredentialsKey, ValueError):
                return [_error()]
    return []


def _sample(alias: str) -> list[str]:
    sealed = ProviderAccount.objects.using(alias).values_list("sealed_credentials", flat=True)
    try:
        return list(chain(sealed.order_by("pk")[:SAMPLED_ACCOUNTS], sealed.order_by("-pk")[:SAMPLED_ACCOUNTS]))
    except ProgrammingError:  # Before the first migration there is no table.
        return []


def _error() -> checks.Error:
    return checks.Error(
        "Stored credentials of provider accounts cannot be decrypted with the configured credentials keys.",
        hint=(
            "Add the key they were encrypted with to STEMMA_CREDENTIALS_KEYS, or restore the file it was kept in. "
            "If the key is lost, delete the accounts and connect them again."
        ),
        id="providers.E001",
    )
