"""The door for WSGI servers."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from config import doors

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

doors.join_database()
application = get_wsgi_application()
doors.refuse_when_unsound()
