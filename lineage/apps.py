"""Django's registration of the lineage app."""

from __future__ import annotations

from django.apps import AppConfig


class LineageConfig(AppConfig):
    """Registers the lineage app, what it does when assets are merged or imported, and what the library asks of it."""

    name = "lineage"

    def ready(self) -> None:
        from assets import ancestry
        from lineage import receivers  # noqa: F401 - importing connects them, and needs the models loaded
        from lineage.closure.subqueries import LineageAncestry

        ancestry.register(LineageAncestry())
