"""Merge a later payload into a stored one without losing values."""

from __future__ import annotations

from typing import Any

from common.blank_values import is_nothing
from providers.base import Extractor


def merge_payloads(extractor: Extractor, kept: Any, later: Any) -> Any:
    """Return the kept payload with the values of a later answer; its inputs replace other ones."""
    return enrich(extractor.without_replaced_inputs(kept, later), later)


def enrich(kept: Any, later: Any) -> Any:
    """Return the kept payload with the additional values of a later answer.

    Blank, missing or placeholder values of the later answer never replace a value. Objects are joined key by key,
    lists of one length item by item. Of two lists of different length the later one is kept, unless it is shorter and
    has nothing new.

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
        is_poorer = len(later) < len(kept) and all(is_blank(value) or value in kept for value in later)
        return kept if is_poorer else later
    return kept if is_blank(later) and not (_is_flag(kept) and _is_flag(later)) else later


def is_blank(value: Any) -> bool:
    """Return True for an empty value of a payload: null, 0, "", [], {} or a text that stands for a missing value.

    Providers write 0 for a number they do not give, such as an id or a width (provider notes, Pixverse 5.3), and words
    such as "undefined" or the file `default.jpg` for a missing text.
    """
    if value is False:
        return False
    return is_nothing(value) if isinstance(value, str) else not value


def _is_flag(value: Any) -> bool:
    """Return True for yes or no as text, which say something where the other one is stored."""
    return isinstance(value, str) and value.strip().lower() in ("true", "false")
