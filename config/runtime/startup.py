"""Start-up steps of the web server and the worker: join the database, run the checks, freeze loaded objects."""

from __future__ import annotations

import gc

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured


def join_database() -> None:
    """Use the embedded database until this process ends. Does nothing when DATABASE_URL names another server.

    Raises:
        EmbeddedPostgresError: it cannot be started.
    """
    if settings.EMBEDDED_POSTGRES is not None:
        settings.EMBEDDED_POSTGRES.join()


def require_checks_pass() -> None:
    """Run all system checks, including those that read the database. Django must be set up.

    Raises:
        ImproperlyConfigured: a check found an error; the message has the errors and their hints.
    """
    errors = [found for found in checks.run_checks(databases=["default"]) if found.is_serious()]
    if errors:
        sentences = "\n".join(f"- {error.msg} {error.hint or ''}".rstrip() for error in errors)
        raise ImproperlyConfigured(f"Stemma cannot start:\n{sentences}")


def freeze_loaded_objects() -> None:
    """Exclude all objects loaded so far from garbage collection, in long-running processes.

    Scanning them in each collection took a tenth of an import's time.
    """
    gc.freeze()
