"""What a person types into the library's search: words of a prompt, and words of lineage among them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from common.errors import AppError

LINEAGE_WORDS = ("related", "orphan", "root")

_WORD = re.compile(r"""(?<!\S)(made-from|used-in|is):("[^"]*"|\S*)""", re.IGNORECASE)
_EXAMPLES = {"made-from": "made-from:12", "used-in": "used-in:12", "is": "is:orphan"}


class InvalidSearch(AppError):
    """A search that means nothing; `field` is the part of the filter that holds it."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name

    @property
    def detail(self) -> str:
        """The status' own: `members` names the field."""
        return ""

    @property
    def members(self) -> dict[str, Any]:
        """The message at the query's field."""
        field_name = "q" if self.field == "text" else self.field
        error = {"location": "query", "field": field_name, "code": "invalid_search", "message": str(self)}
        return {"errors": [error]}


@dataclass(frozen=True, slots=True)
class SearchWords:
    """What a text asks for.

    `text` is what is left for prompts and titles; `made_from` and `used_in` name assets; `lineage` is of LINEAGE_WORDS.
    """

    text: str
    made_from: list[str] = field(default_factory=list)
    used_in: list[str] = field(default_factory=list)
    lineage: list[str] = field(default_factory=list)


def read(text: str) -> SearchWords:
    """Take the words of lineage out of a text: `made-from:12`, `used-in:"a name"`, `is:orphan`.

    Raises:
        InvalidSearch: one of them has nothing behind it, or nothing that is known.
    """
    words = SearchWords(_WORD.sub(" ", text))
    for found, quoted in _WORD.findall(text):
        word, value = found.lower(), quoted.strip('"')
        if not value:
            raise InvalidSearch("text", f"“{word}:” needs something behind it, as in {_EXAMPLES[word]}.")
        if word == "made-from":
            words.made_from.append(value)
        elif word == "used-in":
            words.used_in.append(value)
        elif value.lower() in LINEAGE_WORDS:
            words.lineage.append(value.lower())
        else:
            raise InvalidSearch("text", f"“is:{value[:40]}” means nothing; is:orphan, is:root and is:related do.")
    return words
