"""Admin pages of API tokens, which are made and revoked here, and of people's preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from common.admin import ReadOnlyAdmin
from config.administration import vendor  # noqa: F401  (importing registers its pages)
from config.models import ApiToken
from config.preferences.models import Preferences
from config.tokens import store
from config.tokens.forms import OwnedTokenForm

if TYPE_CHECKING:
    TokenModelAdmin = admin.ModelAdmin[ApiToken]
else:
    TokenModelAdmin = admin.ModelAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(TokenModelAdmin):
    """API tokens with owner and last use. A made token is shown by the answer to its form, and never again."""

    form = OwnedTokenForm
    list_display = ("name", "owner", "prefix", "created_at", "last_used_at", "revoked_at")
    list_filter = ("revoked_at", "last_used_at")
    search_fields = ("name", "prefix", "owner__username")
    list_select_related = ("owner",)
    date_hierarchy = "created_at"
    fields = ("owner", "name", "prefix", "created_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """Return the fields that a new token needs, or all fields of a stored one."""
        return self.fields if obj else ("owner", "name")

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Return False: programs use a token as it was made. The change permission allows to revoke it."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Return True for users who may change tokens."""
        return request.user.has_perm("config.change_apitoken")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the person as the owner; only a superuser may make tokens that sign in as somebody else."""
        people = User.objects.filter(is_active=True).order_by("username")
        user = cast(User, request.user)
        kwargs |= {"queryset": people if user.is_superuser else people.filter(pk=user.pk), "initial": user.pk}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Issue the token. `response_add` finds it in the row that the form made."""
        issued = store.issue(obj.owner, name=obj.name, now=timezone.now())
        vars(obj).update(vars(issued.row), issued=issued)

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """Show the token once. A redirect would need a message or the session, which store what they show."""
        context = {**self.admin_site.each_context(request), "title": "Token made", "issued": vars(obj)["issued"]}
        response = render(request, "admin/config/apitoken/issued.html", context)
        add_never_cache_headers(response)
        return response

    @admin.action(description="Revoke the selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Revoke the selected tokens."""
        now = timezone.now()
        for row in queryset:
            store.revoke(row, now=now)


@admin.register(Preferences)
class PreferencesAdmin(ReadOnlyAdmin):
    """Preferences of all people."""

    reason = "Everybody sets their own preferences, on the page Preferences."
    list_display = ("owner", "time_zone")
    list_filter = ("time_zone",)
    list_select_related = ("owner",)
    search_fields = ("owner__username__exact",)
    search_help_text = "An owner."
    ordering = ("owner__username", "pk")
    fields = ("owner", "time_zone")
