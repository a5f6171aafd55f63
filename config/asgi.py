"""The door for ASGI servers."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

from config import doors

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

doors.join_database()
application = get_asgi_application()
doors.refuse_when_unsound()
