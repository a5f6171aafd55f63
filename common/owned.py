"""Base classes for rows that belong to one user; queries are limited to the rows of that user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


RowT = TypeVar("RowT", bound=models.Model)


class OwnedQuerySet(models.QuerySet[RowT]):
    """Queryset of a table whose rows have an owner."""

    def owned_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the rows of one user; none for an anonymous visitor."""
        return self.filter(owner_id=user.pk)


class OwnedModel(models.Model):
    """A row with an owner."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
