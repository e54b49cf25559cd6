"""The Replaces header: which dialog an INVITE is to take the place of (RFC 3891)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.header import parse_parameters
from ringward.protocols.sip.uri import Uri

_UNESCAPED = "-_.!~*'()"
"""What a header in a URI may hold as it is, beside letters and digits (RFC 3261 section 25.1, "unreserved")."""


@dataclass(frozen=True, slots=True)
class Replaces:
    """A dialog, seen from the one who is asked to replace it: ``to_tag`` is that one's own."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, value: str) -> Replaces:
        """Read a header value; raises :class:`MalformedMessage`."""
        call_id, _, rest = value.partition(";")
        found = dict(parse_parameters(rest))
        to_tag, from_tag = found.get("to-tag"), found.get("from-tag")
        if not call_id.strip() or not to_tag or not from_tag:
            raise MalformedMessage("malformed Replaces")
        return cls(call_id.strip(), to_tag, from_tag, "early-only" in found)

    @classmethod
    def in_uri(cls, uri: Uri) -> Replaces | None:
        """The one that a Refer-To asks for, if any; raises :class:`MalformedMessage`."""
        values = [
            unquote(value, errors="surrogateescape")
            for name, _, value in (header.partition("=") for header in uri.headers.split("&"))
            if name.lower() == "replaces"
        ]
        if len(values) > 1:
            raise MalformedMessage("more than one Replaces")
        return cls.parse(values[0]) if values else None

    def encode(self) -> str:
        """Write the header value."""
        value = f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}"
        return f"{value};early-only" if self.early_only else value

    def for_uri(self) -> str:
        """As a header of the URI in a Refer-To, to stand behind its question mark."""
        return f"Replaces={quote(self.encode(), safe=_UNESCAPED, errors='surrogateescape')}"
