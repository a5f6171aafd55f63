"""Time zones of people: pages and date filters count the same days."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Asset
from config.models import Preferences
from config.preferences.time_zone import set_zone, zone_names, zone_of
from config.tokens import store
from tests.factories import NOW, AssetFactory, EdgeFactory

# Moments around midnight of three zones, and around both changes of the clocks in Berlin.
MOMENTS = [
    datetime(2026, 7, 1, 0, 30, tzinfo=UTC),
    datetime(2026, 7, 1, 6, 59, tzinfo=UTC),
    datetime(2026, 7, 1, 7, 0, tzinfo=UTC),
    datetime(2026, 7, 1, 14, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 7, 1, 15, 0, tzinfo=UTC),
    datetime(2026, 3, 28, 22, 59, tzinfo=UTC),
    datetime(2026, 3, 28, 23, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 21, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 22, 0, tzinfo=UTC),
    datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 22, 59, tzinfo=UTC),
    datetime(2026, 10, 25, 23, 0, tzinfo=UTC),
]
ZONES = ["UTC", "Asia/Tokyo", "America/Los_Angeles", "Europe/Berlin"]


@pytest.fixture
def moments(alice: User) -> list[Asset]:
    """Children of one asset, made at each of MOMENTS."""
    root = AssetFactory(owner=alice, prompt="root", provider_created_at=datetime(2025, 1, 1, tzinfo=UTC))
    made = [AssetFactory(owner=alice, prompt=f"take {at:%d}", provider_created_at=at) for at in MOMENTS]
    for child in made:
        EdgeFactory(parent=root, child=child)
    return [root, *made]


def days_shown(page: str) -> list[str]:
    """The dates on the cards of the library."""
    return re.findall(r"</span>\s+(\d+ \w+ \d{4})\s+</span>", page)


class TestPagesAndFilters:
    @pytest.mark.parametrize("zone", ZONES)
    def test_agree_about_every_day(self, as_alice: Client, alice: User, moments: list[Asset], zone: str) -> None:
        set_zone(alice, zone)
        local = {asset.pk: asset.made_at.astimezone(zone_of(alice)).date() for asset in moments}

        for day in set(local.values()):
            asked: dict[str, Any] = {"made_after": day.isoformat(), "made_before": day.isoformat()}
            page = as_alice.get("/", asked)
            listed = as_alice.get("/api/v1/assets", asked).json()["items"]
            impact = as_alice.get(f"/api/v1/assets/{moments[0].pk}/impact", asked).json()["items"]
            graph = as_alice.get(f"/api/v1/assets/{moments[0].pk}/lineage", asked).json()["nodes"]

            expected = {pk for pk, made_on in local.items() if made_on == day}
            below = expected - {moments[0].pk}
            assert set(days_shown(page.content.decode())) == {f"{day:%-d %b %Y}"}
            assert {asset.pk for asset in page.context["assets"]} == expected
            assert {item["id"] for item in listed} == expected
            assert {item["asset"]["id"] for item in impact} == below
            assert {node["asset"]["id"] for node in graph} - {moments[0].pk} == below

    def test_are_of_the_tokens_owner(self, client: Client, alice: User, moments: list[Asset]) -> None:
        set_zone(alice, "Asia/Tokyo")
        token = store.issue(alice, name="laptop", now=NOW).token
        asked = {"made_after": "2026-07-02", "made_before": "2026-07-02"}

        answer = client.get("/api/v1/assets", asked, headers={"Authorization": f"Bearer {token}"})

        assert [item["id"] for item in answer.json()["items"]] == [moments[5].pk]
        assert answer.json()["items"][0]["provider_created_at"] == "2026-07-01T15:00:00Z"

    def test_follow_a_change_in_every_session_at_once(self, as_alice: Client, alice: User) -> None:
        AssetFactory(owner=alice, provider_created_at=datetime(2026, 7, 1, 15, tzinfo=UTC))
        elsewhere = Client()
        elsewhere.force_login(alice)

        before = days_shown(elsewhere.get("/").content.decode())
        as_alice.post("/settings/preferences/", {"time_zone": "Asia/Tokyo"})

        assert before == ["1 Jul 2026"]
        assert days_shown(elsewhere.get("/").content.decode()) == ["2 Jul 2026"]

    def test_take_no_statement_more(self, as_alice: Client, alice: User) -> None:
        def statements() -> int:
            with CaptureQueriesContext(connection) as captured:
                as_alice.get("/")
            return len(captured)

        without = statements()
        set_zone(alice, "Asia/Tokyo")

        assert statements() == without

    def test_leave_the_thread_as_it_was(self, as_alice: Client, alice: User) -> None:
        set_zone(alice, "Asia/Tokyo")

        as_alice.get("/")
        as_alice.get("/api/v1/assets")

        assert timezone.get_current_timezone_name() == "UTC"


class TestZoneOf:
    def test_is_the_default_where_none_is_chosen(self, alice: User, settings: Any) -> None:
        settings.TIME_ZONE = "Europe/Berlin"

        assert zone_of(alice).key == "Europe/Berlin"

    @pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime"])
    def test_is_the_default_for_a_zone_that_is_gone(self, alice: User, name: str) -> None:
        set_zone(alice, name)

        assert zone_of(User.objects.get(pk=alice.pk)).key == "UTC"


class TestZoneNames:
    def test_has_places_only(self) -> None:
        names = zone_names()

        assert {"UTC", "Europe/Berlin", "America/Argentina/Ushuaia"} <= set(names)
        assert not {"localtime", "Etc/GMT+1", "Factory"} & set(names)


class TestThePage:
    def test_changes_the_zone_and_shows_its_time(self, as_alice: Client, alice: User) -> None:
        answer = as_alice.post("/settings/preferences/", {"time_zone": "America/Los_Angeles"}, follow=True)

        page = answer.content.decode()
        assert Preferences.objects.get(owner=alice).time_zone == "America/Los_Angeles"
        assert "in America/Los_Angeles." in page
        assert '<option value="America/Los_Angeles" selected>America/Los Angeles</option>' in page
        assert 'data-time-zone="America/Los_Angeles"' in page

    def test_goes_back_to_the_default(self, as_alice: Client, alice: User) -> None:
        set_zone(alice, "Asia/Tokyo")

        as_alice.post("/settings/preferences/", {"time_zone": ""})

        assert Preferences.objects.get(owner=alice).time_zone == ""

    @pytest.mark.parametrize("name", ["Mars/Olympus", "\x00", "x" * 100])
    def test_refuses_an_unknown_zone(self, as_alice: Client, alice: User, name: str) -> None:
        answer = as_alice.post("/settings/preferences/", {"time_zone": name})

        assert answer.status_code == 422
        assert not Preferences.objects.exists()
