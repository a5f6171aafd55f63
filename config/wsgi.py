"""Entry point for WSGI servers."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from config.runtime import startup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

startup.join_database()
application = get_wsgi_application()
startup.require_checks_pass()
startup.freeze_loaded_objects()
