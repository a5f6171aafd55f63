"""Django's registration of the lineage app."""

from __future__ import annotations

from django.apps import AppConfig


class LineageConfig(AppConfig):
    """Registers the lineage app and its signal receivers."""

    name = "lineage"
    verbose_name = "Lineage"

    def ready(self) -> None:
        """Connect the receivers, which needs the models loaded."""
        from lineage import receivers  # noqa: F401 - importing connects them
