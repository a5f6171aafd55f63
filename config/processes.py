"""Starts the processes of a demo, waits until they answer, and sees that none outlives it."""

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
    """A child process ended by itself or never answered; the message says which and what it last said."""


@dataclass(frozen=True, slots=True)
class Child:
    """One running process and where it writes what it has to say."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def require_running(self) -> None:
        """Raise ChildError when it has ended."""
        code = self.process.poll()
        if code is not None:
            raise ChildError(f"The {self.name} ended by itself ({code}). {self.log} says why:\n{self._last_words()}")

    def await_answer(self, answers: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Wait until a question is answered with yes. Raises ChildError when it ends first or takes too long."""
        deadline = time.monotonic() + timeout_seconds
        while not answers():
            self.require_running()
            if time.monotonic() > deadline:
                raise ChildError(
                    f"The {self.name} did not answer within {timeout_seconds:.0f} seconds. {self.log} says why:\n"
                    f"{self._last_words()}"
                )
            time.sleep(POLL_SECONDS)

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-1500:].strip()


@contextlib.contextmanager
def running(
    name: str, arguments: Sequence[str], *, log_folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """Run a Python module or script for the life of the block, then ask it to end and wait until it has.

    Args:
        name: what messages and its log file call it.
        arguments: what comes after `python`.
        log_folder: where its output goes, each start over the last one's.
        environment: variables beside our own.
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
            # A Ctrl-C in the terminal goes to a whole process group: only we hear it, and end the children in order.
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    try:
        yield Child(name, process, log)
    finally:
        _end(process)


def answers_http(port: int, path: str) -> Callable[[], bool]:
    """A question for `await_answer`: whether a GET on this machine is answered with status 200."""

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
    """Runs in the child before it starts: a killed parent can end nobody, so the kernel does. Linux only."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


# Loaded before any child is started: nothing but a system call may happen between fork and exec.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
