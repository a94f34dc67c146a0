"""Addresses of clients."""

import ipaddress
from typing import TYPE_CHECKING, Final

from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    from rest_framework.request import Request

# A provider gives each customer at least one network of this size.
IPV6_PREFIX: Final = 64


def get_client_address(request: "Request") -> str:
    """Return the client's IPv4 address, or the /64 network of its IPv6 address."""
    # None if the server listens on a UNIX socket.
    address = BaseThrottle().get_ident(request) or ""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), IPV6_PREFIX), strict=False))
