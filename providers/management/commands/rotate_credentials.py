"""Seals the credentials of every account again with the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from providers.models import ProviderAccount
from providers.secrets import WrongCredentialsKey, is_sealed_with_newest_key, reseal

BATCH_SIZE = 500


class Command(BaseCommand):
    """Run after a key was put first in STEMMA_CREDENTIALS_KEYS; then the older ones may go. May be run at any time."""

    help = "Seal all stored credentials again with the first key of STEMMA_CREDENTIALS_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through all accounts in batches; what the newest key already opens is left alone."""
        resealed = unopened = 0
        for pk, sealed in self._sealed():
            try:
                resealed += self._reseal(pk, sealed)
            except WrongCredentialsKey:
                unopened += 1
        self.stdout.write(f"Sealed {resealed} of {ProviderAccount.objects.count()} accounts again.")
        if unopened:
            raise CommandError(f"No key opens the credentials of {unopened} accounts; they were left as they are.")

    def _sealed(self) -> Any:
        accounts = ProviderAccount.objects.order_by("pk").values_list("pk", "sealed_credentials")
        return accounts.iterator(chunk_size=BATCH_SIZE)

    def _reseal(self, pk: int, sealed: str) -> int:
        if is_sealed_with_newest_key(sealed):
            return 0
        # Only if nobody has changed them meanwhile; what is new is sealed with the newest key anyway.
        same = ProviderAccount.objects.filter(pk=pk, sealed_credentials=sealed)
        return same.update(sealed_credentials=reseal(sealed))
