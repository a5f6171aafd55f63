"""Child processes of the demo: start them, wait until they are ready, stop them with the parent."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.1
STOP_TIMEOUT_SECONDS = 15
# prctl(PR_SET_PDEATHSIG, signal). Source: prctl(2).
PR_SET_PDEATHSIG = 1


class ChildError(RuntimeError):
    """A child process exited or did not become ready. The message has its name and the end of its log."""


@dataclass(frozen=True, slots=True)
class Child:
    """Running process and its log file."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def require_running(self) -> None:
        """Raise ChildError when the process has exited."""
        code = self.process.poll()
        if code is not None:
            raise ChildError(f"The {self.name} exited (code {code}). End of {self.log}:\n{self._log_end()}")

    def await_ready(self, is_ready: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Wait until a predicate is true. Raises ChildError when the process exits first or the time is up."""
        deadline = time.monotonic() + timeout_seconds
        while not is_ready():
            self.require_running()
            if time.monotonic() > deadline:
                raise ChildError(
                    f"The {self.name} was not ready after {timeout_seconds:.0f} seconds. End of {self.log}:\n"
                    f"{self._log_end()}"
                )
            time.sleep(POLL_SECONDS)

    def _log_end(self) -> str:
        return self.log.read_text(errors="replace")[-1500:].strip()


@contextlib.contextmanager
def running(
    name: str, arguments: Sequence[str], *, log_folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """Run a Python module or script for the duration of the block, then terminate it and wait for its end.

    Args:
        name: its name in messages and of its log file.
        arguments: the arguments of `python`.
        log_folder: the folder of its log file, which is overwritten on each start.
        environment: variables in addition to those of this process.
    """
    log_folder.mkdir(parents=True, exist_ok=True)
    log = log_folder / f"{name.replace(' ', '-')}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            # Ctrl-C in a terminal signals a whole process group. In a session of their own, children do not receive
            # it, and this process stops them in order.
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    try:
        yield Child(name, process, log)
    finally:
        _end(process)


def answers_http(port: int, path: str) -> Callable[[], bool]:
    """Return a predicate for `await_ready`: a GET request to this machine returns status 200."""

    def ask() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _die_with_parent() -> None:
    """Run in the child before exec: the kernel terminates it when the parent dies, even if killed. Linux only."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


# Loaded before any child starts, since only a system call may be made between fork and exec.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
