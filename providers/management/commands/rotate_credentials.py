"""`manage.py rotate_credentials`: re-encrypt all stored credentials with the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from providers.credentials.sealing import WrongCredentialsKey, is_sealed_with_newest_key, reseal
from providers.models import ProviderAccount

BATCH_SIZE = 500


class Command(BaseCommand):
    """Run it after adding a key to the front of STEMMA_CREDENTIALS_KEYS; then remove the older keys."""

    help = "Re-encrypt all stored credentials with the first key of STEMMA_CREDENTIALS_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Re-encrypt all accounts in batches; those already encrypted with the newest key are skipped."""
        resealed = unopened = 0
        for pk, sealed in self._sealed():
            try:
                resealed += self._reseal(pk, sealed)
            except WrongCredentialsKey:
                unopened += 1
        self.stdout.write(f"Re-encrypted {resealed} of {ProviderAccount.objects.count()} accounts.")
        if unopened:
            raise CommandError(f"No key decrypts the credentials of {unopened} accounts; they were not changed.")

    def _sealed(self) -> Any:
        accounts = ProviderAccount.objects.order_by("pk").values_list("pk", "sealed_credentials")
        return accounts.iterator(chunk_size=BATCH_SIZE)

    def _reseal(self, pk: int, sealed: str) -> int:
        if is_sealed_with_newest_key(sealed):
            return 0
        # Only if they were not changed meanwhile; new credentials are encrypted with the newest key anyway.
        same = ProviderAccount.objects.filter(pk=pk, sealed_credentials=sealed)
        return same.update(sealed_credentials=reseal(sealed))
