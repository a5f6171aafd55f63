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


def enrich(kept: Any, later: Any) -> Any:
    """The kept payload with what a later answer knows better.

    Blank, missing or placeholder values of the later answer never replace a value. Objects are joined key by key,
    lists of one length item by item; of two lists of different length the longer one stays.

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
    """Whether a payload's value says nothing: null, 0, "", [], {} or a placeholder file.

    Providers write 0 for a number they do not give, such as an id or a width (provider notes, Pixverse 5.3).
    """
    if value is False:
        return False
    if isinstance(value, str):
        text = value.strip()
        return not text or text in ("null", "undefined") or _is_placeholder(text)
    return not value


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


def _is_placeholder(text: str) -> bool:
    # A media file named default.* below a media folder stands for "nothing here" (provider notes, Pixverse 4.5); the
    # folder may be percent-encoded.
    _, _, name = text.replace("%2F", "/").rpartition("/")
    return name.startswith("default.") and "media" in text
