"""Days as moments: those of the current time zone, which is the person's during a request."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone


def start_of_day(day: date) -> datetime:
    """Return the moment at which a day begins, in UTC.

    A day has 23 or 25 hours when clocks are changed. Where they are changed at midnight, it begins with the first
    moment that has its date.
    """
    try:
        return datetime.combine(day, time.min, timezone.get_current_timezone()).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)  # The first day of all, east of UTC.


def end_of_day(day: date) -> datetime:
    """Return the moment at which the next day begins, in UTC: the first that is no longer in the day."""
    return datetime.max.replace(tzinfo=UTC) if day == date.max else start_of_day(day + timedelta(days=1))
