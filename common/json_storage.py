"""What is kept of a payload: whole, storable, and never made poorer by a later answer."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

# orjson writes no more; what is cut there could not be read field by field anyhow, and must not cost its page.
_DEPTH_MAX = 250
_TOO_DEEP = "[nested too deeply to be kept]"

_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(payload: Any) -> tuple[Any, str]:
    """The payload as PostgreSQL can keep it, as value and as JSON text.

    Characters that no jsonb can hold (NUL, lone surrogates) become U+FFFD, and what is nested more than 250 deep is
    cut; everything else stays as it came.
    """
    try:
        text = orjson.dumps(payload).decode()
    except TypeError:
        return _cleaned(payload)
    if "\\u0000" in text:
        return _cleaned(payload)
    return payload, text


def read(text: str) -> Any:
    """A kept payload again, from its JSON text."""
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
    """Text without the characters that PostgreSQL cannot hold; the very same object when it has none."""
    if is_storable(text):
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold a text: it has no NUL and no lone surrogate."""
    return "\x00" not in text and (text.isascii() or not _SURROGATE.search(text))
