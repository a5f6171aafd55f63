"""The base of every table: a row belongs to one user and is only ever looked for among that user's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


RowT = TypeVar("RowT", bound=models.Model)


class OwnedQuerySet(models.QuerySet[RowT]):
    """Filters every owned table shares."""

    def owned_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Only the rows of one user; none at all for a visitor."""
        return self.filter(owner_id=user.pk)


class OwnedModel(models.Model):
    """A row with an owner."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
