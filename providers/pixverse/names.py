"""Normalization of the paths, URLs and IDs in Pixverse payloads into names that can be compared.

Source: provider notes, Pixverse §4.4 and §4.5.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

from django.conf import settings

from common.blank_values import is_default_file, is_nothing
from common.vocabulary import MediaType, NameKind, id_kind
from providers.pixverse.addresses import decode_path, parse_address
from providers.records import Name

# Public, unsigned and without expiry. Source: provider notes, Pixverse §4.5.
MEDIA_HOSTS = ("media.pixverse.ai",)

# Names are indexed text; longer ones are replaced by their hash, which compares equally well.
NAME_LENGTH_MAX = 1000

# 64 bits have at most 20 digits. Public IDs of July to September 2026 have about 15.
# Source: provider notes, Pixverse §4.4.
ID_DIGITS_MAX = 20

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_INLINE = ("data:", "blob:", "javascript:")
# File name of a generated video. The bare UUID is not used: results of one batch may share it (a guess).
# Source: provider notes, Pixverse §4.5.
_STEM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}_seed\d+", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_END = re.compile(r"[?#]")
_ENCODED_SLASH = re.compile(r"%(?:25)*2f", re.IGNORECASE)

# Form of nearly all paths and URLs, for the fast path; all others are parsed completely.
_USUAL = re.compile(r"(?:https?://([a-z0-9.:-]+)/)?(?!/)([\w./%~-]+)", re.ASCII)


def media_hosts() -> tuple[str, ...]:
    """Return the hosts whose URLs are reduced to paths, lower-case, with the port where it is not the default."""
    return _lowered(tuple(getattr(settings, "PIXVERSE_MEDIA_HOSTS", MEDIA_HOSTS)))


@lru_cache(maxsize=8)
def _lowered(hosts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(host.lower() for host in hosts)


def clean_text(value: object) -> str:
    """Return trimmed text without NUL and lone surrogates, which PostgreSQL rejects; "" for anything but text."""
    if not isinstance(value, str):
        return ""
    is_plain = value.isascii() and "\x00" not in value  # Fast path for most texts.
    return value.strip() if is_plain else _UNSTORABLE.sub("", value).strip()


def given_text(value: object) -> str:
    """Return trimmed text, "" for anything but text and for words and addresses that mean nothing."""
    text = clean_text(value)
    return "" if is_nothing(text) else text


def is_json_text(text: str) -> bool:
    """Return True for a list or an object written as text, also one that is cut off: it is no path."""
    text = text.strip()
    if not text.startswith(("[", "{")):
        return False
    return (text[0], text[-1]) in (("[", "]"), ("{", "}")) or text[1:].lstrip().startswith(('"', "[", "{"))


def clean_id(value: object) -> str:
    """Return an ID as digits without leading zeros; "" for 0, blank, null and anything that is not a number.

    IDs arrive as JSON numbers, sometimes as strings. Source: provider notes, Pixverse §1.
    """
    if isinstance(value, bool):
        return ""
    if isinstance(value, float):
        value = int(value) if value.is_integer() and abs(value) < 2**53 else 0
    if isinstance(value, int):
        return str(value) if 0 < value < 10**ID_DIGITS_MAX else ""
    digits = clean_text(value)
    if not (digits.isascii() and digits.isdigit()):
        return ""
    digits = digits.lstrip("0")
    return digits if len(digits) <= ID_DIGITS_MAX else ""


def clean_url(value: object) -> str:
    """Return an http(s) URL unchanged; "" for anything else and for URLs of nothing, such as placeholders."""
    text = given_text(value)
    return text if text[:8].lower().startswith(("http://", "https://")) else ""


def is_placeholder(value: object) -> bool:
    """Return True for a path or URL that stands for withheld or missing media: a file named `default.*`.

    Source: provider notes, Pixverse §4.5. There it is below `/media/`; that it is one elsewhere is a guess.
    """
    return is_default_file(clean_text(value))


def media_name(value: object, hosts: tuple[str, ...]) -> Name | None:
    """Normalize a path or URL, so that all its spellings give the same name.

    Args:
        value: a payload value: a storage path, a URL in either encoding, or anything else.
        hosts: the media hosts. URLs there become their path, URLs of other hosts stay URLs.

    Returns:
        A PATH or URL name, or None when the value is neither.
    """
    text = given_text(value)
    return _media_name(text, hosts) if text else None


def id_name(value: object, media_type: MediaType) -> Name | None:
    """Return the ID name of a number or digits, None when there is none."""
    digits = clean_id(value)
    return Name(id_kind(media_type), digits) if digits else None


def stem_name(value: object) -> Name | None:
    """Return the STEM name `<uuid>_seed<seed>` of a generated video's path or URL, None for other file names.

    It is the same for the original below `ori/`, for the processed copy and for the animated thumbnail.
    """
    path = _decoded(_without_end(clean_text(value)))
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return Name(NameKind.STEM, stem.lower()) if _STEM.fullmatch(stem) else None


@lru_cache(maxsize=8_192)  # The same inputs occur in many records, and each record is parsed several times.
def _media_name(text: str, hosts: tuple[str, ...]) -> Name | None:
    if (path := _usual_path(text, hosts)) and len(path) <= NAME_LENGTH_MAX:
        return Name(NameKind.PATH, path)
    if text.lower().startswith(_INLINE):
        return None
    if text.startswith("//"):
        text = f"https:{text}"
    if is_json_text(text):
        return None
    if not _SCHEME.match(text):
        return _named(NameKind.PATH, _bare_path(text))
    return _url_name(text, hosts)


def _usual_path(text: str, hosts: tuple[str, ...]) -> str:
    """Return the path of a value in the usual form, "" for other forms and other hosts."""
    usual = _USUAL.fullmatch(text)
    if usual is None:
        return ""
    host, path = usual.groups()
    if host is not None and host not in hosts:
        return ""
    path = path.replace("%2F", "/")
    return "" if "%" in path else path.strip("/")


def _bare_path(text: str) -> str:
    path = _without_end(text)
    # Storage paths contain no percent sign, except where slashes are written as %2F, as in the URLs, or as %252F.
    return decode_path(path) if _ENCODED_SLASH.search(path) else unicodedata.normalize("NFC", path)


def _without_end(text: str) -> str:
    return _END.split(text, maxsplit=1)[0] if "?" in text or "#" in text else text


def _decoded(path: str) -> str:
    if "%" not in path:
        return path
    plain = path.replace("%2F", "/")  # In most paths nothing else is encoded.
    return unquote(path) if "%" in plain else plain


def _url_name(text: str, hosts: tuple[str, ...]) -> Name | None:
    try:
        address = parse_address(text)
    except ValueError:  # Not a valid URL, for example an unclosed bracket in the host.
        return _named(NameKind.URL, _without_end(text))
    if address is None or address.is_nothing:
        return None
    if address.host in hosts:
        return _named(NameKind.PATH, address.path)
    return _named(NameKind.URL, address.text)


def _named(kind: NameKind, value: str) -> Name | None:
    value = clean_text(value)
    value = value.strip("/") if kind is NameKind.PATH else value
    if not value:
        return None
    if len(value) > NAME_LENGTH_MAX:
        value = f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    return Name(kind, value)
