"""Parsing of the dates that providers send, in the many forms they are written in."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil import parser

# Go's zero date and other dates of the first centuries mean "never", and so does the last year that can be written.
YEARS = range(1990, 9999)
# A number is a date only in these years: others are counters, lengths or ids.
_UNIX_YEARS = range(2000, 2101)
# Unix time in seconds, milliseconds, microseconds and nanoseconds: for a date in these years, only one of them fits.
_UNIX_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Longer texts are prose.
_LENGTH_MAX = 80
_NUMBER = re.compile(r"\d{9,20}(?:\.\d{1,9})?")
_FOUR_DIGIT_YEAR = re.compile(r"(?<!\d)(?:19|20|[2-9]\d)\d\d(?!\d)")
_STARTS_WITH_YEAR = re.compile(r"\d{4}")
# Additions to a date that the parser does not expect: a zone's name after its offset, as Go, JavaScript and RFC 9557
# write it, and "GMT" before an offset, which it would take for the opposite sign.
_ZONE_AFTER_OFFSET = re.compile(r"(?<=[\d ])([+-]\d\d:?\d\d)\s*(?:[A-Z]{1,5}\b.*|\(.*\)|\[.*\])$")
_ZONE_IN_BRACKETS = re.compile(r"(?<=[Zz\d])\s*\[.*\]$")
_ZONE_BEFORE_OFFSET = re.compile(r"\b(?:GMT|UTC)(?=[+-]\d)")

# Zones of RFC 2822, section 4.3, in hours. Other names are ambiguous, and a date with one of them is not read.
_ZONE_HOURS = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip

# Parts that a text does not give are taken from these: a date is complete when both give the same.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2004, 3, 4))  # noqa: DTZ001 - only their parts are used


def parse_date(value: object) -> datetime | None:
    """Return a provider's date as an aware UTC datetime, None when it is not a complete date.

    Reads ISO 8601 in all its spellings, RFC 2822, the forms of Go and JavaScript, dates with slashes that begin with
    the year, and Unix time in seconds to nanoseconds, as a number or digits. A date without a time is midnight, a time
    without a zone is UTC. Dates with a missing or ambiguous part, before 1990 or after 9998 are none.

    Args:
        value: a payload's value of any type.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _of_unix(value)
    if not isinstance(value, str) or len(value) > _LENGTH_MAX or not value.isascii():
        return None
    text = value.strip()
    if _NUMBER.fullmatch(text) and (moment := _of_unix(float(text) if "." in text else int(text))):
        return moment
    return _of_text(text)


def _of_unix(number: int | float) -> datetime | None:
    if not 0 < number < 1e20 or not math.isfinite(number):
        return None
    for unit in _UNIX_UNITS:
        seconds = number / unit
        if 0 < seconds < 1e10:
            moment = _UNIX_EPOCH + timedelta(seconds=seconds)
            if moment.year in _UNIX_YEARS:
                return moment
    return None


def _of_text(text: str) -> datetime | None:
    try:
        moment = _parsed(text)
        if moment is None:
            return None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in YEARS else None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)  # Fast path for nearly all dates.
    except ValueError:
        pass
    text = _ZONE_AFTER_OFFSET.sub(r"\1", _ZONE_IN_BRACKETS.sub("", _ZONE_BEFORE_OFFSET.sub("", text)))
    if not _FOUR_DIGIT_YEAR.search(text) and not text.isdigit():
        return None
    if len(text) >= len("2025-07-20"):
        try:
            moment: datetime = parser.isoparse(text)  # Only this one reads 24:00 as the end of a day.
        except ValueError:
            pass
        else:
            return moment
    readings = {_read(text, default, day_first=False) for default in _DEFAULTS}
    if not _STARTS_WITH_YEAR.match(text):
        readings.add(_read(text, _DEFAULTS[0], day_first=True))
    return readings.pop() if len(readings) == 1 else None


def _read(text: str, default: datetime, *, day_first: bool) -> datetime:
    found: datetime = parser.parse(text, default=default, dayfirst=day_first, tzinfos=_zone)
    return found


def _zone(name: str | None, offset_seconds: int | None) -> tzinfo | None:
    if offset_seconds is not None:
        return timezone(timedelta(seconds=offset_seconds))
    if name is None:
        return None
    if name not in _ZONE_HOURS:
        raise ValueError(f"unknown time zone {name}")
    return timezone(timedelta(hours=_ZONE_HOURS[name]))
