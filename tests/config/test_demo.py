"""Tests of the demo as a person runs it: a real one, on free ports and in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What tests/settings.py and pytest-django put into the environment, and what would lead to another database.
OURS = {
    *("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "STEMMA_CREDENTIALS_KEYS", "ALLOWED_HOSTS", "SECURE_COOKIES"),
    *("STATIC_HASHED", "DATABASE_POOL_SIZE", "DATABASE_URL"),
}


@dataclass(frozen=True)
class Demo:
    """A running demo and what it printed."""

    process: subprocess.Popen[str]
    lines: list[str]

    def stop(self, number: signal.Signals) -> str:
        """Send it a signal and return what it says last."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=30)
        return said

    def children(self) -> list[int]:
        """The processes it started."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@pytest.fixture
def environment(open_folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**kept, "STEMMA_VAR": str(open_folder)}


def start(ports: tuple[int, int], environment: dict[str, str], *, library: int = 20) -> subprocess.Popen[str]:
    port, sandbox_port = (str(port) for port in ports)
    return subprocess.Popen(
        [
            sys.executable,
            "manage.py",
            "demo",
            "--port",
            port,
            "--sandbox-port",
            sandbox_port,
            "--library",
            str(library),
        ],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def demo(ports: tuple[int, int], environment: dict[str, str]) -> Iterator[Demo]:
    with start(ports, environment) as process:
        try:
            assert process.stdout is not None
            yield Demo(process, [process.stdout.readline().rstrip("\n") for _ in range(5)])
        finally:
            process.terminate()


def status(url: str, token: str = "") -> int:
    request = Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urlopen(request, timeout=10) as response:
        return int(response.status)


class TestDemo:
    def test_says_where_all_is_stops_all_of_it_and_keeps_what_it_said(
        self, ports: tuple[int, int], environment: dict[str, str], open_folder: Path
    ) -> None:
        port, sandbox_port = ports

        with demo(ports, environment) as first:
            stemma, sign_in, token, sandbox, access_key = first.lines
            signs_in = status(f"http://127.0.0.1:{port}/accounts/sign-in/")
            takes_token = status(f"http://127.0.0.1:{port}/api/v1/tokens", token.removeprefix("API token: "))
            shows_sandbox = status(f"http://127.0.0.1:{sandbox_port}/")
            children = first.children()
            with start(ports[::-1], environment) as beside:
                refused, _ = beside.communicate(timeout=30)
            last_words = first.stop(signal.SIGINT)
        with demo(ports[::-1], environment) as second:
            second.stop(signal.SIGTERM)

        assert stemma == f"Stemma: http://127.0.0.1:{port}"
        assert re.fullmatch(r"Sign in: demo / \S+", sign_in)
        assert re.fullmatch(r"API token: stemma_\S+", token)
        assert sandbox == f"Sandbox: http://127.0.0.1:{sandbox_port}"
        assert re.fullmatch(r"Sandbox access key: \S+", access_key)
        assert (signs_in, takes_token, shows_sandbox) == (200, 200, 200)
        assert (last_words, first.process.returncode) == ("Stopped.\n", 0)
        assert len(children) == 3
        assert f"A demo already runs from this folder, at http://127.0.0.1:{port}; stop it first" in refused
        assert beside.returncode == 1
        assert [child for child in children if Path(f"/proc/{child}").exists()] == []
        assert not (open_folder / "postgres" / "data" / "postmaster.pid").exists()
        assert second.lines == [
            f"Stemma: http://127.0.0.1:{sandbox_port}",
            sign_in,
            token,
            f"Sandbox: http://127.0.0.1:{port}",
            access_key,
        ]
        assert second.process.returncode == 0
        assert (open_folder / "demo-library").read_text() == "LIBRARY=20 SEED=1\n"

    def test_refuses_another_library_where_one_is(
        self, ports: tuple[int, int], environment: dict[str, str], open_folder: Path
    ) -> None:
        (open_folder / "demo-library").write_text("LIBRARY=500 SEED=1\n")

        with start(ports, environment, library=20) as process:
            said, _ = process.communicate(timeout=30)

        assert "was created with LIBRARY=500 SEED=1" in said
        assert f"STEMMA_VAR={open_folder / 'demo-2'} make demo LIBRARY=20 SEED=1" in said
        assert process.returncode == 1
        assert not (open_folder / "postgres").exists()

    @pytest.mark.parametrize(("taken", "name"), [(0, "PORT"), (1, "SANDBOX_PORT")], ids=["PORT", "SANDBOX_PORT"])
    def test_says_so_when_a_port_is_taken(
        self, ports: tuple[int, int], environment: dict[str, str], taken: int, name: str
    ) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", ports[taken]))
            other.listen()
            with start(ports, environment) as process:
                said, _ = process.communicate(timeout=30)

        assert f"Port {ports[taken]} is not free" in said
        assert f"make demo {name}=" in said
        assert process.returncode == 1
