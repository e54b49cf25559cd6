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
    if len(data) > MAX_DESCRIPTION:
        raise MalformedDescription("description too large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedDescription("description is not UTF-8") from None
    lines = text.replace("\r\n", "\n").split("\n")
    if "\r" in text and any("\r" in line for line in lines):
        # Written to another phone, half a line end might be a whole one there.
        raise MalformedDescription("line end without its other half")
    if "\0" in text:
        raise MalformedDescription("description with a null character")
    if lines[0] != "v=0":
        raise MalformedDescription("description does not begin with v=0")
    found = SessionDescription("", [], [])
    section: MediaSection | None = None
    count = 0
    for line in lines[1:]:
        if not line:
            continue
        kind, value = line[:2], line[2:]
        if kind == "a=":
            count += 1
            if count > MAX_ATTRIBUTES:
                raise MalformedDescription("too many attributes")
            name, colon, rest = value.partition(":")
            (section.attributes if section is not None else found.attributes).append(
                (name, rest if colon else None)
            )
        elif kind == "m=":
            if len(found.sections) >= MAX_SECTIONS:
                raise MalformedDescription("too many media sections")
            section = _media(value)
            found.sections.append(section)
        elif kind == "c=":
            address = _connection(value)
            if section is not None:
                section.address = section.address or address
            else:
                found.address = address
        elif len(kind) < 2 or kind[1] != "=":
            raise MalformedDescription("malformed line in description")
    for each in found.sections:
        if each.port and not found.address_of(each):
            raise MalformedDescription("a media section has no address")
    return found


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
