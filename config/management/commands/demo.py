"""`manage.py demo`: run a complete Stemma on this machine: database, sandbox provider, worker and web server."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import secrets
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from config.runtime import startup
from config.runtime.embedded_postgres import EmbeddedPostgresError
from config.runtime.processes import POLL_SECONDS, Child, ChildError, answers_http, running
from config.runtime.secret_files import read_or_create
from config.tokens import store
from providers import accounts
from providers.credentials.sealing import open_sealed
from providers.models import ProviderAccount

USERNAME = "demo"
ACCOUNT_LABEL = "Sandbox"
READY_TIMEOUT_SECONDS = 60


class Command(BaseCommand):
    """The demo; `make demo` runs it."""

    help = "Run Stemma with a sandbox provider, until Ctrl-C."
    # All checks are run later, after the database has been started and migrated.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the ports, and the size and seed of the sandbox's library."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--sandbox-port", type=int, default=8001)
        parser.add_argument("--library", type=int, default=500, help="items in the sandbox's library")
        parser.add_argument("--seed", type=int, default=1, help="the same seed generates the same library")

    def handle(self, *, port: int, sandbox_port: int, library: int, seed: int, **options: Any) -> None:
        """Start all processes, print their addresses, and stop them on an interrupt."""
        _restart_in_demo_environment(sandbox_port)
        with _only_demo_here(f"http://127.0.0.1:{port}"):
            self._run_until_interrupted(port, sandbox_port, library, seed)

    def _run_until_interrupted(self, port: int, sandbox_port: int, library: int, seed: int) -> None:
        for name, wanted in (("PORT", port), ("SANDBOX_PORT", sandbox_port)):
            _require_free_port(name, wanted)
        if port == sandbox_port:
            raise CommandError("PORT and SANDBOX_PORT must differ.")
        _require_same_library(library, seed)
        for interrupt in (signal.SIGINT, signal.SIGTERM):
            signal.signal(interrupt, _interrupt)
        try:
            with contextlib.ExitStack() as stack:
                try:
                    self._run(stack, port, sandbox_port, library, seed)
                finally:
                    _ignore_interrupts()
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
        except (ChildError, EmbeddedPostgresError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error

    def _run(self, stack: contextlib.ExitStack, port: int, sandbox_port: int, library: int, seed: int) -> None:
        manage, sandbox_url = sys.argv[0], f"http://127.0.0.1:{sandbox_port}"
        access_key = _read_or_create("sandbox-access-key", lambda: secrets.token_urlsafe(24))

        def start(name: str, *arguments: str, **environment: str) -> Child:
            logs = Path(settings.VAR_DIR) / "log"
            return stack.enter_context(running(name, arguments, log_folder=logs, environment=environment))

        # First, since it generates its library while the database is being prepared.
        sandbox = start(
            "sandbox",
            *(manage, "sandbox", "--port", str(sandbox_port), "--library", str(library), "--seed", str(seed)),
            STEMMA_SANDBOX_ACCESS_KEY=access_key,
        )
        _prepare_install()
        user, password, token = _prepare_user()
        _connect_sandbox(user, sandbox_url, access_key)
        started_at = timezone.now()
        startup.close_pool()  # children are forked below
        web = start(
            "web server",
            *("-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--log-level", "warning"),
            *("--config", "python:config.runtime.gunicorn_settings", "--threads", "8"),
        )
        worker = start("worker", manage, "worker")
        sandbox.await_ready(answers_http(sandbox_port, "/"), timeout_seconds=READY_TIMEOUT_SECONDS)
        web.await_ready(answers_http(port, "/accounts/sign-in/"), timeout_seconds=READY_TIMEOUT_SECONDS)
        worker.await_ready(lambda: _has_worker(since=started_at), timeout_seconds=READY_TIMEOUT_SECONDS)

        self.stdout.write(f"Stemma: http://127.0.0.1:{port}")
        self.stdout.write(f"Sign in: {USERNAME} / {password}")
        self.stdout.write(f"API token: {token}")
        self.stdout.write(f"Sandbox: {sandbox_url}")
        self.stdout.write(f"Sandbox access key: {access_key}")
        self.stdout.flush()
        _watch([sandbox, web, worker])


def _restart_in_demo_environment(sandbox_port: int) -> None:
    """Restart this program with the demo's settings in the environment, since settings are read only once."""
    sandbox = f"127.0.0.1:{sandbox_port}"
    wanted = {
        "DEBUG": "false",
        "SECURE_COOKIES": "false",
        "SECURE_SSL_REDIRECT": "false",
        "STATIC_HASHED": "true",
        "STEMMA_PRIVATE_HOSTS": sandbox,
        # The sandbox needs no rate limit.
        "SYNC_REQUESTS_PER_SECOND": "20",
        "PIXVERSE_MEDIA_HOSTS": f"media.pixverse.ai,{sandbox}",
    }
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **wanted})  # noqa: S606


@contextlib.contextmanager
def _only_demo_here(address: str) -> Iterator[None]:
    """Raise CommandError when a demo already runs from this folder: both would use the same database and account.

    The lock is released when the process ends, even if killed; child processes do not inherit it.
    """
    path = Path(settings.VAR_DIR) / "demo.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            where = file.read().strip() or "another address"
            raise CommandError(
                f"A demo already runs from this folder, at {where}; stop it first, or set STEMMA_VAR to another folder."
            ) from None
        file.truncate(0)
        file.write(address)
        file.flush()
        yield


def _require_free_port(name: str, port: int) -> None:
    if not 0 < port < 65536:
        raise CommandError(f"{name} must be between 1 and 65535, not {port}.")
    with socket.socket() as probe:
        # As servers do: a port whose last connections are in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is not free ({error.strerror}). Stop the program that uses it, or choose another port: "
                f"make demo {name}={port + 10}"
            ) from error


def _require_same_library(library: int, seed: int) -> None:
    """Raise CommandError for another library, whose import would overwrite items that have the same IDs."""
    wanted = f"LIBRARY={library} SEED={seed}"
    held = _read_or_create("demo-library", lambda: wanted)
    if held != wanted:
        raise CommandError(
            f"The demo in {settings.VAR_DIR} was created with {held}; {wanted} would give the same IDs to other items. "
            f"Continue with the existing demo: make demo {held}. "
            f"Or create another one beside it: STEMMA_VAR={_free_folder()} make demo {wanted}"
        )


def _free_folder() -> Path:
    folders = (Path(settings.VAR_DIR) / f"demo-{number}" for number in itertools.count(2))
    return next(folder for folder in folders if not folder.exists())


def _prepare_install() -> None:
    startup.join_database()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    startup.require_checks_pass()


def _prepare_user() -> tuple[User, str, str]:
    """Return the demo user with its stored password and token, so that the values printed earlier remain valid."""
    user, _ = User.objects.get_or_create(username=USERNAME, defaults={"is_staff": True, "is_superuser": True})
    password = _read_or_create("demo-password", lambda: secrets.token_urlsafe(9))
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    now = timezone.now()
    token = _read_or_create("demo-token", store.generate)
    if store.keep(user, name="demo", token=token, now=now).row.revoked_at is not None:
        (Path(settings.VAR_DIR) / "demo-token").unlink()
        token = _read_or_create("demo-token", store.generate)
        store.keep(user, name="demo", token=token, now=now)
    return user, password, token


def _connect_sandbox(user: User, base_url: str, access_key: str) -> None:
    """Connect the demo user's account to this sandbox, or update its address and key."""
    credentials, now = {"access_key": access_key}, timezone.now()
    account = ProviderAccount.objects.filter(owner=user, provider_id="pixverse", label=ACCOUNT_LABEL).first()
    if account is None:
        accounts.connect(
            user,
            provider_id="pixverse",
            label=ACCOUNT_LABEL,
            base_url=base_url,
            credentials=credentials,
            now=now,
        )
    # An update sets the state back to untested, so it is skipped when nothing differs.
    elif (account.base_url, open_sealed(account.sealed_credentials)) != (base_url, credentials):
        accounts.update(account, base_url=base_url, credentials=credentials, now=now)


def _has_worker(since: datetime) -> bool:
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=since).exists()


def _watch(children: list[Child]) -> None:
    had_make_parent = _is_make_waiting_for_sigint()
    while True:
        for child in children:
            child.require_running()
        if had_make_parent and not _is_make_waiting_for_sigint():
            raise KeyboardInterrupt
        time.sleep(POLL_SECONDS)


def _is_make_waiting_for_sigint() -> bool:
    """Return True when the parent process is a make that has not yet received a SIGINT.

    A SIGINT sent to make alone is not passed on: make resets its signal handler and waits for this process to end.
    Source: GNU make 4.4, fatal_error_signal() in commands.c. Returns False where there is no /proc.
    """
    parent = Path(f"/proc/{os.getppid()}")
    try:
        if (parent / "comm").read_text().strip() not in {"make", "gmake"}:
            return False
        fields = dict(line.split(":\t", 1) for line in (parent / "status").read_text().splitlines() if ":\t" in line)
        return bool(int(fields["SigCgt"], 16) & 1 << (signal.SIGINT - 1))
    except (OSError, KeyError, ValueError):
        return False


def _read_or_create(name: str, make: Callable[[], str]) -> str:
    return read_or_create(Path(settings.VAR_DIR) / name, make)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ignore_interrupts() -> None:
    """Ignore further interrupts, so that a second Ctrl-C does not leave child processes running."""
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupt, signal.SIG_IGN)
