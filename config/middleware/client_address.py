"""The address of the client behind trusted proxies, for lockouts and logs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

logger = logging.getLogger(__name__)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Proxies in a row that are followed; the rest of a longer header is not read.
HOPS_MAX = 20
# What only proxies may say of a request.
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")


class ClientAddress:
    """Middleware: `REMOTE_ADDR` is the client's address, not that of a proxy of settings.TRUSTED_PROXIES.

    With trusted proxies, the forwarding headers of other connections are removed. Without, they are left as they are,
    and `REMOTE_ADDR` is the address of the connection.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set the client's address and pass the request on."""
        # A connection over a Unix socket has no address: its other end is on this machine.
        peer = request.META.get("REMOTE_ADDR") or "127.0.0.1"
        trusted: Sequence[Network] = settings.TRUSTED_PROXIES
        if not is_trusted(peer, trusted):
            _drop_forwarded_headers(request, peer, trusted)
        request.META["REMOTE_ADDR"] = client_address(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""), trusted)
        return self.get_response(request)


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return the address of the client.

    Args:
        peer: the address of the connection.
        forwarded_for: the header X-Forwarded-For; each proxy appends the address that it received the request from.
        trusted: the networks of the trusted proxies.

    Returns:
        The rightmost address that is not a trusted proxy's. Everything to the left of it was sent by the client. What
        is not an address ends the reading: the proxy that passed it on is then the client.
    """
    client = parsed(peer)
    if client is None:
        return peer
    for part in reversed(forwarded_for.split(",")[-HOPS_MAX:]):
        hop = parsed(part) if _is_in(client, trusted) else None
        if hop is None:
            break
        client = hop
    return str(client)


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    """Return True for the address of a trusted proxy."""
    address = parsed(peer)
    return address is not None and _is_in(address, trusted)


def parsed(text: str) -> Address | None:
    """Return an address as proxies write it, with or without port and brackets; None when it is none.

    IPv4 addresses written as IPv6 (`::ffff:192.0.2.1`) are returned as IPv4, and zones (`fe80::1%eth0`) are dropped.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _drop_forwarded_headers(request: HttpRequest, peer: str, trusted: Sequence[Network]) -> None:
    if trusted:
        for name in FORWARDED:
            request.META.pop(name, None)
    elif "HTTP_X_FORWARDED_FOR" in request.META:
        _warn_of_proxy(peer)


@lru_cache(maxsize=100)  # once for each address
def _warn_of_proxy(peer: str) -> None:
    logger.warning(
        "%s sends X-Forwarded-For. If it is your proxy, set TRUSTED_PROXIES: until then all its users share one "
        "address, and five wrong passwords of anybody lock a username out for all.",
        peer,
    )
