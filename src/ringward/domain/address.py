"""Host names and IP addresses, as settings hold them."""

from __future__ import annotations

import ipaddress
import re

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
