"""Days as moments, in time zones with changes of their clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from common.calendar.days import end_of_day, start_of_day


class TestStartOfDay:
    @pytest.mark.parametrize(
        ("zone", "day", "start"),
        [
            ("UTC", date(2026, 7, 1), datetime(2026, 7, 1, tzinfo=UTC)),
            ("Asia/Tokyo", date(2026, 7, 1), datetime(2026, 6, 30, 15, tzinfo=UTC)),
            ("Asia/Kathmandu", date(2026, 7, 1), datetime(2026, 6, 30, 18, 15, tzinfo=UTC)),
            ("America/Los_Angeles", date(2026, 7, 1), datetime(2026, 7, 1, 7, tzinfo=UTC)),
            ("America/Los_Angeles", date(2026, 1, 1), datetime(2026, 1, 1, 8, tzinfo=UTC)),
            # Clocks go from 0:00 to 1:00.
            ("Africa/Cairo", date(2026, 4, 24), datetime(2026, 4, 23, 22, tzinfo=UTC)),
            # Clocks go from 1:00 back to 0:00.
            ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC)),
        ],
        ids=str,
    )
    def test_is_the_first_moment_of_the_date(self, zone: str, day: date, start: datetime) -> None:
        with timezone.override(zone):
            assert start_of_day(day) == start

    @pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
    @pytest.mark.parametrize("day", [date.min, date.max], ids=str)
    def test_never_leaves_the_calendar(self, zone: str, day: date) -> None:
        with timezone.override(zone):
            assert start_of_day(day) < end_of_day(day)


class TestEndOfDay:
    @pytest.mark.parametrize(
        ("zone", "day", "hours"),
        [
            ("Europe/Berlin", date(2026, 6, 1), 24),
            ("Europe/Berlin", date(2026, 3, 29), 23),
            ("Europe/Berlin", date(2026, 10, 25), 25),
            ("Africa/Cairo", date(2026, 4, 24), 23),
            ("America/Havana", date(2026, 11, 1), 25),
            # Samoa left out this day.
            ("Pacific/Apia", date(2011, 12, 30), 0),
        ],
        ids=str,
    )
    def test_is_the_start_of_the_next_day(self, zone: str, day: date, hours: int) -> None:
        with timezone.override(zone):
            assert end_of_day(day) - start_of_day(day) == timedelta(hours=hours)
            assert end_of_day(day) == start_of_day(day + timedelta(days=1))
