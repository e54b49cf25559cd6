"""SIP URIs (RFC 3261 section 19.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from ringward.protocols.sip.errors import MalformedMessage

MAX_URI_LENGTH = 1024
"""Longer ones are refused with 414; phones send under 200 characters."""

_HOST = r"\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253})"
_URI = re.compile(
    rf"(?P<scheme>sips?):(?:(?P<user>[^@:\s<>\"]*)(?::(?P<password>[^@\s<>\"]*))?@)?(?P<host>{_HOST})"
    r"(?::(?P<port>\d{1,5}))?(?P<parameters>(?:;[^;?\s<>\"]*)*)(?:\?(?P<headers>[^\s<>\"]*))?\Z",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Uri:
    """A parsed sip or sips URI; ``user`` is unescaped, everything else is as written."""

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
        return f"sip:{self.user}@{self.host}" if self.user else f"sip:{self.host}"


@lru_cache(maxsize=8192)
def parse_uri(text: str) -> Uri:
    """Parse a SIP or SIPS URI; raises :class:`MalformedMessage` (414 too long, 416 other scheme, 400)."""
    if len(text) > MAX_URI_LENGTH:
        raise MalformedMessage("URI too long", 414)
    match = _URI.match(text)
    if match is None:
        if _SCHEME.match(text) and not text[:4].lower().startswith("sip"):
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


def _parameter(part: str) -> tuple[str, str | None]:
    name, equals, value = part.partition("=")
    return name.strip().lower(), value.strip() if equals else None
