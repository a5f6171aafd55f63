"""The admin site: rules for the pages of all models, Stemma's own and those of other packages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import AnyModelAdmin


class GuardedAdmin(AnyModelAdmin):
    """Rules of every admin page. `StemmaAdminSite` puts them above each registered class."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions that the person may run. An action that names no permission is never offered or run."""
        offered: dict[str, Any] = super().get_actions(request)
        return {name: action for name, action in offered.items() if getattr(action[0], "allowed_permissions", None)}


class StemmaAdminSite(admin.AdminSite):
    """Admin site whose pages all follow `GuardedAdmin`."""

    def register(self, model_or_iterable: Any, admin_class: type[Any] | None = None, **options: Any) -> None:
        """Register models with a subclass of their admin class and of `GuardedAdmin`."""
        base = admin_class or admin.ModelAdmin
        guarded = type(base.__name__, (GuardedAdmin, base), {"__module__": base.__module__, "__doc__": base.__doc__})
        super().register(model_or_iterable, guarded, **options)
