"""Two assets side by side: their prompts word by word, and what each was asked for with."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from assets.generation_parameters import PARAMETER_WORDS, parameters
from assets.models import Asset

# Comparing takes the product of both lengths at worst; prompts of people are far shorter.
WORDS_MAX = 800


class Change(StrEnum):
    """What became of some words on the way from one text to the other."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words in a row that share a fate."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class TextComparison:
    """Two texts as one, in pieces; `is_cut` says that they go on beyond what was compared."""

    pieces: tuple[Piece, ...]
    is_cut: bool

    @property
    def is_same(self) -> bool:
        """Whether nothing was removed or added."""
        return all(piece.change is Change.KEPT for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter of both, "" where it is not known; `differs` only where both are known."""

    word: str
    parent: str
    child: str

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same."""
        return bool(self.parent and self.child and self.parent != self.child)


def compare_texts(before: str, after: str) -> TextComparison:
    """Compare two texts word by word; white space does not count."""
    old, new = before.split(), after.split()
    is_cut = max(len(old), len(new)) > WORDS_MAX
    old, new = old[:WORDS_MAX], new[:WORDS_MAX]
    pieces: list[Piece] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Change.KEPT, " ".join(old[old_from:old_to])))
            continue
        if old_to > old_from:
            pieces.append(Piece(Change.REMOVED, " ".join(old[old_from:old_to])))
        if new_to > new_from:
            pieces.append(Piece(Change.ADDED, " ".join(new[new_from:new_to])))
    return TextComparison(tuple(pieces), is_cut)


def compare_parameters(parent: Asset, child: Asset) -> tuple[ParameterRow, ...]:
    """What both were made with, from their columns and payloads; what neither says is left out."""
    of_parent, of_child = _facts(parent), _facts(child)
    rows = (ParameterRow(word, of_parent.get(word, ""), of_child.get(word, "")) for word in of_parent)
    return tuple(row for row in rows if row.parent or row.child)


def _facts(asset: Asset) -> dict[str, str]:
    given = parameters(asset.media_metadata)
    return {
        "Media": asset.get_media_type_display(),
        "Made by": asset.get_operation_type_display() if asset.operation_type != "unknown" else "",
        "Model": asset.model_name,
        "Length": f"{asset.duration_seconds:g} s" if asset.duration_seconds else "",
        "Size": f"{asset.width} × {asset.height}" if asset.width and asset.height else "",
        **{word: given.get(word, "") for word in PARAMETER_WORDS.values()},
        "Made at": f"{asset.provider_created_at:%-d %B %Y, %H:%M}" if asset.provider_created_at else "",
    }
