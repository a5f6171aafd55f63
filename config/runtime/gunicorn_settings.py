"""Settings of gunicorn, as `--config python:config.runtime.gunicorn_settings`."""

from __future__ import annotations

worker_class = "config.runtime.web_worker.WebWorker"
control_socket_disable = True
# The most that gunicorn allows. A search for 500 Chinese characters is an address of 4,500 bytes.
limit_request_line = 8190
