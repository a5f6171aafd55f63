"""Django's registration of the lineage app."""

from __future__ import annotations

from django.apps import AppConfig


class LineageConfig(AppConfig):
    """Registers the lineage app."""

    name = "lineage"
