"""Merge a later payload into a stored one without losing values."""

from __future__ import annotations

from typing import Any


def enrich(kept: Any, later: Any) -> Any:
    """Return the kept payload with the additional values of a later answer.

    Blank, missing or placeholder values of the later answer never replace a value. Objects are joined key by key,
    lists of one length item by item; of two lists of different length the longer one is kept.

    Source: domain.md §2 ("a later answer that is poorer never takes away").
    """
    if isinstance(kept, dict) and isinstance(later, dict):
        joined = dict(kept)
        for key, value in later.items():
            joined[key] = enrich(kept[key], value) if key in kept else value
        return joined
    if isinstance(kept, list) and isinstance(later, list):
        if len(kept) == len(later):
            return [enrich(old, new) for old, new in zip(kept, later, strict=True)]
        return kept if len(kept) > len(later) else later
    return kept if is_blank(later) else later


def is_blank(value: Any) -> bool:
    """Tell whether a payload's value is empty: null, 0, "", [], {} or a placeholder file.

    Providers write 0 for a number they do not give, such as an id or a width (provider notes, Pixverse 5.3).
    """
    if value is False:
        return False
    if isinstance(value, str):
        text = value.strip()
        return not text or text in ("null", "undefined") or _is_placeholder(text)
    return not value


def _is_placeholder(text: str) -> bool:
    # A media file named default.* below a media folder stands for "nothing here" (provider notes, Pixverse 4.5); the
    # folder may be percent-encoded.
    _, _, name = text.replace("%2F", "/").rpartition("/")
    return name.startswith("default.") and "media" in text
