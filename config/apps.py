"""Django's registration of the config app and of the admin."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin_apps

SECTION_NAMES = {"auth": "People", "axes": "Sign-ins", "procrastinate": "Queue"}


class ConfigConfig(AppConfig):
    """Configuration of the config app, which has the API tokens and the start-up checks."""

    name = "config"
    verbose_name = "API"

    def ready(self) -> None:
        """Register the start-up checks."""
        from config import checks  # noqa: F401  (importing registers them)


class StemmaAdminConfig(admin_apps.AdminConfig):
    """Configuration of the admin, with Stemma's own site."""

    # It is named in INSTALLED_APPS; the config app's default is the class above.
    default = False
    default_site = "config.administration.site.StemmaAdminSite"

    def ready(self) -> None:
        """Register the pages, and give the sections of other packages plain names."""
        super().ready()
        for label, name in SECTION_NAMES.items():
            apps.get_app_config(label).verbose_name = name
