"""Django's registration of the assets app."""

from __future__ import annotations

from django.apps import AppConfig


class AssetsConfig(AppConfig):
    """Registers the assets app."""

    name = "assets"
    verbose_name = "Library"
