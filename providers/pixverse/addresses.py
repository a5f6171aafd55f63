"""Normalization of URLs: all spellings of one address give the same text, different files give different texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import idna

from common.blank_values import is_nothing

# Parameters that only sign a URL, by service: Amazon S3 and CloudFront, Alibaba OSS, Tencent COS, Volcengine TOS,
# Google Cloud Storage, Akamai, Discord and others. All names are lower-case.
_SIGNING = frozenset(
    {
        "expires", "expire", "exp", "signature", "key-pair-id", "policy", "awsaccesskeyid", "ossaccesskeyid",
        "googleaccessid", "security-token", "token", "access_token", "jwt", "auth", "auth_key", "authkey", "hmac",
        "hdnts", "hdnea", "hdntl", "sig", "sign",
    }
)  # fmt: skip
_SIGNING_PREFIXES = ("x-amz-", "x-oss-", "x-goog-", "x-cos-", "x-tos-", "q-sign-", "q-key-", "response-content-")
# Azure's shared access signatures.
_AZURE = frozenset(
    {
        "sv", "se", "sr", "sig", "sp", "st", "spr", "sip", "ss", "srt", "si", "skoid", "sktid", "skt", "ske", "sks",
        "skv", "sdd", "saoid", "suoid", "scid",
    }
)  # fmt: skip
# Parameters that sign only together: a URL with all of the first is signed by all of the second.
_SIGNING_SETS = (
    (frozenset({"sv", "sig"}), _AZURE),
    (frozenset({"ex", "is", "hm"}), frozenset({"ex", "is", "hm"})),
)

# Parameters of renditions of one picture. The short ones may mean other things, and are renditions only with a size.
_SIZING = frozenset({"fit", "format", "fm", "resize", "crop", "auto", "imageslim", "image_process"})
_SIZING_WITH_SIZE = frozenset({"w", "h", "q", "width", "height", "dpr", "quality", "size", "imwidth", "imheight"})
_SIZING_PREFIXES = ("imagemogr2", "imageview2")
_SIZE = re.compile(
    r"\d+(?:\.\d+)?(?:px|%|x\d*)?|auto|max|best|high|medium|low|small|large|full|original", re.IGNORECASE
)

# Parameters that track people or evade caches. The short ones do so only with a number, a date or a hash: the `v` of a
# video page is the video.
_TRACKING = frozenset({"_", "fbclid", "gclid", "cachebuster", "cache_buster", "nocache", "rnd", "utm"})
_TRACKING_PREFIXES = ("utm_",)
_CACHE_BUSTERS = frozenset({"t", "ts", "v", "ver", "cb", "timestamp"})
_VERSION = re.compile(r"|v?\d[\d.:_TZ-]*|(?=.*\d)[0-9a-f]{6,10}|[0-9a-f]{16,64}")

# What tells one file from another where the path has no file name and no other parameter is left.
_TELLING = _CACHE_BUSTERS | _SIZING_WITH_SIZE | {"token", "auth", "sign", "format"}

_DROPPED_PREFIXES = (*_SIGNING_PREFIXES, *_SIZING_PREFIXES, *_TRACKING_PREFIXES)
_DROPPED = _SIGNING | _SIZING | _TRACKING

_DEFAULT_PORTS = ("80", "443")
_PORT = re.compile(r":(\d*)$")
_FILE = re.compile(r"\.\w{2,5}$")
_DECODINGS_MAX = 5


@dataclass(frozen=True, slots=True)
class Address:
    """Normalized parts of a URL.

    `host` is lower-case ASCII, with the port unless it is a default one. `path` is decoded and has no slash at its
    ends. `query` has the parameters that tell files apart, sorted and encoded.
    """

    host: str
    path: str
    query: str

    @property
    def text(self) -> str:
        """Return the address as one text, with https for both schemes."""
        return f"https://{self.host}/{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def is_nothing(self) -> bool:
        """Return True when only parameters could tell the file, and all of them mean nothing: `view?file=undefined`."""
        values = [value for _, value in parse_qsl(self.query)]
        return bool(values) and not _FILE.search(self.path) and all(is_nothing(value) for value in values)


def parse_address(url: str) -> Address | None:
    """Parse a URL with a scheme and a host; None when it has no host.

    The scheme, user information and fragment are left out, and so are parameters that only sign the URL, choose a
    size, track people, or evade caches.

    Raises:
        ValueError: it is not a URL, for example because of an unclosed bracket in the host.
    """
    parts = urlsplit(url)
    host = _host(parts.netloc)
    path = decode_path(parts.path)
    return Address(host, path, _query(parts.query, is_file=bool(_FILE.search(path)))) if host else None


def decode_path(path: str) -> str:
    """Return a path without percent-encoding, in Unicode's composed form, without slashes at its ends.

    Paths that were encoded several times are decoded as often.
    """
    return _decoded(path).strip().strip("/")


def _host(netloc: str) -> str:
    host = netloc.rpartition("@")[2]
    port = ""
    if match := _PORT.search(host):
        host, port = host[: match.start()], match[1]
    host = _ascii(unquote(host).strip().rstrip("."))
    return f"{host}:{port}" if host and port and port not in _DEFAULT_PORTS else host


def _ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode().rstrip(".")
    except idna.IDNAError:  # Hosts that the standard excludes, such as emoji, exist all the same.
        labels = unicodedata.normalize("NFKC", host).lower().rstrip(".").split(".")
        return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)


def _query(query: str, *, is_file: bool) -> str:
    if not query:
        return ""
    pairs = [(_decoded(key), _decoded(value)) for key, value in parse_qsl(query, keep_blank_values=True)]
    signing = _signing_set(key.lower() for key, _ in pairs)
    kept = [(key, value) for key, value in pairs if not _is_dropped(key.lower(), value, signing)]
    if not kept and not is_file:
        # Nothing else can tell the file: `watch?v=1`, `d?token=A`.
        kept = [(key, value) for key, value in pairs if key.lower() in _TELLING]
    return urlencode(sorted(kept), quote_via=quote, safe="/")


def _signing_set(keys: Iterable[str]) -> frozenset[str]:
    given = frozenset(keys)
    return frozenset().union(*(dropped for needed, dropped in _SIGNING_SETS if needed <= given))


def _is_dropped(key: str, value: str, signing: frozenset[str]) -> bool:
    if key in _DROPPED or key in signing or key.startswith(_DROPPED_PREFIXES):
        return True
    if key in _SIZING_WITH_SIZE:
        return bool(_SIZE.fullmatch(value))
    return key in _CACHE_BUSTERS and bool(_VERSION.fullmatch(value))


def _decoded(text: str) -> str:
    for _ in range(_DECODINGS_MAX):
        if "%" not in text:
            break
        text = unquote(text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)
