"""Tests of the health report."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings


@pytest.mark.django_db(transaction=True)
class TestHealth:
    def test_needs_no_sign_in(self, client: Client) -> None:
        response = client.get("/api/v1/health")

        assert response.status_code == 200
        assert response.json().keys() == {"status", "database", "queue", "storage", "providers"}

    def test_tells_when_no_worker_works(self, client: Client) -> None:
        answer = client.get("/api/v1/health").json()

        assert (answer["status"], answer["database"], answer["queue"]) == ("degraded", "ok", "idle")

    def test_is_ok_while_a_worker_works(self, client: Client) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")

        answer = client.get("/api/v1/health").json()

        assert (answer["status"], answer["queue"], answer["storage"]) == ("ok", "ok", "ok")

    def test_tells_when_media_cannot_be_stored(self, client: Client, settings: Settings, tmp_path: Path) -> None:
        in_the_way = tmp_path / "file"
        in_the_way.touch()
        settings.MEDIA_ROOT = in_the_way / "media"

        assert client.get("/api/v1/health").json()["storage"] == "unavailable"


class TestHealthWithoutDatabase:
    @pytest.mark.parametrize("host", ["127.0.0.1", "/nowhere"], ids=["refused", "no socket"])
    def test_answers_503_soon_and_plainly(
        self, client: Client, db: None, monkeypatch: pytest.MonkeyPatch, host: str
    ) -> None:
        monkeypatch.setitem(connection.settings_dict, "HOST", host)
        monkeypatch.setitem(connection.settings_dict, "PORT", "1")
        started = time.monotonic()

        response = client.get("/api/v1/health")

        assert response.status_code == 503
        assert time.monotonic() - started < 3
        assert response.json()["status"] == "unavailable"
        assert host not in response.content.decode()
