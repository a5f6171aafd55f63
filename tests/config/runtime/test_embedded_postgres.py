"""Tests of the embedded server, each on a server of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.runtime import embedded_postgres
from config.runtime.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

HOLD = """
import sys
from pathlib import Path
from config.runtime.embedded_postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])).lease():
    print("joined", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def server(open_folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(open_folder)
    yield server
    server.stop()


@contextlib.contextmanager
def another_process(server: EmbeddedPostgres) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(server.var)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "joined\n"
        yield process
        if process.poll() is None:
            process.communicate()


def connect(server: EmbeddedPostgres) -> psycopg.Connection:
    return psycopg.connect(
        host=str(server.socket_folder),
        port=embedded_postgres.PORT,
        user=embedded_postgres.ROLE,
        dbname=embedded_postgres.DATABASE,
        autocommit=True,
    )


class TestStart:
    def test_touches_nothing_before(self, server: EmbeddedPostgres) -> None:
        assert list(server.var.iterdir()) == []

    def test_starts_once_and_is_found_the_second_time(self, server: EmbeddedPostgres) -> None:
        assert (server.start(), server.start()) == (True, False)

    def test_offers_vectors(self, server: EmbeddedPostgres) -> None:
        server.start()

        with connect(server) as connection:
            connection.execute("CREATE EXTENSION vector")

    def test_lets_nobody_else_in(self, server: EmbeddedPostgres) -> None:
        server.start()

        assert server.socket_folder.stat().st_mode & 0o077 == 0
        assert server.data.stat().st_mode & 0o077 == 0


class TestLease:
    def test_stops_with_the_last_user(self, server: EmbeddedPostgres) -> None:
        with server.lease():
            with another_process(server):
                pass
            shared = server.is_running()

        assert shared
        assert not server.is_running()

    def test_outlives_a_killed_user(self, server: EmbeddedPostgres) -> None:
        with another_process(server) as other:
            other.kill()
            other.wait()

        with server.lease():
            assert server.is_running()
        assert not server.is_running()

    def test_survives_users_that_start_at_once(self, server: EmbeddedPostgres) -> None:
        with another_process(server), another_process(server), another_process(server):
            assert server.is_running()

        assert not server.is_running()


class TestRecovery:
    def test_comes_back_after_sigkill_with_all_it_had(self, server: EmbeddedPostgres) -> None:
        server.start()
        with connect(server) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS value")

        for pid in server.server_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

        assert server.start()
        with connect(server) as connection:
            assert connection.execute("SELECT value FROM kept").fetchone() == (1,)

    def test_starts_beside_a_lock_file_whose_pid_is_a_stranger(self, server: EmbeddedPostgres) -> None:
        server.start()
        lock = (server.data / "postmaster.pid").read_text()
        server.stop()
        (server.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lock.splitlines()[1:]]) + "\n")

        assert server.start()

    def test_begins_anew_after_a_half_made_start(self, server: EmbeddedPostgres) -> None:
        half_made = server.state / "data-new"
        half_made.mkdir(parents=True)
        (half_made / "PG_VERSION").write_text("18\n")

        assert server.start()

    def test_says_so_when_the_lock_is_not_given_up(
        self, server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(embedded_postgres, "START_TIMEOUT_SECONDS", 0.1)
        server.state.mkdir(mode=0o700)
        with (server.state / "server.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

            with pytest.raises(EmbeddedPostgresError, match="Another process has held"):
                server.start()

    def test_says_so_when_the_data_is_of_another_version(self, server: EmbeddedPostgres) -> None:
        server.data.mkdir(parents=True)
        (server.data / "PG_VERSION").write_text("15\n")

        with pytest.raises(EmbeddedPostgresError, match="created by PostgreSQL 15"):
            server.start()


class TestPlaces:
    def test_moves_the_socket_when_its_path_would_be_too_long(self, open_folder: Path) -> None:
        server = EmbeddedPostgres(open_folder / ("long" * 30))
        try:
            assert server.start()
            assert server.socket_folder.parent == embedded_postgres.SOCKET_HOME
        finally:
            server.stop()
            shutil.rmtree(server.socket_folder, ignore_errors=True)

    def test_says_so_when_no_path_is_short_enough(self, open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(embedded_postgres, "SOCKET_HOME", open_folder / ("long" * 30))

        with pytest.raises(EmbeddedPostgresError, match=r"would be \d+ bytes long and the system allows"):
            EmbeddedPostgres(open_folder / ("long" * 30)).start()

    def test_says_so_when_the_folder_is_anothers(self, server: EmbeddedPostgres, tmp_path: Path) -> None:
        server.state.symlink_to(tmp_path)

        with pytest.raises(EmbeddedPostgresError, match="belongs to another user"):
            server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
class TestPrivateCheckoutOfRoot:
    @pytest.fixture
    def private(self, monkeypatch: pytest.MonkeyPatch, open_folder: Path, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
        monkeypatch.setattr(embedded_postgres, "STATE_HOME", open_folder)
        tmp_path.chmod(0o700)
        server = EmbeddedPostgres(tmp_path / "var")
        yield server
        server.stop()

    def test_keeps_its_data_outside_and_widens_nothing(self, private: EmbeddedPostgres, tmp_path: Path) -> None:
        assert private.start()

        assert private.state.parent == embedded_postgres.STATE_HOME
        assert tmp_path.stat().st_mode & 0o777 == 0o700
        assert private.state.stat().st_mode & 0o777 == 0o700

    def test_finds_its_data_again(self, private: EmbeddedPostgres) -> None:
        private.start()
        private.stop()

        again = EmbeddedPostgres(private.var)

        assert again.state == private.state
        assert again.start()
        assert not list(again.state.glob("data-before-*"))

    def test_sets_the_data_of_an_earlier_checkout_aside(self, private: EmbeddedPostgres) -> None:
        private.start()
        private.stop()
        shutil.rmtree(private.var)

        private.start()

        assert len(list(private.state.glob("data-before-*"))) == 1

    def test_copies_programs_that_its_user_cannot_reach(
        self, private: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(embedded_postgres, "_anyone_may_run", lambda _: False)

        assert private.start()
        assert [path.name.split("-")[0] for path in private.state.glob("programs-*")] == ["programs"]

    def test_says_so_when_a_folder_above_was_made_private(self, open_folder: Path, tmp_path: Path) -> None:
        inside = tmp_path / "postgres" / "data"
        inside.mkdir(parents=True)
        (inside / "PG_VERSION").touch()

        with pytest.raises(EmbeddedPostgresError, match="can no longer be reached"):
            EmbeddedPostgres(tmp_path).start()
