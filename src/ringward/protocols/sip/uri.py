"""SIP URIs (RFC 3261 section 19.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from ringward.protocols.sip.errors import MalformedMessage

MAX_URI_LENGTH = 1024
"""Longer ones are refused with 414; phones send under 200 characters."""

_HOST = r"\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})"
"""Names with an underscore are against RFC 1123, but offices have them."""
# Printable ASCII but quotes and angle brackets: whatever else a URI means is escaped (RFC 3261 section 19.1.2).
_URI = re.compile(
    r"(?P<scheme>sips?):"
    r"(?:(?P<user>[!#-9;=?A-~]*+)(?::(?P<password>[!#-;=?A-~]*+))?@)?"
    rf"(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?"
    r"(?P<parameters>(?:;[!#-:=@-~]*+)*)(?:\?(?P<headers>[!#-;=?-~]*+))?\Z",
    re.IGNORECASE | re.ASCII,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:")
_SIP_SCHEME = re.compile(r"sips?:", re.IGNORECASE | re.ASCII)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_USER_MARKS = "-_.!~*'()&=+$,;?/"
"""What a user part may hold unescaped beside letters and digits (RFC 3261 section 25.1)."""
_PLAIN_USER = re.compile(rf"[A-Za-z0-9{re.escape(_USER_MARKS)}]*+\Z")


def escape_user(text: str) -> str:
    """Write a text as the user part of a URI: whatever it holds, it stays inside the URI."""
    return text if _PLAIN_USER.match(text) else quote(text, safe=_USER_MARKS, errors="surrogateescape")


@dataclass(frozen=True, slots=True)
class Uri:
    """A parsed sip or sips URI; ``user`` is unescaped, everything else is as written.

    Unescaped, a user may hold any character at all, line ends included: write it with :func:`escape_user`.
    """

    scheme: str
    user: str
    host: str
    port: int | None
    parameters: tuple[tuple[str, str | None], ...]
    headers: str
    text: str
    """The URI as it was written."""

    def parameter(self, name: str) -> str | None:
        """Value of a parameter (empty if it has none), or None if it is absent; names have no case."""
        for key, value in self.parameters:
            if key == name:
                return value or ""
        return None

    @property
    def address(self) -> str:
        """Scheme, user and host without port and parameters: the address of record."""
        return f"sip:{escape_user(self.user)}@{self.host}" if self.user else f"sip:{self.host}"


@lru_cache(maxsize=8192)
def parse_uri(text: str) -> Uri:
    """Parse a SIP or SIPS URI; raises :class:`MalformedMessage` (414 too long, 416 other scheme, 400)."""
    if len(text) > MAX_URI_LENGTH:
        raise MalformedMessage("URI too long", 414)
    match = _URI.match(text)
    if match is None:
        if _SCHEME.match(text) and not _SIP_SCHEME.match(text):
            raise MalformedMessage("unsupported URI scheme", 416)
        raise MalformedMessage("malformed URI")
    user = match["user"] or ""
    if _BAD_ESCAPE.search(user):
        raise MalformedMessage("malformed escape in URI")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 65536:
        raise MalformedMessage("port out of range in URI")
    parameters: tuple[tuple[str, str | None], ...] = ()
    if match["parameters"]:
        parameters = tuple(_parameter(part) for part in match["parameters"][1:].split(";"))
    return Uri(
        match["scheme"].lower(),
        unquote(user) if "%" in user else user,
        match["host"].lower(),
        port,
        parameters,
        match["headers"] or "",
        text,
    )


def without_headers(text: str) -> str:
    """A URI as a Request-URI, in which headers have no place (RFC 3261 section 19.1.1, table 1)."""
    if "?" not in text:
        return text
    try:
        headers = parse_uri(text).headers
    except MalformedMessage:
        return text
    return text[: -len(headers) - 1] if headers or text.endswith("?") else text


def _parameter(part: str) -> tuple[str, str | None]:
    name, equals, value = part.partition("=")
    return name.strip().lower(), value.strip() if equals else None
