"""Parsing of JSON from outside into values that PostgreSQL can store and that every reader reads again equal.

JSON allows what neither a column nor Python's parsers hold. One such value must not cost the whole text, so each has a
rule:

- Numbers are integers of 64 bits (signed or unsigned) or floats below 2^64. All others, such as an integer of 5,000
  digits or 1e999, become text as they are written. A float that is an integer of 2^53 or more becomes an integer, since
  PostgreSQL writes it with all digits.
- NaN and the infinities, which are not JSON but are sent, become null.
- Characters that PostgreSQL rejects in text (NUL and lone surrogates) are removed, also from keys. Bytes that are not
  UTF-8 become U+FFFD. Control characters within strings are accepted.
- Lists and objects in 250 or more others become a short note, at the latest when they are stored.
- Of two equal keys the last one counts.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import orjson

DEPTH_MAX = 250
"""Lists and objects within each other that are kept: orjson serializes no deeper than 254."""

# Deeper text is an attack, and is not worth the time.
_DEPTH_READ_MAX = 100_000

TOO_DEEP = "[nested too deeply to be kept]"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BIGGEST = 2**64
_SMALLEST = -(2**63)
_EXACT = 2**53  # From here on floats are integers.
_DIGITS_MAX = len(str(_BIGGEST))

# For the search for numbers that orjson does not read exactly: digits and the point become "d", what comes before a
# number becomes ":". The search itself then begins with one character, which is several times faster.
_KINDS = bytes.maketrans(b"0123456789.,[ \t\r\nE", b"d" * 11 + b":" * 6 + b"e")
_INEXACT = re.compile(rb"(?:^|:)-?d(?:d{15}|d*e)")

_TOKENS = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|[\[{]|[\]}]', re.DOTALL)


def parse_json(body: bytes) -> Any:
    """Parse JSON text by the rules of this module.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _parse_leniently(body)
    # orjson rounds integers of more than 64 bits to floats.
    if b"\\u0000" in body or has_inexact_number(body):
        return _parse_leniently(body)
    return value


def count_entries(body: bytes) -> int:
    """Return how many values, keys and brackets JSON text has at most, without parsing it."""
    # Those within strings are counted, too.
    return sum(body.count(sign) for sign in (b",", b":", b"[", b"{"))


def has_inexact_number(body: bytes) -> bool:
    """Return True when JSON text has a number of 16 digits or with an exponent; strings may look like one."""
    return _INEXACT.search(body.translate(_KINDS)) is not None


def storable_number(number: int | float) -> int | float | str | None:
    """Return a number as the rules of this module store it."""
    if isinstance(number, int):
        return number if _SMALLEST <= number < _BIGGEST else _digits(number)
    if not math.isfinite(number):
        return None
    if abs(number) < _EXACT:
        return number
    return int(number) if _SMALLEST <= number < _BIGGEST else repr(number)


def _digits(number: int) -> str:
    try:
        return str(number)
    except ValueError:  # Python converts no more than 4,300 digits.
        return hex(number)


def _parse_leniently(body: bytes) -> Any:
    text = body.decode(json.detect_encoding(body), "replace").removeprefix("\ufeff")
    try:
        return _storable(_loads(text))
    except RecursionError:
        return _storable(_loads("".join(_cut(text))))


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=lambda _: None, strict=False)


def _integer(digits: str) -> int | str:
    if len(digits) > _DIGITS_MAX:
        return digits
    number = int(digits)
    return number if _SMALLEST <= number < _BIGGEST else digits


def _float(text: str) -> int | float | str:
    number = float(text)
    kept = storable_number(number)
    return text if kept is None or isinstance(kept, str) else kept


def _cut(text: str) -> Iterator[str]:
    """Yield the parts of JSON text, with a note in place of each list and object that is nested too deeply."""
    depth, kept_until = 0, 0
    for token in _TOKENS.finditer(text):
        sign = token[0]
        if sign in ("[", "{"):
            depth += 1
            if depth > _DEPTH_READ_MAX:
                raise ValueError("Nested too deeply.")
            if depth == DEPTH_MAX + 1:
                yield text[kept_until : token.start()]
        elif sign in ("]", "}"):
            if depth == DEPTH_MAX + 1:
                yield f'"{TOO_DEEP}"'
                kept_until = token.end()
            depth -= 1
    if depth <= DEPTH_MAX:
        yield text[kept_until:]


def _storable(value: Any) -> Any:
    """Remove the characters that PostgreSQL rejects, in place and without recursion."""
    whole = [value]
    unseen: list[Any] = [whole]
    while unseen:
        holder = unseen.pop()
        if isinstance(holder, dict):
            cleaned = {_UNSTORABLE.sub("", key): _storable_text(entry) for key, entry in holder.items()}
            holder.clear()
            holder.update(cleaned)
        else:
            holder[:] = [_storable_text(entry) for entry in holder]
        entries = holder.values() if isinstance(holder, dict) else holder
        unseen.extend(entry for entry in entries if isinstance(entry, dict | list))
    return whole[0]


def _storable_text(value: Any) -> Any:
    return _UNSTORABLE.sub("", value) if isinstance(value, str) else value
