"""Values of the headers that a user agent must understand (RFC 3261 section 20)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.uri import Uri, parse_uri

_TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"  # noqa: S105  (a grammar, not a password)
_VIA = re.compile(
    rf"\s*SIP\s*/\s*2\.0\s*/\s*(?P<transport>{_TOKEN})\s+(?P<host>\[[^\]\s]+\]|[A-Za-z0-9.-]+)"
    r"\s*(?::\s*(?P<port>\d{1,5}))?\s*(?P<parameters>(?:;.*)?)\Z",
    re.IGNORECASE | re.DOTALL,
)
_CSEQ = re.compile(rf"(\d{{1,10}})[ \t]+({_TOKEN})\Z")
_TAG = re.compile(r";\s*tag\s*=\s*([^;\s,]+)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPED = re.compile(r"\\(.)")
_NAME_ADDRESS = re.compile(
    r'\s*(?P<display>"(?:[^"\\]|\\.)*"|[^<"]*?)\s*<(?P<uri>[^<>]*)>\s*(?P<parameters>(?:;.*)?)\Z', re.DOTALL
)
MAX_CSEQ = 2**31 - 1
"""RFC 3261 section 8.1.1.5."""


@dataclass(frozen=True, slots=True)
class Via:
    """The topmost Via: where a response goes."""

    transport: str
    host: str
    port: int | None
    branch: str
    has_rport: bool


def parse_via(value: str) -> Via:
    """Parse one Via value."""
    match = _VIA.match(value)
    if match is None:
        raise MalformedMessage("malformed Via")
    branch, has_rport = "", False
    for part in split_unquoted(match["parameters"], ";"):
        name, _, text = part.partition("=")
        name = name.strip().lower()
        if name == "branch":
            branch = text.strip()
        elif name == "rport":
            has_rport = True
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 65536:
        raise MalformedMessage("port out of range in Via")
    return Via(match["transport"].upper(), match["host"], port, branch, has_rport)


@lru_cache(maxsize=1024)
def parse_cseq(value: str) -> tuple[int, str]:
    """Parse CSeq into number and method."""
    match = _CSEQ.match(value.strip())
    if match is None or int(match[1]) > MAX_CSEQ:
        raise MalformedMessage("malformed CSeq")
    return int(match[1]), match[2]


def tag_of(value: str) -> str:
    """The tag of a From or To value, or an empty text."""
    _, bracket, rest = value.rpartition(">")
    match = _TAG.search(rest if bracket else value)
    return match[1] if match else ""


@dataclass(frozen=True, slots=True)
class NameAddress:
    """A display name, a URI and header parameters: From, To, Contact, Refer-To, Route ..."""

    display: str
    uri_text: str
    parameters: tuple[tuple[str, str | None], ...] = ()

    @property
    def uri(self) -> Uri:
        """The URI, parsed; raises :class:`MalformedMessage`."""
        return parse_uri(self.uri_text)

    def parameter(self, name: str) -> str | None:
        """Value of a header parameter (empty if it has none), None if absent."""
        for key, value in self.parameters:
            if key == name:
                return value or ""
        return None


@lru_cache(maxsize=8192)
def parse_name_address(value: str) -> NameAddress:
    """Parse a name-addr or addr-spec with its parameters (RFC 3261 section 20.10)."""
    match = _NAME_ADDRESS.match(value)
    if match is not None:
        display = match["display"].strip()
        if display.startswith('"'):
            display = _ESCAPED.sub(r"\1", display[1:-1])
        return NameAddress(display, match["uri"].strip(), parse_parameters(match["parameters"]))
    if "<" in value or ">" in value or '"' in value:
        raise MalformedMessage("malformed address")
    uri, _, rest = value.strip().partition(";")
    # Without brackets every parameter belongs to the header, not to the URI (RFC 3261 section 20).
    return NameAddress("", uri.strip(), parse_parameters(rest))


def parse_parameters(text: str) -> tuple[tuple[str, str | None], ...]:
    """Parse ``;name=value;flag``; quoted values are unquoted, names are lower case."""
    if not text or text == ";":
        return ()
    found: list[tuple[str, str | None]] = []
    for part in split_unquoted(text, ";"):
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not name:
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == '"' == value[-1]:
            value = _ESCAPED.sub(r"\1", value[1:-1])
        found.append((name, value if equals else None))
    return tuple(found)


def split_unquoted(text: str, separator: str) -> list[str]:
    """Split at a separator that stands neither in quotes nor in angle brackets."""
    if '"' not in text and "<" not in text:
        return text.split(separator)
    parts: list[str] = []
    start, index, depth, length = 0, 0, 0, len(text)
    while index < length:
        char = text[index]
        if char == '"':
            match = _QUOTED.match(text, index)
            if match is None:
                raise MalformedMessage("unterminated quoted string")
            index = match.end()
            continue
        if char == "<":
            depth += 1
        elif char == ">":
            depth -= 1
        elif char == separator and depth <= 0:
            parts.append(text[start:index])
            start = index + 1
        index += 1
    parts.append(text[start:])
    return parts


def quote_display(name: str) -> str:
    """A display name as a quoted string; control characters are dropped."""
    if not name.isprintable():
        name = "".join(char for char in name if ord(char) >= 32 and ord(char) != 127)
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def name_address(display: str, uri: str) -> str:
    """Write a name-addr."""
    return f"{quote_display(display)} <{uri}>" if display else f"<{uri}>"
