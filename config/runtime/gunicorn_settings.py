"""Settings of gunicorn, as `--config python:config.runtime.gunicorn_settings`."""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

worker_class = "config.runtime.web_worker.WebWorker"
control_socket_disable = True
# The most that gunicorn allows. A search for 500 Chinese characters is an address of 4,500 bytes.
limit_request_line = 8190


def on_starting(server: Any) -> None:
    """Refuse settings with which a few requests could stop all others."""
    from django.core.exceptions import ImproperlyConfigured

    from config.runtime import startup

    try:
        startup.require_free_threads(server.cfg.threads)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
