"""Refuses to start when stored credentials cannot be opened, rather than let them be overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from django.core import checks
from django.db import ProgrammingError

from providers.models import ProviderAccount
from providers.secrets import WrongCredentialsKey, open_sealed

# The oldest and the newest: a lost key shows at the one end, a wrong one at the other.
SAMPLED_ACCOUNTS = 10


@checks.register(checks.Tags.database)
def check_credentials_open(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Find credentials that no key of STEMMA_CREDENTIALS_KEYS opens, in a sample of the accounts."""
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
        "Stored credentials of provider accounts cannot be opened with the credentials keys there are.",
        hint=(
            "Put the key they were sealed with back into STEMMA_CREDENTIALS_KEYS, or into the file it was kept in. "
            "If it is lost for good, remove the accounts, and connect them again."
        ),
        id="providers.E001",
    )
