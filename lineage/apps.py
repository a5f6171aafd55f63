"""Django's registration of the lineage app."""

from __future__ import annotations

from django.apps import AppConfig


class LineageConfig(AppConfig):
    """Registers the lineage app, and what it does when assets are merged or imported."""

    name = "lineage"

    def ready(self) -> None:
        from lineage import receivers  # noqa: F401 - importing connects them, and needs the models loaded
