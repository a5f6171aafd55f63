"""Django's registration of the generations app."""

from __future__ import annotations

from django.apps import AppConfig


class GenerationsConfig(AppConfig):
    """Registers the generations app."""

    name = "generations"
