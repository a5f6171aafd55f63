"""The database stops under load and comes back: the worker and its run go on by themselves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest

from config.runtime import embedded_postgres
from config.runtime.embedded_postgres import EmbeddedPostgres
from config.runtime.processes import answers_http, running
from providers.sandbox.server.server import SandboxServer
from tests.config.conftest import open_folder
from tests.worker.working import ROOT, Workers, wait_until

__all__ = ["open_folder"]

BEGIN = """
from django.contrib.auth.models import User
from django.utils import timezone
from providers import accounts
from tests.worker.working import begin
owner = User.objects.create_user("alice")
credentials = {{"access_key": {key!r}}}
account = accounts.connect(
    owner, provider_id="pixverse", label="Sandbox", base_url={url!r}, credentials=credentials, now=timezone.now()
)
begin(account)
"""


@pytest.fixture
def server(open_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A database server that may be stopped, since no other test uses it."""
    server = EmbeddedPostgres(open_folder)
    with server.lease():
        yield server


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(size=600, seed=3, faults=["slow:seconds=0.1"]) as server:
        yield server


@pytest.fixture
def workers(server: EmbeddedPostgres, sandbox: SandboxServer, tmp_path: Path) -> Iterator[Workers]:
    host = sandbox.url.removeprefix("http://")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "",
        "DATABASE_POOL_SIZE": "8",
        "STEMMA_VAR": str(server.var),
        "STEMMA_PRIVATE_HOSTS": host,
        "PIXVERSE_MEDIA_HOSTS": host,
        "SYNC_REQUESTS_PER_SECOND": "0",
    }
    started = Workers(environment, tmp_path / "workers.log")
    yield started
    started.end()


def manage(workers: Workers, *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=dict(workers.environment), check=True)


def asked(server: EmbeddedPostgres, question: str) -> object:
    """One value from the database, asked from outside."""
    host, port, role = str(server.socket_folder), embedded_postgres.PORT, embedded_postgres.ROLE
    name = embedded_postgres.DATABASE
    with closing(psycopg.connect(host=host, port=port, user=role, dbname=name, autocommit=True)) as outside:
        return outside.execute(question.encode()).fetchone()[0]  # type: ignore[index]


PAGES = "SELECT sum(pages) FROM assets_synclist"
STATE = "SELECT state FROM assets_syncrun"


@pytest.mark.parametrize(
    "away_seconds", [pytest.param(3, id="briefly"), pytest.param(30, id="for long", marks=pytest.mark.soak)]
)
class TestWorker:
    def test_goes_on_by_itself(
        self, server: EmbeddedPostgres, workers: Workers, sandbox: SandboxServer, away_seconds: int
    ) -> None:
        manage(workers, "migrate", "--verbosity=0")
        manage(workers, "shell", "--command", BEGIN.format(key=sandbox.access_key, url=sandbox.url))
        worker = workers.start()
        wait_until(lambda: int(str(asked(server, PAGES))) >= 3, timeout_seconds=30, what="three pages are stored")

        server.stop()
        time.sleep(away_seconds)
        server.start()

        stored = int(str(asked(server, PAGES)))
        silent_seconds = wait_until(
            lambda: int(str(asked(server, PAGES))) > stored, timeout_seconds=90, what="another page is stored"
        )
        wait_until(lambda: asked(server, STATE) == "succeeded", timeout_seconds=60, what="the run has ended")
        here = asked(server, "SELECT count(*) FROM assets_asset WHERE NOT is_stub")
        print(f"It went on {silent_seconds:.1f} seconds after the database was back.")  # noqa: T201

        assert worker.poll() is None
        assert silent_seconds < 60
        assert here == len(sandbox.library.describe(0, None))


class TestKilledServer:
    def test_is_started_again_by_the_worker(
        self, server: EmbeddedPostgres, workers: Workers, sandbox: SandboxServer
    ) -> None:
        manage(workers, "migrate", "--verbosity=0")
        worker = workers.start()
        wait_until(
            lambda: asked(server, "SELECT count(*) FROM procrastinate_workers") == 1,
            timeout_seconds=30,
            what="the worker works",
        )

        kill(server)

        wait_until(server.is_running, timeout_seconds=60, what="the server runs again")
        wait_until(lambda: "was started again" in workers.said(), timeout_seconds=30, what="the worker says so")
        assert worker.poll() is None

    def test_is_started_again_by_the_web_server(
        self, server: EmbeddedPostgres, workers: Workers, tmp_path: Path
    ) -> None:
        manage(workers, "migrate", "--verbosity=0")
        port = free_port()
        config = ("--config", "python:config.runtime.gunicorn_settings")
        command = ("-m", "gunicorn", "config.wsgi", *config, "--bind", f"127.0.0.1:{port}", "--threads", "8")
        environment = {**workers.environment, "DATABASE_POOL_SIZE": "", "ALLOWED_HOSTS": "127.0.0.1"}
        with running("web server", command, log_folder=tmp_path, environment=environment) as web:
            web.await_ready(answers_http(port, "/accounts/sign-in/"), timeout_seconds=60)
            before = status_of_a_page(port)

            kill(server)
            away = status_of_a_page(port)
            wait_until(lambda: status_of_a_page(port) == 302, timeout_seconds=60, what="the page is back")

        # With a session that is unknown, the page reads the database and leads to the sign-in.
        assert (before, away) == (302, 503)
        assert server.is_running()


def kill(server: EmbeddedPostgres) -> None:
    """End all processes of the server without giving them a chance to tidy up."""
    while pids := server.server_pids():
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def status_of_a_page(port: int) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/", headers={"Cookie": f"sessionid={'x' * 32}"})
        return connection.getresponse().status
