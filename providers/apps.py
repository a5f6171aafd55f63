"""Django's registration of the providers app."""

from __future__ import annotations

import logging

from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    """Configuration of the providers app."""

    name = "providers"
    verbose_name = "Providers"

    def ready(self) -> None:
        """Register the start-up checks and the log filter that redacts credentials."""
        from providers.credentials import checks  # noqa: F401  (importing registers them)
        from providers.http import RedactCredentials

        for handler in logging.getLogger().handlers:
            handler.addFilter(RedactCredentials())
