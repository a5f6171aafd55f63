"""Rates and remaining time of a run as text."""

from __future__ import annotations

from datetime import timedelta


def rate_in_words(per_second: float | None, things: str) -> str:
    """How fast a run is, "" while that is not known."""
    if not per_second:
        return ""
    return f"{per_second:,.0f} {things}/s" if per_second >= 10 else f"{per_second:.1f} {things}/s"


def time_left_in_words(span: timedelta) -> str:
    """A time that is left, as roughly as it is known."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute left"
    if minutes < 60:
        return f"about {minutes} min left"
    return f"about {minutes // 60} h {minutes % 60} min left"
