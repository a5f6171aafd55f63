"""The root of the errors that an app reports to people and to programs."""

from __future__ import annotations

from typing import Any, ClassVar


class AppError(Exception):
    """An expected failure with a message for its reader; `str(error)` is a sentence.

    `config/api_errors.py` answers it as a problem document (RFC 9457), pages show the message. `http_status` is the
    status of that answer; `code` is a stable identifier for programs, `title` a summary that is the same for every
    error of the code; both are the status' own when empty. `retry_after_seconds` is when the same request can succeed.
    """

    http_status: ClassVar[int] = 422
    code: ClassVar[str] = ""
    title: ClassVar[str] = ""
    retry_after_seconds: float | None = None

    @property
    def detail(self) -> str:
        """The sentence of the problem document, "" for the status' own."""
        return str(self)

    @property
    def members(self) -> dict[str, Any]:
        """Further members of the problem document; empty ones are left out."""
        return {}
