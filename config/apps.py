"""Django's registration of the config app."""

from __future__ import annotations

import gc

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers the config app, which holds API tokens and the start-up checks."""

    name = "config"

    def ready(self) -> None:
        """Register the start-up checks."""
        from config import checks  # noqa: F401  (importing registers them)

        # What is loaded by now stays for the life of the process. The search for garbage went through all of it again
        # and again, which took a tenth of an import's time.
        gc.freeze()
