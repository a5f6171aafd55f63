"""Cursors of keyset pagination: the sort key of the last row of a page, encoded as text."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from common.errors import AppError


def write_cursor(key: Sequence[Any]) -> str:
    """Encode a sort key of texts and numbers; `read_cursor` decodes it."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def read_cursor(cursor: str, parts: Sequence[Callable[[Any], Any]]) -> tuple[Any, ...]:
    """Decode a cursor into its sort key.

    Args:
        cursor: a text from `write_cursor`.
        parts: one function per part of the key; it converts the part or raises ValueError.

    Raises:
        InvalidCursor: the text is not a cursor of this list.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(read(part) for read, part in zip(parts, key, strict=True))
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise InvalidCursor("This link has expired. Back to page 1.") from error


def read_number(part: Any) -> int:
    """Return a count or an ID from a cursor. Raises ValueError for anything else."""
    if not isinstance(part, int) or not 0 <= part < 2**63:
        raise ValueError(part)
    return part


class InvalidCursor(AppError):
    """The text is not a cursor that this list returned, so there is no such page."""

    http_status: ClassVar[int] = 404
    code: ClassVar[str] = "invalid_cursor"

    @property
    def detail(self) -> str:
        """Empty: `members` has the message at its field."""
        return ""

    @property
    def members(self) -> dict[str, Any]:
        """The message, at the field `cursor` of the query."""
        return {"errors": [{"location": "query", "field": "cursor", "code": "invalid_cursor", "message": str(self)}]}


def read_datetime(text: Any) -> datetime:
    """Return a datetime from a cursor, converted to UTC, since PostgreSQL accepts smaller UTC offsets than Python.

    Raises:
        ValueError, TypeError, OverflowError: the text is not an aware datetime within Python's range.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)
