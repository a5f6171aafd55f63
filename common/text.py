"""Names that people give to things: one line of readable text, in any script."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"  # ZERO WIDTH NON-JOINER and JOINER: part of the spelling of words and of composed emoji
_TAGS = range(0xE0020, 0xE0080)  # spell the flags of England, Scotland and Wales after a black flag
# These look blank, although Unicode lists them as letters or symbols.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
_VIRAMA = 9  # combining class of the sign after which a joiner may end a word
# Control, format, surrogate and private-use characters, and separators of lines and paragraphs.
_UNREADABLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_NAME_OF_CONTROL = {"\n": "a line break", "\r": "a line break", "\t": "a tab", "\0": "a NUL character"}


def tidy_name(text: str) -> str:
    """Return a name as it is stored: composed (NFC), every kind of space as a plain one, trimmed."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(" " if unicodedata.category(character) == "Zs" else character for character in composed).strip()


def is_readable(name: str) -> bool:
    """Return True for one line of text with something to see. See `name_problem`."""
    return not name_problem(name)


def name_problem(name: str) -> str:
    """Return what makes a name unreadable, as a sentence for its author; "" for a readable one.

    Allowed are all scripts and emoji with their joiners (ZWJ, ZWNJ) inside words. Refused are control characters,
    characters that change the direction of the text, other invisible characters, and names without a visible one.
    """
    for index, character in enumerate(name):
        if not _is_allowed(name, index):
            return f"Names must be one line of readable text, without {_in_words(character)}."
    return "" if any(_is_visible(character) for character in name) else "Names need at least one visible character."


def _is_allowed(name: str, index: int) -> bool:
    character = name[index]
    if character in _JOINERS:
        return _joins(name[:index][-1:], name[index + 1 : index + 2])
    if ord(character) in _TAGS:
        return index > 0 and (ord(name[index - 1]) in _TAGS or name[index - 1] == "\U0001f3f4")
    # Characters newer than Python's Unicode tables are unassigned there (Cn), and may well be the latest emoji.
    return unicodedata.category(character) not in _UNREADABLE and not _is_noncharacter(character)


def _joins(before: str, after: str) -> bool:
    is_after_virama = bool(before) and unicodedata.combining(before) == _VIRAMA
    return _is_part_of_word(before) and (_is_part_of_word(after) or (is_after_virama and not after.strip()))


def _is_part_of_word(character: str) -> bool:
    return bool(character) and (_is_visible(character) or unicodedata.category(character).startswith("M"))


def _is_visible(character: str) -> bool:
    return (character not in _BLANK and unicodedata.category(character)[0] in "LNPS") or _is_unassigned(character)


def _is_unassigned(character: str) -> bool:
    return unicodedata.category(character) == "Cn" and not _is_noncharacter(character)


def _is_noncharacter(character: str) -> bool:
    # Noncharacters, and the plane of tags and other ignorable characters.
    point = ord(character)
    return 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE or 0xE0000 <= point <= 0xE0FFF or point == 0x2065


def _in_words(character: str) -> str:
    point = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    return _NAME_OF_CONTROL.get(character) or (f"the character {name} ({point})" if name else f"the character {point}")


def _in_class(first: int, last: int) -> str:
    return "-".join(f"\\u{point:04x}" if point < 0x10000 else chr(point) for point in (first, last))


# Code points that no name may contain, as ranges; tests compare them with `name_problem`.
_REFUSED = (
    "0-1f 7f-9f ad-ad 600-605 61c-61c 6dd-6dd 70f-70f 890-891 8e2-8e2 180e-180e 200b-200b 200e-200f 2028-202e "
    "2060-206f e000-f8ff fdd0-fdef feff-feff fff9-fffb fffe-ffff 110bd-110bd 110cd-110cd 13430-13438 1bca0-1bca3 "
    "1d173-1d17a 1fffe-1ffff 2fffe-2ffff 3fffe-3ffff 4fffe-4ffff 5fffe-5ffff 6fffe-6ffff 7fffe-7ffff 8fffe-8ffff "
    "9fffe-9ffff afffe-affff bfffe-bffff cfffe-cffff dfffe-e001f e0080-e0fff efffe-10ffff"
)
_REFUSED_CLASS = "".join(_in_class(*(int(point, 16) for point in span.split("-"))) for span in _REFUSED.split())
_UNSEEN_CLASS = (
    "\\u0020\\u00a0\\u0300-\\u036f\\u115f\\u1160\\u1680\\u2000-\\u200d\\u202f\\u205f\\u2800\\u3000\\u3164\\uffa0"
)

# A regular expression for names, in the common language of Python and JSON Schema. It is a little wider than
# `name_problem`, which also knows where joiners may stand, and all marks that need a letter.
NAME_PATTERN = f"^[^{_REFUSED_CLASS}]*[^{_REFUSED_CLASS}{_UNSEEN_CLASS}][^{_REFUSED_CLASS}]*$"
