"""Values that are made once and kept in small files only their owner can read."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def kept(path: Path, make: Callable[[], str]) -> str:
    """Read a kept value, making it first if the file is missing.

    Two processes that start at once agree on one value: the file appears whole, and whoever comes second reads it.

    Args:
        path: the file, created with mode 0600; its folder is created too.
        make: returns a new value; called at most once.

    Returns:
        The value, without surrounding white space.

    Raises:
        ImproperlyConfigured: the file exists and is empty.
        OSError: the file cannot be read or made.
    """
    if not path.exists():
        _create(path, make())
    value = path.read_text(encoding="utf-8").strip()
    if not value:
        raise ImproperlyConfigured(f"{path} is empty. Put its value back from a backup; it is never overwritten.")
    return value


def _create(path: Path, value: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file with mode 0600. link() fails where rename() would replace the other process's value.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(value + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)
