"""Conversion of payloads to and from the JSON that PostgreSQL can store."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from common.json_parsing import DEPTH_MAX, TOO_DEEP, has_inexact_number, parse_json, storable_number

_SURROGATE = re.compile("[\ud800-\udfff]")


def to_jsonb(payload: Any) -> tuple[Any, str]:
    """Return a payload in a form that a jsonb column accepts and `from_jsonb` returns, as (value, JSON text).

    Characters that jsonb cannot hold (NUL, lone surrogates) become U+FFFD. Numbers and depth follow the rules of
    `common.json_parsing`. Everything else is unchanged.
    """
    try:
        text = orjson.dumps(payload)
    except TypeError:
        return _cleaned(payload)
    if b"\\u0000" in text or has_inexact_number(text):
        return _cleaned(payload)
    return payload, text.decode()


def from_jsonb(text: str) -> Any:
    """Parse the JSON text of a stored payload. Never fails, also for rows that were stored by other means."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return parse_json(text.encode())


def _cleaned(payload: Any) -> tuple[Any, str]:
    clean = _clean(payload)
    return clean, json.dumps(clean, ensure_ascii=False)


def _clean(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict | list | tuple) and depth >= DEPTH_MAX:
        return TOO_DEEP
    if isinstance(value, dict):
        return {storable_text(str(key)): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return storable_number(value)


def storable_text(text: str) -> str:
    """Replace the characters that PostgreSQL cannot hold with U+FFFD; return the same object when there are none."""
    if is_storable(text):
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def is_storable(text: str) -> bool:
    """Return True when PostgreSQL can hold a text: it has no NUL and no lone surrogate."""
    return "\x00" not in text and (text.isascii() or not _SURROGATE.search(text))
