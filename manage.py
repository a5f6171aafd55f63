#!/usr/bin/env python
"""Django's command line. It starts the embedded database for the commands that need one."""

from __future__ import annotations

import os
import sys

NEED_NO_DATABASE = {
    "",
    "--help",
    "--version",
    "-h",
    "check",
    "collectstatic",
    "compilemessages",
    "demo",  # joins the database itself, after checking that its ports are free
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "sandbox",
    "startapp",
    "startproject",
    "version",
}
# Commands that serve requests or jobs; they do not start when a system check finds an error.
SERVING = {"procrastinate", "runserver", "worker"}


def main() -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    command = next(iter(sys.argv[1:]), "")
    asks_for_help = {"-h", "--help"} & set(sys.argv)
    names_database = any(argument.startswith("--database") for argument in sys.argv)
    if (command not in NEED_NO_DATABASE or names_database) and not asks_for_help:
        _open_database(serving=command in SERVING)
    execute_from_command_line(sys.argv)


def _open_database(*, serving: bool) -> None:
    import django
    from django.core.exceptions import ImproperlyConfigured

    from config.runtime import startup
    from config.runtime.embedded_postgres import EmbeddedPostgresError

    try:
        startup.join_database()
        if serving:
            django.setup()
            startup.require_checks_pass()
    except (EmbeddedPostgresError, ImproperlyConfigured) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
