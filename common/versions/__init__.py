"""Versions of rows that people edit, so that the second of two saves does not silently undo the first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from common.errors import AppError

_ANY = "*"


class EditConflict(AppError):
    """The row was changed after it was read; `current` holds its editable fields as they are now, by name."""

    http_status: ClassVar[int] = 409
    code: ClassVar[str] = "edit_conflict"
    title: ClassVar[str] = "This was changed meanwhile"

    def __init__(self, current: Mapping[str, Any], version: str) -> None:
        super().__init__("Somebody saved other values after you opened this. Compare them, then save again.")
        self.current = dict(current)
        self.version = version

    @property
    def members(self) -> dict[str, Any]:
        """The current values, and their version."""
        return {"current": self.current, "version": self.version}


def version_of(values: Mapping[str, Any]) -> str:
    """Return the version of a row's editable fields: the same values have the same version."""
    text = json.dumps(dict(values), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def require_version(asked: str, current: Mapping[str, Any], version: str) -> None:
    """Compare the version that a change was made from with that of the stored row, which the caller has locked.

    Args:
        asked: one or several versions, as in the header If-Match; "" or "*" for any.
        current: the editable fields by name, for the reader of a refusal.
        version: the version of the stored row.

    Raises:
        EditConflict: the values are others.
    """
    accepted = {part.strip().removeprefix("W/").strip('"') for part in asked.split(",")} - {""}
    if accepted and not accepted & {_ANY, version}:
        raise EditConflict(current, version)
