"""Django's registration of the config app."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Configuration of the config app, which has the API tokens and the start-up checks."""

    name = "config"

    def ready(self) -> None:
        """Register the start-up checks."""
        from config import checks  # noqa: F401  (importing registers them)
