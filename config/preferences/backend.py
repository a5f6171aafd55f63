"""Sign-in by password; the signed-in user is read together with the preferences."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User


class UserBackend(ModelBackend):
    """Django's backend, whose users come with their preferences in the same statement."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the user of a session, None when there is none or it is inactive."""
        user = User.objects.select_related("preferences").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
