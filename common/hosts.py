"""Host names in the form in which they are sent: ASCII, internationalized names as punycode (IDNA 2008)."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import idna


class InvalidHost(ValueError):
    """The host name cannot be sent; `str(error)` is a sentence for the person who entered it."""


def ascii_host(host: str) -> str:
    """Return a host name, or a host and port, in ASCII: `bücher.example` as `xn--bcher-kva.example`.

    A leading `*.` or `.`, as in settings, is kept. Names and addresses without internationalized parts are returned
    unchanged.

    Raises:
        InvalidHost: a part of the name is not allowed.
    """
    if host.isascii() and "xn--" not in host.lower():
        return host
    wildcard = next((prefix for prefix in ("*.", ".") if host.startswith(prefix)), "")
    name, colon, port = host.removeprefix(wildcard).partition(":")
    try:
        return f"{wildcard}{idna.encode(name, uts46=True).decode()}{colon}{port}"
    except idna.IDNAError as error:
        raise InvalidHost(f"The host name {host[:80]!r} is not valid. {error}") from error


def ascii_url(url: str) -> str:
    """Return a URL in ASCII: its host by `ascii_host`, other characters percent-encoded. ASCII is kept as it is.

    Raises:
        InvalidHost: a part of the host name is not allowed.
        ValueError: this is not a URL.
    """
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{user}{at}{ascii_host(host)}"
    if netloc == parts.netloc and url.isascii():
        return url
    return "".join(
        character if character.isascii() else quote(character) for character in parts._replace(netloc=netloc).geturl()
    )
