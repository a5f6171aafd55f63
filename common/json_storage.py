"""Conversion of payloads to and from the JSON that PostgreSQL can store."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

# orjson serializes no deeper. Values nested deeper are not read field by field, and one such item must not fail its
# whole page, so they are cut.
_DEPTH_MAX = 250
_TOO_DEEP = "[nested too deeply to be kept]"

_SURROGATE = re.compile("[\ud800-\udfff]")


def to_jsonb(payload: Any) -> tuple[Any, str]:
    """Return a payload in a form that a jsonb column accepts, as (value, JSON text).

    Characters that jsonb cannot hold (NUL, lone surrogates) become U+FFFD. Values nested more than 250 levels deep are
    replaced by a short note. Everything else is unchanged.
    """
    try:
        text = orjson.dumps(payload).decode()
    except TypeError:
        return _cleaned(payload)
    if "\\u0000" in text:
        return _cleaned(payload)
    return payload, text


def from_jsonb(text: str) -> Any:
    """Parse the JSON text of a stored payload."""
    return orjson.loads(text)


def _cleaned(payload: Any) -> tuple[Any, str]:
    clean = _clean(payload)
    return clean, json.dumps(clean, ensure_ascii=False)


def _clean(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict | list | tuple) and depth >= _DEPTH_MAX:
        return _TOO_DEEP
    if isinstance(value, dict):
        return {storable_text(str(key)): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, float) and value - value != 0:  # NaN and the infinities are not JSON
        return None
    return value


def storable_text(text: str) -> str:
    """Replace the characters that PostgreSQL cannot hold with U+FFFD; return the same object when there are none."""
    if is_storable(text):
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def is_storable(text: str) -> bool:
    """Return True when PostgreSQL can hold a text: it has no NUL and no lone surrogate."""
    return "\x00" not in text and (text.isascii() or not _SURROGATE.search(text))
