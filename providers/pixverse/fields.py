"""Access to the lineage fields of a Pixverse record, which may be nested or at top level.

Source: provider notes, Pixverse §5.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from providers.pixverse.names import clean_id, given_text

# Each field may be in one of these objects or at top level, and the other place may hold an empty string.
# Source: provider notes, Pixverse §5.3.
_NESTS = ("customer_paths", "lip_sync")

_NUMBER_MAX = 2**31 - 1


class Fields:
    """Fields of one record: the first non-empty value of (nested, top).

    Blank, empty, 0, null and texts that mean nothing count as missing.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        nests = [nest for key in _NESTS if (nest := record.get(key)) and isinstance(nest, (dict, Mapping))]
        self._places: tuple[Mapping[str, Any], ...] = (*nests, record)

    def text(self, key: str) -> str:
        """Return the first text of a key, "" when there is none."""
        for place in self._places:
            if (value := place.get(key)) and (text := given_text(value)):
                return text
        return ""

    def id(self, key: str) -> str:
        """Return the first ID of a key as digits, "" when there is none."""
        for place in self._places:
            if (value := place.get(key)) and (digits := clean_id(value)):
                return digits
        return ""

    def number(self, key: str) -> int | float | None:
        """Return the first positive number of a key, None when there is none."""
        for place in self._places:
            if (value := place.get(key)) and (found := positive(value)) is not None:
                return found
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the first list of a key that contains text; positions are kept, with "" for other values."""
        for place in self._places:
            if value := place.get(key):
                texts = tuple([given_text(entry) for entry in _entries(value)])
                if any(texts):
                    return texts
        return ()

    def numbers(self, key: str) -> tuple[int | float | None, ...]:
        """Return the first list of a key that contains positive numbers; positions are kept, None for other values."""
        for place in self._places:
            if value := place.get(key):
                numbers = tuple([positive(entry) for entry in _entries(value)])
                if any(numbers):
                    return numbers
        return ()

    def is_set(self, key: str) -> bool:
        """Return True when a flag is set, as 1 or true."""
        return self.number(key) is not None or any(place.get(key) is True for place in self._places)


def positive(value: object) -> int | float | None:
    """Return a number above zero, parsed from text where needed; None for anything else."""
    if type(value) is int:  # Fast path for nearly all values.
        return value if 0 < value <= _NUMBER_MAX else None
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and 0 < value <= _NUMBER_MAX else None


def _parsed(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def _entries(value: object) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    return [value] if isinstance(value, str | int | float) else []
