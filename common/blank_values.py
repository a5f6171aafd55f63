"""Detection of texts that stand for a missing value: "null", "undefined", "N/A", `[]`, `…/default.jpg`."""

from __future__ import annotations

import re
from urllib.parse import unquote

# What languages and templates print for a missing value, and what people write for one.
_WORDS = frozenset(
    {
        "", "null", "undefined", "none", "nil", "nan", "inf", "infinity", "void", "unknown", "true", "false",
        "n/a", "na", "n.a", "object object", "about:blank",
    }
)  # fmt: skip
# Around a word, and alone: quotes, brackets, dashes, and characters that are not seen.
_EDGE = " \t\r\n\f\v\u00a0\u200b\u200c\u200d\u2060\ufeff\"'`()<>[]{},.-\u2013\u2014_"
_WORD_LENGTH_MAX = 40
_ZERO = re.compile(r"-?0+(?:\.0+)?|-1")

_END = re.compile(r"[?#]")
_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//+", re.IGNORECASE)
_HOST_END = re.compile(r"[/:]")
_DECODINGS_MAX = 5

# Form of nearly all paths and URLs, for the fast path: the file's name is longer than any word.
_USUAL = re.compile(r"(?:https?://[\w-]+\.[\w.:-]+/)?(?:[\w.-]+(?:/|%2F))*[\w-]{16,}\.\w{2,5}", re.ASCII)


def is_nothing(text: str) -> bool:
    """Return True for a text that stands for a missing value.

    That is a word for it in any case, in quotes, brackets or percent-encoding, 0 or -1; and a path or URL whose host,
    whose path or whose last segment is such a word, also with an extension, or is a file named `default.*`, which
    providers put in place of media that is withheld or missing.
    """
    if _USUAL.fullmatch(text):
        return False
    return _is_word(text) or _is_zero(text) or _is_address_of_nothing(text)


def is_default_file(text: str) -> bool:
    """Return True for the path or URL of a file named `default.*`."""
    return "default." in text.lower() and _decoded(text).rpartition("/")[2].lower().startswith("default.")


def _is_address_of_nothing(text: str) -> bool:
    text = _decoded(text)
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    if _is_word(rest) or _is_zero(rest):
        return True
    if scheme:
        if _is_word(_HOST_END.split(rest, maxsplit=1)[0]):
            return True
        rest = rest.partition("/")[2]
    path = rest.strip("/")
    if not path:
        return not scheme
    last = path.rpartition("/")[2]
    stem, dot, _ = last.rpartition(".")
    if dot and (stem.lower() == "default" or last.lower().startswith("default.")):
        return True
    return _is_zero(path) or _is_word(stem if dot else last) or f"/{path}".lower().endswith("/n/a")


def _is_word(text: str) -> bool:
    return len(text) <= _WORD_LENGTH_MAX and text.strip(_EDGE).lower() in _WORDS


def _is_zero(text: str) -> bool:
    return len(text) <= _WORD_LENGTH_MAX and bool(_ZERO.fullmatch(text.strip()))


def _decoded(text: str) -> str:
    """Return a path or URL without query and fragment, percent-decoded as often as it was encoded."""
    text = _END.split(text, maxsplit=1)[0] if "?" in text or "#" in text else text
    for _ in range(_DECODINGS_MAX):
        if "%" not in text:
            break
        text = unquote(text)
    return text.strip()
