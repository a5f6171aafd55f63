"""Tests of the date by which the library is sorted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from assets.models import Asset
from tests.factories import NOW, AssetFactory

pytestmark = pytest.mark.django_db


class TestMadeAt:
    @pytest.mark.parametrize(
        ("provider_created_at", "made_at"),
        [
            (None, NOW),
            (NOW - timedelta(days=400), NOW - timedelta(days=400)),
            (NOW + timedelta(days=1), NOW + timedelta(days=1)),
            (NOW + timedelta(days=1, seconds=1), NOW),
            (NOW.replace(year=9000), NOW),
        ],
        ids=["none", "past", "a day ahead", "more than a day ahead", "far ahead"],
    )
    def test_is_the_providers_date_unless_it_lies_ahead(
        self, alice: User, provider_created_at: datetime | None, made_at: datetime
    ) -> None:
        asset = AssetFactory(owner=alice, provider_created_at=provider_created_at, created_at=NOW)

        stored = Asset.objects.get(pk=asset.pk)

        assert (stored.made_at, stored.provider_created_at) == (made_at, provider_created_at)

    def test_keeps_a_date_in_the_future_from_leading_the_library(self, alice: User) -> None:
        ahead = AssetFactory(owner=alice, provider_created_at=NOW.replace(year=2999), created_at=NOW)
        later = AssetFactory(owner=alice, provider_created_at=NOW + timedelta(days=30), created_at=NOW + timedelta(31))

        assert list(Asset.objects.newest_first()) == [later, ahead]

    def test_does_not_depend_on_the_time_zone_of_the_session(self) -> None:
        # 24 hours ahead, where that day has 23 hours in the session's zone.
        ahead, imported = "2026-03-29T12:00:00Z", "2026-03-28T12:00:00Z"

        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'Europe/Berlin'")
            cursor.execute("SELECT stemma_made_at(%s, %s) = %s::timestamptz", [ahead, imported, ahead])

            assert cursor.fetchone() == (True,)

    def test_is_sorted_by_the_index(self, alice: User) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_seqscan = off")

        plan = Asset.objects.owned_by(alice).newest_first().explain()

        assert "assets_asset_newest" in plan
        assert "Sort" not in plan
