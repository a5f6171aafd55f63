"""Tests of the time limit of queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from tests.config.middleware.locking import locked
from tests.factories import AssetFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def limited(transactional_db: None, settings: Settings) -> Iterator[None]:
    settings.STATEMENT_TIMEOUT_SECONDS = 1
    settings.ADMIN_STATEMENT_TIMEOUT_SECONDS = 7
    connection.close()
    yield
    connection.close()


def limit_of_connection() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return cursor.fetchone()[0]


class TestSlowQueries:
    def test_are_answered_in_words(self, as_alice: Client, alice: User, limited: None) -> None:
        asset = AssetFactory(owner=alice)
        with locked("lineage_lineageedge"):
            page = as_alice.get(f"/assets/{asset.pk}/origins/")
            problem = as_alice.get(f"/api/v1/assets/{asset.pk}/origins")

        sentence = "This takes longer than 1 s here. Narrow it, or run it in the background."
        assert page.status_code == problem.status_code == 503
        assert "<h1>This takes too long</h1>" in page.content.decode()
        assert sentence in page.content.decode()
        assert "http-equiv" not in page.content.decode()
        assert (problem.json()["code"], problem.json()["detail"]) == ("too_slow", sentence)
        assert "Retry-After" not in problem.headers

    def test_of_a_rebuild_are_left_to_the_worker(self, as_alice: Client, alice: User, limited: None) -> None:
        AssetFactory(owner=alice, media_metadata={"video_id": 7})
        with locked("lineage_lineageedge"):
            answer = as_alice.post("/lineage/rebuild/", {"provider_id": "pixverse"}, follow=True)

        assert "Queued" in answer.content.decode() or "Runs in the background" in answer.content.decode()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs RETURNING task_name")
            assert len(cursor.fetchall()) == 1


class TestLimit:
    def test_is_of_the_kind_of_request(self, as_alice: Client, alice: User, limited: None) -> None:
        User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
        limits = []
        for address in ("/", "/admin/", "/api/v1/assets", "/api/v1/tokens"):
            assert as_alice.get(address).status_code == 200
            limits.append(limit_of_connection())

        assert limits == ["1s", "7s", "1s", "1s"]

    def test_is_none_outside_of_requests(self, limited: None) -> None:
        assert limit_of_connection() == "0"
