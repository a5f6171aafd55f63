"""Folders of the sandbox: those that the library begins with, and what users change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from providers.sandbox.library.library import Where
from providers.sandbox.wire import Refused


@dataclass(slots=True)
class Folder:
    """One folder. Its items are those that it began with and `added`, without `removed`."""

    folder_id: int
    name: str
    created_at: str
    added: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)


class Folders:
    """Folders of one library, by ID."""

    def __init__(self, names: dict[int, str], created_at: str) -> None:
        self._folders = {number: Folder(number, name, created_at) for number, name in names.items()}

    def all(self) -> list[Folder]:
        """Return all folders, oldest first."""
        return list(self._folders.values())

    def get(self, folder_id: int) -> Folder:
        """Return one folder.

        Raises:
            Refused: 500008 when there is none with this ID. That the provider uses this code here is a guess.
        """
        folder = self._folders.get(folder_id)
        if folder is None:
            raise Refused(500008)
        return folder

    def where(self, folder_id: int) -> Where:
        """Return the filter for the items of a folder."""
        folder = self.get(folder_id)
        return Where(folder_id=folder_id, added=frozenset(folder.added), removed=frozenset(folder.removed))

    def create(self, folder_id: int, name: str, created_at: str) -> Folder:
        """Add an empty folder."""
        folder = self._folders[folder_id] = Folder(folder_id, name, created_at)
        return folder

    def delete(self, folder_ids: Iterable[int]) -> None:
        """Delete folders, not their items; an unknown ID deletes none of them."""
        for folder in [self.get(folder_id) for folder_id in folder_ids]:
            self._folders.pop(folder.folder_id, None)
