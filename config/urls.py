"""Where every address leads: pages, the JSON API and the admin."""

from __future__ import annotations

from importlib import import_module

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from config.api import api


def _is_there(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True


urlpatterns = [
    path(
        "accounts/sign-in/",
        LoginView.as_view(template_name="accounts/sign_in.html", redirect_authenticated_user=True),
        name="sign-in",
    ),
    path("accounts/sign-out/", LogoutView.as_view(), name="sign-out"),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    *(path("", include(f"{app}.urls")) for app in ("assets", "lineage", "providers") if _is_there(f"{app}.urls")),
]
