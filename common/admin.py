"""Base classes and helpers for the admin pages of the apps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

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
    """Return a payload as indented JSON in a `<pre>` element."""
    return format_html("<pre>{}</pre>", json.dumps(payload, indent=2, ensure_ascii=False))


class ReadOnlyAdmin(AnyModelAdmin):
    """Admin page for rows that imports or other operations create; they are neither added nor changed here.

    `reason` is the sentence on a row's page that says why.
    """

    reason: ClassVar[str]
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: rows are created by imports and other operations only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False. The model's change permission still allows viewing."""
        return False

    def reason_for(self, row: Any) -> str:
        """Return why a row cannot be changed here, "" when it can be."""
        return self.reason

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Render the page of a row with the reason why it is read-only."""
        row = context.get("original")
        context["read_only_reason"] = "" if row is None else self.reason_for(row)
        return super().render_change_form(request, context, *args, **kwargs)


class ReadOnlyInline(AnyInline):
    """Inline list of the rows that belong to the row being shown."""

    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: rows are created by imports and other operations only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: rows are read-only here."""
        return False
