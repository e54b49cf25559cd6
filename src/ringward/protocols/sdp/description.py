"""Session descriptions (RFC 4566), with the parts that an audio call uses; lines are kept in order.

Reading is bounded and strict in what matters for routing media (m= and c= lines) and lenient in what does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_DESCRIPTION = 16_384
"""Bytes; a phone's offer is about 500."""
MAX_SECTIONS = 8
"""Most m= lines; an audio and video phone has four."""
MAX_ATTRIBUTES = 256
"""Most a= lines of a description."""

Attribute = tuple[str, str | None]

_CONNECTION = re.compile(r"IN IP([46]) ([0-9A-Za-z.:\-]{1,253})(?:/[0-9]+){0,2}\Z")
_MEDIA = re.compile(
    r"([A-Za-z0-9!#$%&'*+.^_`{|}~-]+) ([0-9]{1,5})(?:/([0-9]{1,3}))? ([A-Za-z0-9/]+)((?: [!-~]+)*)\Z"
)


class MalformedDescription(ValueError):
    """The text is not a session description that can be used; ``str`` says why."""


@dataclass(slots=True)
class MediaSection:
    """An m= line and what belongs to it."""

    kind: str
    port: int
    profile: str
    formats: tuple[str, ...]
    address: str = ""
    """Of its own c= line; empty means the session's."""
    attributes: list[Attribute] = field(default_factory=list)


@dataclass(slots=True)
class SessionDescription:
    """A whole description."""

    address: str
    """Of the session's c= line, empty if it has none."""
    attributes: list[Attribute]
    sections: list[MediaSection]

    def address_of(self, section: MediaSection) -> str:
        """Where a section's stream is to be sent."""
        return section.address or self.address


def parse_description(data: bytes) -> SessionDescription:
    """Read a description; raises :class:`MalformedDescription`."""
    text = _text_of(data)
    described: SessionDescription | MediaSection
    found = described = SessionDescription("", [], [])
    for line in text.split("\n"):
        kind, value = line[:2], line[2:]
        if kind == "a=":
            name, colon, rest = value.partition(":")
            described.attributes.append((name, rest if colon else None))
        elif kind == "m=":
            described = _media(value)
            found.sections.append(described)
        elif kind == "c=":
            described.address = described.address or _connection(value)
        elif line and kind[1:] != "=":
            raise MalformedDescription("malformed line in description")
    if len(found.sections) > MAX_SECTIONS:
        raise MalformedDescription("too many media sections")
    for section in found.sections:
        if section.port and not found.address_of(section):
            raise MalformedDescription("a media section has no address")
    return found


def _text_of(data: bytes) -> str:
    """A description with plain line feeds, within its limits."""
    if len(data) > MAX_DESCRIPTION:
        raise MalformedDescription("description too large")
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise MalformedDescription("description is not UTF-8") from None
    if "\r" in text:
        # Written to another phone, half a line end might be a whole one there.
        raise MalformedDescription("line end without its other half")
    if "\0" in text:
        raise MalformedDescription("description with a null character")
    if text[:4] not in ("v=0\n", "v=0"):
        raise MalformedDescription("description does not begin with v=0")
    if text.count("\na=") > MAX_ATTRIBUTES:
        raise MalformedDescription("too many attributes")
    return text


def _media(value: str) -> MediaSection:
    match = _MEDIA.match(value)
    if match is None:
        raise MalformedDescription("malformed m= line")
    port = int(match[2])
    if port > 65535:
        raise MalformedDescription("media port out of range")
    formats = tuple(match[5].split())
    if not formats:
        raise MalformedDescription("an m= line has no formats")
    return MediaSection(match[1].lower(), port, match[4].upper(), formats)


def _connection(value: str) -> str:
    match = _CONNECTION.match(value)
    if match is None:
        raise MalformedDescription("malformed c= line")
    return match[2]


def encode_description(
    description: SessionDescription, *, session_id: int, version: int, origin_address: str, name: str = "-"
) -> bytes:
    """Write a description; ``version`` must grow by one whenever it changes (RFC 3264 section 8)."""
    lines = [f"v=0\r\no=- {session_id} {version} IN {_family(origin_address)}\r\ns={name}\r\n"]
    if description.address:
        lines.append(f"c=IN {_family(description.address)}\r\n")
    lines.append("t=0 0\r\n")
    lines += _attributes(description.attributes)
    for section in description.sections:
        lines.append(f"m={section.kind} {section.port} {section.profile} {' '.join(section.formats)}\r\n")
        if section.address and section.address != description.address:
            lines.append(f"c=IN {_family(section.address)}\r\n")
        lines += _attributes(section.attributes)
    return "".join(lines).encode()


def _family(address: str) -> str:
    return f"IP6 {address}" if ":" in address else f"IP4 {address}"


def _attributes(attributes: list[Attribute]) -> list[str]:
    return [f"a={name}\r\n" if value is None else f"a={name}:{value}\r\n" for name, value in attributes]
