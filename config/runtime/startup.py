"""Start-up steps of the web server and the worker: database, checks, connections, loaded objects."""

from __future__ import annotations

import gc

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection


def join_database() -> None:
    """Use the embedded database until this process ends. Does nothing when DATABASE_URL names another server.

    Raises:
        EmbeddedPostgresError: it cannot be started.
    """
    if settings.EMBEDDED_POSTGRES is not None:
        settings.EMBEDDED_POSTGRES.join()


def require_checks_pass() -> None:
    """Run all system checks, including those that read the database, and return the connection that they used.

    Django must be set up.

    Raises:
        ImproperlyConfigured: a check found an error; the message has the errors and their hints.
    """
    try:
        errors = [found for found in checks.run_checks(databases=["default"]) if found.is_serious()]
    finally:
        # The thread that starts a server never serves a request, and would keep the connection for ever.
        connection.close()
    if errors:
        sentences = "\n".join(f"- {error.msg} {error.hint or ''}".rstrip() for error in errors)
        raise ImproperlyConfigured(f"Stemma cannot start:\n{sentences}")


def require_free_threads(threads: int) -> None:
    """Check that the threads of a web server cannot use up the database connections, nor slow requests the threads.

    Raises:
        ImproperlyConfigured: the pool is not larger than the number of threads, or no thread is left for others.
    """
    slow = settings.HEAVY_REQUESTS_MAX + settings.PROVIDER_REQUESTS_MAX
    # Of each kind, one more may wait for a moment.
    if 1 < threads < slow + 2:
        raise ImproperlyConfigured(
            f"Of the {threads} threads of the web server, slow requests could use {slow + 2} at a time. Start more, or "
            "set HEAVY_REQUESTS_MAX and PROVIDER_REQUESTS_MAX to less."
        )
    size = settings.DATABASE_POOL_SIZE
    if 0 < size <= threads:
        raise ImproperlyConfigured(
            f"Each of the {threads} threads of the web server can use a database connection, and DATABASE_POOL_SIZE "
            f"is {size}. Set it to {threads + 1} or more, or to 0 for no pool, or start fewer threads."
        )


def close_pool() -> None:
    """Close the pool of database connections before a fork, since its threads do not survive one."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # only PostgreSQL has one


def freeze_loaded_objects() -> None:
    """Exclude all objects loaded so far from garbage collection, in long-running processes.

    Scanning them in each collection took a tenth of an import's time.
    """
    gc.freeze()
