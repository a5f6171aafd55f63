"""Bases and helpers of the apps' admin pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyInline = admin.TabularInline[Any, Any]
else:
    AnyModelAdmin = admin.ModelAdmin
    AnyInline = admin.TabularInline


def pretty_json(payload: Any) -> SafeString:
    """A payload as people read JSON."""
    return format_html("<pre>{}</pre>", json.dumps(payload, indent=2, ensure_ascii=False))


class ReadOnlyAdmin(AnyModelAdmin):
    """Rows that come from a provider or a verb: nobody types them in or changes them here."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody; whoever may change them elsewhere may see them."""
        return False


class ReadOnlyInline(AnyInline):
    """Rows that belong to another one, listed on its page."""

    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
