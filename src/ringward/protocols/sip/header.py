"""Values of the headers that a user agent must understand (RFC 3261 section 20)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.uri import Uri, parse_uri

_TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"  # noqa: S105  (a grammar, not a password)
# No expression here tries a text in more ways than one (possessive quantifiers): a hostile one costs no more time.
# Groups are repeated without them: Python 3.11.2 (Debian 12) matches too much with a possessive group.
_VIA = re.compile(
    rf"SIP\s*+/\s*+(?P<version>{_TOKEN})\s*+/\s*+(?P<transport>{_TOKEN})\s++(?P<host>\[[^\]\s]+\]|[A-Za-z0-9._-]+)"
    r"\s*+(?::\s*+(?P<port>[0-9]{1,5})\s*+)?(?:;(?P<parameters>.*))?\Z",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
_USUAL_VIA = re.compile(
    r"SIP/2\.0/(UDP|TCP|TLS) ([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?(;rport)?;branch=([A-Za-z0-9.-]+)\Z", re.ASCII
)
"""As nearly all phones write it: read at once, and to the same meaning as by the general way."""
_CSEQ = re.compile(rf"([0-9]{{1,10}})[ \t]++({_TOKEN})\Z")
_TAG = re.compile(r";\s*+tag\s*+=\s*+([^;\s,]+)", re.IGNORECASE | re.ASCII)
_MARKS = {separator: re.compile(f'["<>{separator}]') for separator in ",;"}
"""What a list must be looked at for, by what stands between its items."""
_QUOTED = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*"', re.DOTALL)
_CLOSED_QUOTES = re.compile(r'[^"]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*"[^"]*+)*\Z', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
MAX_CSEQ = 2**31 - 1
"""RFC 3261 section 8.1.1.5."""
MAX_REMEMBERED = 512
"""Longest address whose parsing is remembered; strangers must not be able to fill the memory with longer ones."""


@dataclass(frozen=True, slots=True)
class Via:
    """The topmost Via: where a response goes."""

    transport: str
    host: str
    port: int | None
    branch: str
    has_rport: bool


def parse_via(value: str, *, lenient: bool = False) -> Via:
    """Parse one Via value; ``lenient`` takes other versions and empty parameters, for a refusal goes there too."""
    usual = _USUAL_VIA.match(value)
    if usual is not None:
        transport, host, digits, rport, branch = usual.groups()
        return Via(transport, host, _port_of(digits), branch, rport is not None)
    match = _VIA.match(value)
    if match is None:
        raise MalformedMessage("malformed Via")
    version, transport, host, digits, parameters = match.groups()
    if version != "2.0" and not lenient:
        raise MalformedMessage("unsupported SIP version in Via", 505)
    branch, has_rport = "", False
    if parameters is not None:
        for part in split_unquoted(parameters, ";"):
            name, _, text = part.partition("=")
            name = name.strip().lower()
            if name == "branch":
                branch = text.strip()
            elif name == "rport":
                has_rport = True
            elif not name and not lenient:
                raise MalformedMessage("empty parameter in Via")
    return Via(transport.upper(), host, _port_of(digits), branch, has_rport)


def _port_of(digits: str | None) -> int | None:
    """The port that a Via states, if it does."""
    if not digits:
        return None
    port = int(digits)
    if not 0 < port < 65536:
        raise MalformedMessage("port out of range in Via")
    return port


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
    if '"' in rest:
        return _tag_beside_quotes(value)
    match = _TAG.search(rest if bracket else value)
    return match[1] if match else ""


def _tag_beside_quotes(value: str) -> str:
    """What looks like a tag, or like the end of the address, may stand in the quoted value of something else."""
    try:
        address = parse_name_address(value)
    except MalformedMessage:
        return ""
    return next((text for name, text in address.parameters if name == "tag" and text), "")


def has_open_quote(value: str) -> bool:
    """Whether a quoted string begins and does not end."""
    return '"' in value and _CLOSED_QUOTES.match(value) is None


@dataclass(frozen=True, slots=True)
class NameAddress:
    """A display name, a URI and header parameters: From, To, Contact, Refer-To, Route ..."""

    display: str
    uri_text: str
    parameters: tuple[tuple[str, str | None], ...] = ()

    @property
    def uri(self) -> Uri:
        """The URI, parsed; raises :class:`MalformedMessage`, never with 416: that is for Request-URIs."""
        try:
            return parse_uri(self.uri_text)
        except MalformedMessage as error:
            if error.status != 416:
                raise
            raise MalformedMessage(error.reason) from None

    def parameter(self, name: str) -> str | None:
        """Value of a header parameter (empty if it has none), None if absent."""
        for key, value in self.parameters:
            if key == name:
                return value or ""
        return None


def parse_name_address(value: str) -> NameAddress:
    """Parse a name-addr or addr-spec with its parameters (RFC 3261 section 20.10)."""
    head, tag, rest = value.rpartition(">;tag=")
    if tag and len(head) < MAX_REMEMBERED and rest.isalnum():
        # From and To: the tag is another one in each call, the address before it is worth remembering.
        address = _remembered(head + ">")
        return NameAddress(address.display, address.uri_text, (*address.parameters, ("tag", rest)))
    return _remembered(value) if len(value) <= MAX_REMEMBERED else _read_name_address(value)


def _read_name_address(value: str) -> NameAddress:
    value = value.strip()
    if value.startswith('"'):
        quoted = _QUOTED.match(value)
        if quoted is None:
            raise MalformedMessage("unterminated quoted string")
        display, rest = unquote_string(quoted[0]), value[quoted.end() :].lstrip()
        if not rest.startswith("<"):
            raise MalformedMessage("malformed address")
        rest = rest[1:]
    else:
        display, bracket, rest = value.partition("<")
        if not bracket:
            return _read_bare_address(value)
        display = display.rstrip()
        if any(char in '">,' for char in display):
            raise MalformedMessage("malformed address")
    uri, bracket, rest = rest.partition(">")
    rest = rest.lstrip()
    if not bracket or "<" in uri or (rest and rest[0] != ";"):
        raise MalformedMessage("malformed address")
    if not display.isascii():
        # A name in another encoding than UTF-8 is shown with marks in place of what cannot be read.
        display = display.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return NameAddress(display, uri.strip(), parse_parameters(rest))


def _read_bare_address(value: str) -> NameAddress:
    """Without brackets every parameter belongs to the header, not to the URI (RFC 3261 section 20)."""
    uri, _, rest = value.partition(";")
    if any(char in '>",?' for char in uri):
        raise MalformedMessage("malformed address")
    return NameAddress("", uri.rstrip(), parse_parameters(rest))


_remembered = lru_cache(maxsize=8192)(_read_name_address)


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
        found.append((name, unquote_string(value.strip()) if equals else None))
    return tuple(found)


def unquote_string(text: str) -> str:
    """What a quoted string means; a text without quotes means itself."""
    if len(text) > 1 and text[0] == '"' == text[-1]:
        text = text[1:-1]
        return _ESCAPED.sub(r"\1", text) if "\\" in text else text
    return text


def quote_string(text: str) -> str:
    """A text as a quoted string; it must hold no line ends."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def split_unquoted(text: str, separator: str) -> list[str]:
    """Split at a separator that stands neither in quotes nor in angle brackets."""
    if '"' not in text and "<" not in text:
        return text.split(separator)
    parts: list[str] = []
    start = index = depth = 0
    marks = _MARKS[separator]
    while (found := marks.search(text, index)) is not None:
        char, index = found[0], found.end()
        if char == '"':
            quoted = _QUOTED.match(text, index - 1)
            if quoted is None:
                raise MalformedMessage("unterminated quoted string")
            index = quoted.end()
        elif char == "<":
            depth += 1
        elif char == ">":
            depth -= 1
        elif depth <= 0:
            parts.append(text[start : index - 1])
            start = index
    parts.append(text[start:])
    return parts


def quote_display(name: str) -> str:
    """A display name as a quoted string; control characters are dropped."""
    if not name.isprintable():
        name = "".join(char for char in name if ord(char) >= 32 and ord(char) != 127)
    return quote_string(name)


def name_address(display: str, uri: str) -> str:
    """Write a name-addr."""
    return f"{quote_display(display)} <{uri}>" if display else f"<{uri}>"
