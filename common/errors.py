"""The root of the errors that an app reports to people and to programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeVar

from django.http import Http404

View = TypeVar("View", bound=Callable[..., Any])


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


class Busy(AppError):
    """The request is in order, and can succeed when it is sent again. Pages repeat it by themselves.

    Args:
        message: the sentence for its reader.
        retry_after_seconds: when to send it again; None when the same request is not likely to succeed.
    """

    http_status = 503
    code = "busy"
    title = "Stemma is busy"

    def __init__(self, message: str, *, retry_after_seconds: float | None = 5.0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooSlow(Busy):
    """A query was cancelled, since it took longer than requests may."""

    code = "too_slow"
    title = "This takes too long"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"This takes longer than {seconds} s here. Narrow it, or run it in the background.",
            retry_after_seconds=None,
        )


class DatabaseUnavailable(Busy):
    """No connection to the database, or none that is free."""

    code = "database_unavailable"
    title = "The database cannot be reached"


def raises(*kinds: type[AppError | Http404]) -> Callable[[View], View]:
    """Declare the errors of an API operation, for its description; each stands for its subclasses too."""

    def declare(view: View) -> View:
        view.__dict__["raised_errors"] = kinds
        return view

    return declare


def errors_of(view: Callable[..., Any]) -> set[type[AppError | Http404]]:
    """Return the errors that an operation declares, with their subclasses."""
    return {kind for declared in getattr(view, "raised_errors", ()) for kind in (declared, *_subclasses(declared))}


def _subclasses(kind: type[AppError | Http404]) -> Iterator[type[AppError | Http404]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)
