"""Start-up steps of the web server and the worker: join the database, check it, freeze what is loaded."""

from __future__ import annotations

import gc

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured


def join_database() -> None:
    """Use the embedded database for the rest of this process's life; nothing to do where DATABASE_URL names another.

    Raises:
        EmbeddedPostgresError: it cannot be started.
    """
    if settings.EMBEDDED_POSTGRES is not None:
        settings.EMBEDDED_POSTGRES.join()


def refuse_when_unsound() -> None:
    """Run every check, those that read the database included. Django must be set up.

    Raises:
        ImproperlyConfigured: a check found an error; the message says which and what to do.
    """
    errors = [found for found in checks.run_checks(databases=["default"]) if found.is_serious()]
    if errors:
        sentences = "\n".join(f"- {error.msg} {error.hint or ''}".rstrip() for error in errors)
        raise ImproperlyConfigured(f"Stemma does not start:\n{sentences}")


def freeze_loaded_objects() -> None:
    """Exclude everything that is loaded by now from garbage collection; for processes that run long.

    The collector searched all of it again and again, which took a tenth of an import's time.
    """
    gc.freeze()
