"""Compare two assets: their prompts word by word, and their settings."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from assets.generation_parameters import PARAMETER_WORDS, parameters
from assets.models import Asset

# Comparing takes time proportional to the product of both lengths at worst; prompts are far shorter than this.
WORDS_MAX = 800


class Change(StrEnum):
    """The change of a piece of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive words with the same change."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class TextComparison:
    """Two texts merged, in pieces; `is_cut` is true when only their beginnings were compared."""

    pieces: tuple[Piece, ...]
    is_cut: bool

    @property
    def is_same(self) -> bool:
        """Return whether nothing was removed or added."""
        return all(piece.change is Change.KEPT for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One setting of both assets, "" where unknown."""

    word: str
    parent: str
    child: str

    @property
    def differs(self) -> bool:
        """Return whether both values are known and not equal."""
        return bool(self.parent and self.child and self.parent != self.child)


def compare_texts(before: str, after: str) -> TextComparison:
    """Compare two texts word by word; white space is ignored."""
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
    """Compare the settings of both, from their columns and payloads; settings that neither has are left out."""
    of_parent, of_child = _facts(parent), _facts(child)
    rows = (ParameterRow(word, of_parent.get(word, ""), of_child.get(word, "")) for word in of_parent)
    return tuple(row for row in rows if row.parent or row.child)


def _facts(asset: Asset) -> dict[str, str]:
    given = parameters(asset.media_metadata)
    return {
        "Media": asset.get_media_type_display(),
        "Operation": asset.get_operation_type_display() if asset.operation_type != "unknown" else "",
        "Model": asset.model_name,
        "Duration": f"{asset.duration_seconds:g} s" if asset.duration_seconds else "",
        "Size": f"{asset.width} × {asset.height}" if asset.width and asset.height else "",
        **{word: given.get(word, "") for word in PARAMETER_WORDS.values()},
        "Created": f"{asset.provider_created_at:%-d %B %Y, %H:%M}" if asset.provider_created_at else "",
    }
