"""Turns the paths, URLs and ids in Pixverse payloads into names that can be compared.

Source: provider notes, Pixverse 4.4 and 4.5.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings

from common.vocabulary import NameKind
from providers.records import Name

MEDIA_HOSTS = ("media.pixverse.ai",)

# A name is indexed text; longer ones stand by their hash, which compares just as well.
NAME_LENGTH_MAX = 1000

# 64 bits have at most 20 digits; ids seen have 15.
ID_DIGITS_MAX = 20

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_INLINE = ("data:", "blob:", "javascript:")
_NOTHING = frozenset({"", "null", "undefined", "none", "nil"})
_PLACEHOLDER = re.compile(r"(?:^|/)media/(?:.*/)?default\.[^/]*$", re.IGNORECASE | re.DOTALL)
_STEM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}_seed\d+", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_END = re.compile(r"[?#]")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

# How nearly all paths and addresses look; what looks otherwise is read with more care.
_USUAL = re.compile(r"(?:https?://([a-z0-9.:-]+)/)?(?!/)([\w./%~-]+)", re.ASCII)


def media_hosts() -> tuple[str, ...]:
    """The hosts, each with its port where that is not the usual one, whose URLs are named by their path."""
    return _lowered(tuple(getattr(settings, "PIXVERSE_MEDIA_HOSTS", MEDIA_HOSTS)))


@lru_cache(maxsize=8)
def _lowered(hosts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(host.lower() for host in hosts)


def clean_text(value: object) -> str:
    """Text as the database can keep it: "" for anything but text, without NUL and lone surrogates, trimmed."""
    if not isinstance(value, str):
        return ""
    is_plain = value.isascii() and "\x00" not in value  # Most text is, and then needs no closer look.
    return value.strip() if is_plain else _UNSTORABLE.sub("", value).strip()


def clean_id(value: object) -> str:
    """An id as digits without leading zeros; "" for 0, blank, null and whatever is no number."""
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
    """A web address as it was given; "" for anything else and for the provider's placeholders."""
    text = _given(value)
    if not text[:8].lower().startswith(("http://", "https://")):
        return ""
    return "" if _is_placeholder(text) else text


def is_placeholder(value: object) -> bool:
    """Whether a path or URL stands for media that is withheld or not there: `default.*` below `/media/`."""
    return _is_placeholder(clean_text(value))


def _is_placeholder(text: str) -> bool:
    if "default." not in text.lower():
        return False
    return bool(_PLACEHOLDER.search(unquote(_without_end(text))))


def media_name(value: object, hosts: tuple[str, ...]) -> Name | None:
    """The one name that every spelling of a path or URL comes to.

    Args:
        value: what a payload holds: a storage path, a URL in either encoding, or anything else.
        hosts: the media hosts; a URL there is named by its path, elsewhere by itself.

    Returns:
        A PATH or URL name, or None when the value names nothing.
    """
    text = _given(value)
    return _media_name(text, hosts) if text else None


def id_name(value: object) -> Name | None:
    """The ID name of a number or digits, None when there is none."""
    digits = clean_id(value)
    return Name(NameKind.ID, digits) if digits else None


def stem_name(value: object) -> Name | None:
    """The STEM `<uuid>_seed<seed>` of a generated video's path or URL, None when its file is not called so.

    It survives the difference between `ori/` and the processed copy, and the moving thumbnail.
    """
    path = _decoded(_without_end(clean_text(value)))
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return Name(NameKind.STEM, stem.lower()) if _STEM.fullmatch(stem) else None


@lru_cache(maxsize=8_192)  # The same inputs are named again and again, and each record is read for several ends.
def _media_name(text: str, hosts: tuple[str, ...]) -> Name | None:
    if _is_placeholder(text):
        return None
    if (path := _usual_path(text, hosts)) and len(path) <= NAME_LENGTH_MAX:
        return Name(NameKind.PATH, path)
    if text.lower().startswith(_INLINE):
        return None
    if text.startswith("//"):
        text = f"https:{text}"
    if not _SCHEME.match(text):
        return _named(NameKind.PATH, _bare_path(text))
    return _url_name(text, hosts)


def _usual_path(text: str, hosts: tuple[str, ...]) -> str:
    """The path of what looks as usual, "" when it does not and when it is another host's."""
    usual = _USUAL.fullmatch(text)
    if usual is None:
        return ""
    host, path = usual.groups()
    if host is not None and host not in hosts:
        return ""
    path = path.replace("%2F", "/")
    return "" if "%" in path else path.strip("/")


def _given(value: object) -> str:
    text = clean_text(value)
    return "" if len(text) < 10 and text.lower() in _NOTHING else text


def _bare_path(text: str) -> str:
    path = _without_end(text)
    # Storage paths hold no percent sign, except where a slash is spelled %2F as in the URLs.
    return unquote(path) if "%2f" in path.lower() else path


def _without_end(text: str) -> str:
    return _END.split(text, maxsplit=1)[0] if "?" in text or "#" in text else text


def _decoded(path: str) -> str:
    if "%" not in path:
        return path
    plain = path.replace("%2F", "/")  # Mostly nothing else is encoded.
    return unquote(path) if "%" in plain else plain


def _url_name(text: str, hosts: tuple[str, ...]) -> Name | None:
    try:
        parts = urlsplit(text)
        host = _host(parts)
    except ValueError:  # Not an address after all, such as an unclosed bracket in the host.
        return _named(NameKind.URL, _without_end(text))
    path = clean_text(unquote(parts.path)).strip("/")
    if host in hosts:
        return _named(NameKind.PATH, path)
    return _named(NameKind.URL, f"{parts.scheme.lower()}://{host}/{path}") if host else None


def _host(parts: SplitResult) -> str:
    host = parts.netloc.rsplit("@", 1)[-1].lower()
    return host.removesuffix(_DEFAULT_PORTS.get(parts.scheme.lower(), ":"))


def _named(kind: NameKind, value: str) -> Name | None:
    value = clean_text(value)
    value = value.strip("/") if kind is NameKind.PATH else value
    if not value:
        return None
    if len(value) > NAME_LENGTH_MAX:
        value = f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    return Name(kind, value)
