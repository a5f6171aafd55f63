"""`manage.py sandbox`: serve a simulated provider account on loopback, for demos and tests."""

from __future__ import annotations

import os
import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from providers.sandbox.server.server import SandboxServer


class Command(BaseCommand):
    """Runs until it is interrupted. Needs no database."""

    help = "Serve a sandbox provider on loopback: Pixverse's account API with a generated library."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001, help="Port on 127.0.0.1 (0: any free one).")
        parser.add_argument("--library", type=int, default=500, metavar="N", help="Items in the library.")
        parser.add_argument("--seed", type=int, default=1, help="The same seed gives the same library.")
        parser.add_argument("--access-key-file", metavar="PATH", help="Read the access key from this file.")
        parser.add_argument("--job-seconds", type=float, default=6.0, help="Duration of a submitted job.")
        parser.add_argument(
            "--fault", action="append", default=[], metavar="NAME[:KEY=VALUE,…]", help="Enable a fault; repeatable."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            server = SandboxServer(
                size=options["library"],
                seed=options["seed"],
                port=options["port"],
                access_key=_access_key(options["access_key_file"]),
                faults=options["fault"],
                job_seconds=options["job_seconds"],
            )
        except (OSError, ValueError) as error:
            raise CommandError(f"The sandbox cannot start: {error}") from error
        self.stdout.write(f"Sandbox: {server.url}")
        self.stdout.write(f"Sandbox access key: {server.access_key}")
        self.stdout.write(f"Sandbox sign-in: {server.username} / {server.password}")
        self.stdout.flush()
        _serve_until_stopped(server)
        self.stdout.write("Sandbox stopped.")


def _access_key(path: str | None) -> str | None:
    if path is not None:
        return Path(path).read_text(encoding="utf-8").strip() or None
    return os.environ.get("STEMMA_SANDBOX_ACCESS_KEY") or None


def _serve_until_stopped(server: SandboxServer) -> None:
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    with server:
        stopped.wait()
    for number, handler in before.items():
        signal.signal(number, handler)
