"""Compare two payloads of one asset field by field, ignoring equivalent values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from assets.ingest.payload_merge import is_blank

DEPTH_MAX = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs between two payloads; `expected_because` is "" when it has no explanation.

    `field` is its path, such as `customer_paths.prompts.0`; a value of None is a missing field.
    """

    field: str
    stored: Any
    now: Any
    expected_because: str = ""

    @property
    def is_expected(self) -> bool:
        """True when the difference has a known harmless reason."""
        return bool(self.expected_because)


def compare(stored: Any, now: Any, *, expected: Mapping[str, str]) -> tuple[Difference, ...]:
    """Return the fields that differ between two payloads of one asset.

    Equivalent values are no difference: a blank and a missing field, an id as number and as text, a URL in either
    encoding, with or without a signature.

    Args:
        stored: the stored payload.
        now: the other payload.
        expected: last part of a field's path → why its change is harmless.

    Returns:
        One Difference per field, in the order of their paths.
    """
    ours, theirs = _fields(stored), _fields(now)
    found = (_difference(path, ours.get(path), theirs.get(path), expected) for path in sorted({*ours, *theirs}))
    return tuple(difference for difference in found if difference is not None)


def _fields(payload: Any) -> dict[str, Any]:
    """Return path → value of every value of a payload that is no container."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any, int]] = [("", payload, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        inner = _inner(value) if depth < DEPTH_MAX else None
        if inner is None:
            found[path] = value
        else:
            waiting += [(f"{path}.{key}" if path else key, item, depth + 1) for key, item in inner]
    return found


def _inner(value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [(str(index), item) for index, item in enumerate(value)]
    return None


def _difference(path: str, stored: Any, now: Any, expected: Mapping[str, str]) -> Difference | None:
    if _normal(stored) == _normal(now):
        return None
    return Difference(path, stored, now, _reason(path, stored, expected))


def _reason(path: str, stored: Any, expected: Mapping[str, str]) -> str:
    names = path.split(".")
    reason = next((expected[name] for name in names if name in expected), "")
    if not reason and is_blank(stored):
        return "It was not set when the payload was stored."
    return reason


def _normal(value: Any) -> Any:
    if value is True or (isinstance(value, str) and value.strip().lower() == "true"):
        return "1"
    if value is False or is_blank(value):
        return None
    if isinstance(value, str):
        return _normal_text(value.strip())
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) else value


def _normal_text(text: str) -> str:
    if not text.lower().startswith(("http://", "https://")):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    # Signatures are in the query and differ in every response; schemes and percent-encoding vary.
    return f"{parts.netloc.lower()}{unquote(parts.path)}"
