"""URLs of the pages, the JSON API and the admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import include, path, resolve

from config.api import api
from config.forms import SignInForm
from config.preferences.views import preferences
from config.tokens import views as token_pages

handler400 = "config.api_errors.unreadable_page"
handler500 = "config.middleware.unavailable.failed_page"


def health(request: HttpRequest) -> HttpResponseBase:
    """Answer as the API's health operation does, at the address where probes look."""
    answer: HttpResponseBase = resolve("/api/v1/health").func(request)
    return answer


urlpatterns = [
    path("health", health, name="health"),
    path(
        "accounts/sign-in/",
        LoginView.as_view(
            template_name="accounts/sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
        ),
        name="sign-in",
    ),
    path("accounts/sign-out/", LogoutView.as_view(), name="sign-out"),
    path("settings/tokens/", token_pages.token_list, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke/", token_pages.revoke, name="revoke-token"),
    path("settings/preferences/", preferences, name="preferences"),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    path("", include("library.urls")),
    path("", include("assets.urls")),
    path("", include("lineage.urls")),
    path("", include("providers.urls")),
    path("", include("common.runs.urls")),
]
