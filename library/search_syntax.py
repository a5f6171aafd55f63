"""Parse the library's search: words of a prompt, and lineage operators."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from common.errors import AppError

LINEAGE_WORDS = ("related", "orphan", "root")

# A quotation mark that is not closed quotes the rest of the text.
_WORD = re.compile(r"""(?<!\S)(made-from|used-in|is):("[^"]*"?|\S*)""", re.IGNORECASE)
_MISSING = {"made-from": "an asset ID", "used-in": "an asset ID", "is": "a word"}
_EXAMPLES = {"made-from": "made-from:12", "used-in": "used-in:12", "is": "is:orphan"}


class InvalidSearch(AppError):
    """A search that cannot be parsed; `field` is the part of the filter that holds it."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name

    @property
    def detail(self) -> str:
        """An empty string: `members` holds the message with its field."""
        return ""

    @property
    def members(self) -> dict[str, Any]:
        """The problem document's `errors`, with the query parameter of the field."""
        field_name = "q" if self.field == "text" else self.field
        error = {"location": "query", "field": field_name, "code": "invalid_search", "message": str(self)}
        return {"errors": [error]}


class UnknownAsset(InvalidSearch):
    """The search names an asset that is not in the library."""

    http_status = 404
    code = "unknown_asset"


@dataclass(frozen=True, slots=True)
class SearchWords:
    """A parsed search.

    `text` is the rest for prompts and titles; `made_from` and `used_in` identify assets; `lineage` is of LINEAGE_WORDS.
    """

    text: str
    made_from: list[str] = field(default_factory=list)
    used_in: list[str] = field(default_factory=list)
    lineage: list[str] = field(default_factory=list)


def read(text: str) -> SearchWords:
    """Parse the operators `made-from:12`, `used-in:"a name"` and `is:orphan` out of a text.

    Raises:
        InvalidSearch: an operator has no value, or an unknown one.
    """
    words = SearchWords(_WORD.sub(" ", text))
    for found, quoted in _WORD.findall(text):
        word, value = found.lower(), quoted.strip('"')
        if not value:
            raise InvalidSearch("text", _how_to_finish(word))
        if word == "made-from":
            words.made_from.append(value)
        elif word == "used-in":
            words.used_in.append(value)
        elif value.lower() in LINEAGE_WORDS:
            words.lineage.append(value.lower())
        else:
            raise InvalidSearch("text", f"Unknown filter “is:{value[:40]}”. Use is:orphan, is:root or is:related.")
    return words


def is_searchable(text: str) -> bool:
    """Return True when a text has a letter or digit to search for, or an operator."""
    return bool(_WORD.search(text)) or any(unicodedata.category(character)[0] in "LN" for character in text)


def split_unfinished(text: str) -> tuple[str, str]:
    """Split the operators that a person is still typing off a text.

    An operator is unfinished when it has no value (`made-from:`), an open quotation mark (`made-from:"a na`), or the
    beginning of a word (`is:or`).

    Returns:
        The text without them, and how to finish the first of them, "" when there is none.
    """
    unfinished = [found for found in _WORD.finditer(text) if _is_unfinished(found[1].lower(), found[2])]
    if not unfinished:
        return text, ""
    rest = _WORD.sub(lambda found: " " if _is_unfinished(found[1].lower(), found[2]) else found[0], text)
    return rest.strip(), _how_to_finish(unfinished[0][1].lower())


def _is_unfinished(word: str, quoted: str) -> bool:
    value = quoted.strip('"').lower()
    if not value or (quoted.startswith('"') and not quoted.endswith('"')):
        return True
    return word == "is" and any(known.startswith(value) and known != value for known in LINEAGE_WORDS)


def _how_to_finish(word: str) -> str:
    return f"Add {_MISSING[word]} after {word}:, as in {_EXAMPLES[word]}."
