"""Models of the app: preferences, and API tokens, of which only a hash is stored."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from common.owned import OwnedModel, OwnedQuerySet
from config.preferences.models import Preferences

__all__ = ["ApiToken", "Preferences"]


class ApiToken(OwnedModel):
    """Token that signs a program in as its owner. The token itself is shown once, when it is issued."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=20)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[OwnedQuerySet[ApiToken]] = OwnedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "API token"
        verbose_name_plural = "API tokens"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="config_token_has_name"),
            models.CheckConstraint(condition=models.Q(digest__regex="^[0-9a-f]{64}$"), name="config_token_digest_hex"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
