"""Django's registration of the providers app."""

from __future__ import annotations

from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    """Registers the providers app."""

    name = "providers"
