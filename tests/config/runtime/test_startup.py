"""Tests of the start-up of server processes, each in a separate process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django import Settings

from config.checks import check_database_version
from config.runtime import startup

ROOT = Path(__file__).resolve().parents[3]
SHOW = "from config import settings; print(settings.DATABASES['default'])"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestRefuseWhenUnsound:
    def test_lets_a_sound_install_start_and_keeps_no_connection(self, transactional_db: None) -> None:
        startup.require_checks_pass()

        assert connection.connection is None

    def test_refuses_on_an_error_of_any_check(self, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        def find_error(**kwargs: object) -> list[checks.CheckMessage]:
            return [checks.Error("It is broken.", hint="Mend it.", id="tests.E001")]

        monkeypatch.setattr(checks.registry.registry, "registered_checks", {find_error})

        with pytest.raises(ImproperlyConfigured, match=r"It is broken\. Mend it\."):
            startup.require_checks_pass()

    @pytest.mark.parametrize("threads", [8, 9])
    def test_refuses_a_pool_that_the_threads_of_the_web_server_can_use_up(
        self, open_folder: Path, threads: int
    ) -> None:
        config = ("--config", "python:config.runtime.gunicorn_settings")
        server = ("-m", "gunicorn", "config.wsgi", *config, "--bind", "127.0.0.1:0", "--threads", str(threads))
        result = run(*server, STEMMA_VAR=str(open_folder), DATABASE_POOL_SIZE="8")

        assert result.returncode == 1
        assert "DATABASE_POOL_SIZE is 8. Set it to" in result.stderr
        assert not (open_folder / "postgres").exists()

    def test_refuses_fewer_threads_than_slow_requests_can_use(self, settings: Settings) -> None:
        with pytest.raises(ImproperlyConfigured, match="HEAVY_REQUESTS_MAX and PROVIDER_REQUESTS_MAX"):
            startup.require_free_threads(4)

        settings.HEAVY_REQUESTS_MAX = settings.PROVIDER_REQUESTS_MAX = 1
        startup.require_free_threads(4)

    @pytest.mark.parametrize(("size", "threads"), [(9, 8), (0, 8), (0, 1)])
    def test_accepts_a_larger_pool_and_none(self, settings: Settings, size: int, threads: int) -> None:
        settings.DATABASE_POOL_SIZE = size

        startup.require_free_threads(threads)


class TestCheckDatabaseVersion:
    def test_finds_nothing_wrong_with_this_one(self, db: None) -> None:
        assert check_database_version(databases=["default"]) == []

    def test_finds_a_server_that_is_too_old(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection, "pg_version", 140009, raising=False)

        assert [found.id for found in check_database_version(databases=["default"])] == ["config.E001"]


class TestCommandLine:
    @pytest.mark.parametrize("command", ["help", "check", "version", "diffsettings"])
    def test_starts_no_database_for_what_needs_none(self, open_folder: Path, command: str) -> None:
        result = run("manage.py", command, STEMMA_VAR=str(open_folder))

        assert result.returncode == 0
        assert not (open_folder / "postgres").exists()

    def test_says_in_one_sentence_what_is_wrong_with_the_keys(self, open_folder: Path) -> None:
        result = run("manage.py", "migrate", STEMMA_VAR=str(open_folder), STEMMA_CREDENTIALS_KEYS="no key")

        assert result.returncode == 1
        assert result.stderr == "STEMMA_CREDENTIALS_KEYS contains a value that is not a Fernet key.\n"


class TestDatabaseUrl:
    def test_may_name_a_socket(self) -> None:
        result = run("-c", SHOW, DATABASE_URL="postgres://me@%2Frun%2Fpostgres:5433/library")

        assert "'HOST': '/run/postgres'" in result.stdout
        assert "'NAME': 'library'" in result.stdout

    def test_may_name_a_socket_as_an_option(self) -> None:
        result = run("-c", SHOW, DATABASE_URL="postgres:///library?host=/run/postgres")

        assert "'HOST': '/run/postgres'" in result.stdout

    def test_is_used_instead_of_the_embedded_server(self, open_folder: Path) -> None:
        result = run(
            "manage.py",
            "migrate",
            STEMMA_VAR=str(open_folder),
            DATABASE_URL="postgres://me@127.0.0.1:1/library",
        )

        assert result.returncode == 1
        assert not (open_folder / "postgres").exists()
