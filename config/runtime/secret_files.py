"""Secrets that are generated once and kept in small files that only their owner can read."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def read_or_create(path: Path, make: Callable[[], str]) -> str:
    """Read a value from a file; generate and store it first if the file is missing.

    Two processes that start at the same time get the same value: the file appears atomically, and the second process
    reads it.

    Args:
        path: the file, created with mode 0600; its folder is created too.
        make: generates a new value; called at most once.

    Returns:
        The value, without surrounding white space.

    Raises:
        ImproperlyConfigured: the file exists and is empty.
        OSError: the file cannot be read or created.
    """
    if not path.exists():
        _create(path, make())
    value = path.read_text(encoding="utf-8").strip()
    if not value:
        raise ImproperlyConfigured(f"{path} is empty. Restore it from a backup; it is never overwritten.")
    return value


def _create(path: Path, value: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp creates the file with mode 0600. link() fails where rename() would replace the other process's value.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(value + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)
