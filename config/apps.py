"""Django's registration of the config app."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers the config app, which holds API tokens and the start-up checks."""

    name = "config"

    def ready(self) -> None:
        """Register the start-up checks."""
        from config import checks  # noqa: F401  (importing registers them)
