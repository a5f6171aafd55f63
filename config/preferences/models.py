"""Model of a person's preferences."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from common.owned import OwnedModel


class Preferences(OwnedModel):
    """Preferences of one person; `time_zone` is the name of a zone, "" for the one of the installation."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    time_zone = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of {self.owner_id}"
