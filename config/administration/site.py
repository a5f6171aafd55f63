"""The admin site: rules for the pages of all models, Stemma's own and those of other packages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import chain
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import date_hierarchy
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin import AnyModelAdmin

# What Django, psycopg or PostgreSQL raise for a value that a filter cannot have. Seen with Django 5.2: a NUL character,
# the year 99999 (ValueError), a number of 40 digits, a range of one value (IndexError).
UNUSABLE_FILTER = (IncorrectLookupParameters, ValueError, TypeError, IndexError, OverflowError, DataError)


class GuardedAdmin(AnyModelAdmin):
    """Rules of every admin page. `StemmaAdminSite` puts them above each registered class."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions that the person may run. An action that names no permission is never offered or run.

        Each leaves a log entry for each selected row. Django's own deletion writes its entries itself.
        """
        offered: dict[str, Any] = super().get_actions(request)
        return {
            name: (function if function is delete_selected else _logged(function, str(words)), name, words)
            for name, (function, _, words) in offered.items()
            if getattr(function, "allowed_permissions", None)
        }

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list with its rows read. Raises BadRequest for filters that no query can have.

        Django reads rows and dates while it renders the page, where such a filter is a server error.
        """
        _require_keys(self, request)
        try:
            listed = super().get_changelist_instance(request)
            len(listed.result_list)
            _read_dates(listed)
        except UNUSABLE_FILTER as error:
            if not request.GET:
                raise
            raise BadRequest(f"These filters cannot be applied: {error}") from error
        return listed


class StemmaAdminSite(admin.AdminSite):
    """Admin site whose pages all follow `GuardedAdmin`."""

    site_header = "Stemma"
    site_title = "Stemma"
    index_title = "Administration"

    def register(self, model_or_iterable: Any, admin_class: type[Any] | None = None, **options: Any) -> None:
        """Register models with a subclass of their admin class and of `GuardedAdmin`."""
        base = admin_class or admin.ModelAdmin
        guarded = type(base.__name__, (GuardedAdmin, base), {"__module__": base.__module__, "__doc__": base.__doc__})
        super().register(model_or_iterable, guarded, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return a view for people of the staff. It raises BadRequest for NUL characters, which no column holds."""

        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if any("\0" in text for text in chain(request.GET, *(values for _, values in request.GET.lists()))):
                raise BadRequest("The address contains a NUL character.")
            return view(request, *args, **kwargs)

        return super().admin_view(checked, cacheable)


def _logged(action: Callable[..., Any], words: str) -> Callable[..., Any]:
    """Return an action that writes a log entry for each selected row when it has run."""

    @wraps(action)
    def run(page: AnyModelAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        rows = list(queryset)
        answer = action(page, request, queryset)
        if answer is None and rows:
            LogEntry.objects.log_actions(cast(User, request.user).pk, rows, CHANGE, f"Action: {words}.")
        return answer

    return run


def _require_keys(page: AnyModelAdmin, request: HttpRequest) -> None:
    """Raise BadRequest when the selected rows of an action are named by texts that are no keys."""
    try:
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            page.opts.pk.to_python(key)
    except ValidationError as error:
        raise BadRequest("The selected rows are not rows of this list.") from error


def _read_dates(listed: ChangeList) -> None:
    if listed.date_hierarchy and any(name.startswith(f"{listed.date_hierarchy}__") for name in listed.params):
        date_hierarchy(listed)
