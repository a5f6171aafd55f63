"""The time zone of a person: that of the pages they see and of the days they filter by."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from config.preferences.models import Preferences


def activate(user: User | AnonymousUser) -> None:
    """Make a person's time zone the current one, until `TimeZone` resets it at the end of the request."""
    timezone.activate(zone_of(user))


def zone_of(user: User | AnonymousUser) -> ZoneInfo:
    """Return a person's time zone; the installation's for visitors, and for a zone that no longer exists."""
    try:
        return ZoneInfo(chosen_zone(user) or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def chosen_zone(user: User | AnonymousUser) -> str:
    """Return the name of the zone that a person chose, "" for none."""
    try:
        return "" if isinstance(user, AnonymousUser) else user.preferences.time_zone
    except ObjectDoesNotExist:
        return ""


def set_zone(user: User, name: str) -> None:
    """Store a person's time zone by its name, "" for the installation's."""
    Preferences.objects.update_or_create(owner=user, defaults={"time_zone": name})


def zone_names() -> list[str]:
    """Return the names of all time zones of places, such as Europe/Berlin, and UTC."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return ["UTC", *sorted(places)]
