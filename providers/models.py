"""Model of provider accounts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from common.owned import OwnedModel, OwnedQuerySet


class AccountState(models.TextChoices):
    """Last known state of an account at its provider."""

    UNTESTED = "untested", "Not tested yet"
    ACTIVE = "active", "Ready"
    NEEDS_SIGN_IN = "needs_sign_in", "Needs a new sign-in"
    NO_CREDIT = "no_credit", "Out of credits"
    UNREACHABLE = "unreachable", "Could not be reached"


class ProviderAccount(OwnedModel):
    """One login at one provider. Credentials are stored encrypted and decrypted only for requests to the provider."""

    provider_id = models.CharField(max_length=40)
    label = models.CharField(max_length=80)
    base_url = models.URLField(max_length=300, blank=True)
    sealed_credentials = models.TextField(editable=False)
    is_enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=20, choices=AccountState.choices, default=AccountState.UNTESTED)
    state_detail = models.CharField(max_length=300, blank=True)
    display_name = models.CharField(max_length=120, blank=True)
    balances = models.JSONField(default=list, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects: ClassVar[models.Manager[ProviderAccount]] = OwnedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "provider_id", "label"], name="providers_account_unique_label"),
            models.UniqueConstraint(fields=["id", "owner"], name="providers_account_id_owner"),
            models.CheckConstraint(
                condition=models.Q(state__in=AccountState.values), name="providers_account_state_known"
            ),
            models.CheckConstraint(condition=~models.Q(label=""), name="providers_account_has_label"),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} · {self.label}"
