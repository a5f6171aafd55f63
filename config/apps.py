"""Django's registration of the config app and of the admin."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ConfigConfig(AppConfig):
    """Configuration of the config app, which has the API tokens and the start-up checks."""

    name = "config"

    def ready(self) -> None:
        """Register the start-up checks."""
        from config import checks  # noqa: F401  (importing registers them)


class StemmaAdminConfig(admin_apps.AdminConfig):
    """Configuration of the admin, with Stemma's own site."""

    # It is named in INSTALLED_APPS; the config app's default is the class above.
    default = False
    default_site = "config.administration.site.StemmaAdminSite"
