"""Django's registration of the library app."""

from __future__ import annotations

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Registers the library app, which has no tables of its own."""

    name = "library"
