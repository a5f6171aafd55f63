"""Where a page of a list ends, as a text that is handed out and taken back."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any


def write_cursor(key: Sequence[Any]) -> str:
    """A key of texts and numbers, as `read_cursor` takes it."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def read_cursor(cursor: str, parts: Sequence[Callable[[Any], Any]]) -> tuple[Any, ...]:
    """The key that was written, each part read by its own function, which raises a ValueError at what it cannot be.

    Raises:
        InvalidCursor: the text was never handed out, or not for this list.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(read(part) for read, part in zip(parts, key, strict=True))
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise InvalidCursor("This page link is not one of ours; start from the first page.") from error


def read_number(part: Any) -> int:
    """A count or an id."""
    if not isinstance(part, int) or not 0 <= part < 2**63:
        raise ValueError(part)
    return part


class InvalidCursor(ValueError):
    """A cursor that this library never gave out."""


def read_datetime(text: Any) -> datetime:
    """A moment as a cursor holds it, in UTC: PostgreSQL knows no offsets as large as Python does.

    Raises:
        ValueError, TypeError, OverflowError: it is none, or not on one of our calendars.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)
