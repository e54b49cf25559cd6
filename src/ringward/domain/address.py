"""Host names and IP addresses, as settings hold them, and who is behind the address that something comes from."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

HOST_HELP = "a host name, an IPv4 or an IPv6 address"
_MAX_HOST_LENGTH = 253
"""Longest host name (RFC 1035 section 2.3.4, without the length octets)."""
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
"""One part of a host name (RFC 1123 section 2.1); the underscore is what Windows networks of the time use."""


def is_host(text: str) -> bool:
    """Whether a text is an IP address or can be a host name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.split(".")
        return (
            len(text) <= _MAX_HOST_LENGTH
            and all(_LABEL.fullmatch(label) for label in labels)
            and not labels[-1].isdigit()
        )
    return "%" not in text


def source_of(address: str) -> str:
    """Who is behind the address of a socket, for all that is counted per source.

    One IPv6 host has all the 2^64 addresses of its network (RFC 4291, RFC 6177), so that is the network. An IPv4
    peer of a socket for both is the IPv4 address: all of them together would be one network otherwise. What is no
    address, such as the name of a command line, stands for itself.
    """
    return _source_of_ipv6(address) if ":" in address else address


@lru_cache(maxsize=4_096)
def _source_of_ipv6(address: str) -> str:
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{ipaddress.IPv6Address(int(found) >> 64 << 64)}/64"
