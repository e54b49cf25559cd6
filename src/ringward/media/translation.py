"""Between SDP on the wire and the neutral media description of the call engine.

Only attributes that are known to be harmless between two phones are handed through; no ICE and no certificate
fingerprint ever crosses from one leg to the other by accident. Keys of media (RFC 4568) are read into values of
their own, and the call engine decides who may see them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ringward.calls.media import SRTP_SUITES, Codec, Direction, MediaDescription, MediaKey, MediaStream
from ringward.domain.secret import Secret
from ringward.protocols.sdp.description import (
    Attribute,
    MalformedDescription,
    MediaSection,
    SessionDescription,
    encode_description,
    parse_description,
)

_DIRECTIONS = {direction.value: direction for direction in Direction}
_STATIC: dict[str, Codec] = {
    "0": Codec(0, "PCMU", 8000),
    "3": Codec(3, "GSM", 8000),
    "4": Codec(4, "G723", 8000),
    "8": Codec(8, "PCMA", 8000),
    "9": Codec(9, "G722", 8000),
    "13": Codec(13, "CN", 8000),
    "15": Codec(15, "G728", 8000),
    "18": Codec(18, "G729", 8000),
}
"""Payload types that need no rtpmap (RFC 3551 section 6)."""
_ENCODING = re.compile(r"([!-.0-~]{1,64})/([1-9][0-9]{0,7})(?:/([1-9][0-9]{0,2}))?[ ]*+\Z")
"""What an rtpmap says of a payload type: name, clock rate, channels."""
_PROFILES = frozenset({"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"})
"""Ways to carry media whose keys, if any, are in the description itself; DTLS-SRTP is not among them."""
_HANDED_THROUGH = frozenset({"rtcp", "rtcp-mux", "maxptime", "silenceSupp", "content", "label"})


_KEY = re.compile(
    r"([0-9]{1,9})[ \t]+([A-Za-z0-9_]{1,64})[ \t]+inline:([A-Za-z0-9+/]{16,128})(={0,2})"
    r"((?:\|(?:2\^)?[0-9]{1,15})?(?:\|[0-9]{1,10}:[0-9]{1,3})?)(?:[ \t]+(.*))?\Z",
    re.IGNORECASE,
)
"""A crypto attribute with one key: tag, suite, key and salt, lifetime and identifier, session parameters.

Words in it have no case, and blanks between them may be more than one (RFC 4568 section 9, RFC 5234 section 2.3).
"""
_DIGITS = {suite: -(-size * 4 // 3) for suite, size in SRTP_SUITES.items()}
"""Base64 digits of key and salt, without what fills them up."""
_MAX_KEYS = 16
"""Keys of a stream; a phone offers one for each suite that it knows."""
_SESSION_PARAMETER = re.compile(
    r"(?:KDR=(?:1?[0-9]|2[0-4])|WSH=[1-9][0-9]{1,5}|FEC_ORDER=(?:FEC_SRTP|SRTP_FEC))\Z", re.IGNORECASE
)
"""Session parameters that weaken nothing and have no key of their own (RFC 4568 section 6.3)."""
_OPTIONAL = "-"
"""Begins the name of a session parameter that may be passed over by who does not know it (section 6.3.7)."""


class UnsupportedMedia(ValueError):
    """The description is in order, but it asks for media that cannot be given; ``str`` says which."""


def read_media(body: bytes) -> MediaDescription:
    """The neutral description of an SDP body.

    Raises :class:`MalformedDescription`, and :class:`UnsupportedMedia` where encrypted media is demanded and no
    key for it can be used: a clear stream would be passed off as an encrypted one.
    """
    description = parse_description(body)
    default = _direction(description.attributes, Direction.SEND_RECEIVE)
    streams = tuple(_stream(description, section, default) for section in description.sections)
    for stream in streams:
        if stream.port and (stream.profile not in _PROFILES or (stream.demands_encryption and not stream.keys)):
            raise UnsupportedMedia(f"{stream.profile} media without a key that could be used")
    return MediaDescription(streams)


def _keys(section: MediaSection) -> tuple[MediaKey, ...]:
    """The keys of a section that can be used; others are passed over as RFC 4568 section 7.1.2 says.

    Of two with the same tag, which must not be (section 4.1), it is the first: an answer could not say which one.
    """
    keys: dict[int, MediaKey] = {}
    for name, value in section.attributes:
        if name == "crypto" and len(keys) < _MAX_KEYS:
            key = _key(value or "")
            if key is not None:
                keys.setdefault(key.tag, key)
    return tuple(keys.values())


def _key(value: str) -> MediaKey | None:
    """The key of a crypto attribute; None if it is malformed, or used in a way that it protects nothing."""
    match = _KEY.match(value)
    if match is None:
        return None
    tag, named, digits, filling, more, session = match.groups()
    suite = named.upper()
    needed = "=" * (-len(digits) % 4)
    if len(digits) != _DIGITS.get(suite) or filling not in ("", needed):
        return None
    used = [each for each in (session or "").split() if not each.startswith(_OPTIONAL)]
    if not all(map(_SESSION_PARAMETER.match, used)):
        return None
    return MediaKey(int(tag), suite, Secret(digits + needed + more), " ".join(used))


def _direction(attributes: list[Attribute], default: Direction) -> Direction:
    for name, _ in attributes:
        found = _DIRECTIONS.get(name)
        if found is not None:
            return found
    return default


def _stream(description: SessionDescription, section: MediaSection, default: Direction) -> MediaStream:
    maps: list[str] = []
    parameters: list[str] = []
    kept: list[Attribute] = []
    packet_time: int | None = None
    for name, value in section.attributes:
        if name == "rtpmap":
            maps.append(value or "")
        elif name == "fmtp":
            parameters.append(value or "")
        elif name == "ptime":
            packet_time = int(value) if value and value.isascii() and value.isdigit() and len(value) < 5 else None
        elif name in _HANDED_THROUGH:
            kept.append((name, value))
    codecs = _codecs(section.formats, tuple(maps), tuple(parameters)) if "RTP/" in section.profile else ()
    return MediaStream(
        section.kind,
        description.address_of(section),
        section.port if codecs else 0,  # what is not understood at all (fax, slides) is not handed through
        codecs,
        _direction(section.attributes, default),
        section.profile,
        packet_time,
        tuple(kept),
        _keys(section) if codecs and any(name == "crypto" for name, _ in section.attributes) else (),
    )


@lru_cache(maxsize=512)
def _codecs(formats: tuple[str, ...], maps: tuple[str, ...], parameters: tuple[str, ...]) -> tuple[Codec, ...]:
    """The codecs of an m= line; payload types of which it is not understood what they are, are left out.

    Phones of a model always offer the same list, so that it is worth remembering.
    """
    named = dict(item.partition(" ")[::2] for item in maps)
    formatted = dict(item.partition(" ")[::2] for item in parameters)
    codecs: list[Codec] = []
    for text in formats:
        if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > 127:
            raise MalformedDescription("malformed payload type")
        static = _STATIC.get(text)
        encoding = named.get(text)
        if encoding is not None:
            match = _ENCODING.match(encoding)
            if match is not None:
                name, clock, channels = match[1], int(match[2]), int(match[3] or 1)
                codecs.append(Codec(int(text), name, clock, channels, formatted.get(text, "")))
        elif static is not None:
            codecs.append(Codec(static.payload_type, static.name, static.clock_rate, 1, formatted.get(text, "")))
    return tuple(codecs)


class MediaWriter:
    """Writes one leg's descriptions: one origin, its version counted up at each change (RFC 3264 section 8)."""

    __slots__ = ("_address", "_last", "_session_id", "_version")

    def __init__(self, session_id: int, address: str) -> None:
        self._session_id = session_id
        self._address = address
        self._version = 0
        self._last: MediaDescription | None = None

    def write(self, media: MediaDescription) -> bytes:
        """The SDP body of a neutral description."""
        if media != self._last:
            self._version += 1
            self._last = media
        sections: list[MediaSection] = []
        address = ""
        for stream in media.streams:
            address = address or stream.address
            sections.append(_section(stream))
        return encode_description(
            SessionDescription(address, [], sections),
            session_id=self._session_id,
            version=self._version,
            origin_address=self._address,
        )


def _section(stream: MediaStream) -> MediaSection:
    formats, lines = _codec_lines(stream.codecs)
    attributes: list[Attribute] = list(lines)
    if stream.packet_time is not None:
        attributes.append(("ptime", str(stream.packet_time)))
    attributes += stream.attributes
    attributes += [("crypto", _crypto(key)) for key in stream.keys]
    attributes.append((stream.direction.value, None))
    return MediaSection(stream.kind, stream.port, stream.profile, formats or ("0",), stream.address, attributes)


def _crypto(key: MediaKey) -> str:
    written = f"{key.tag} {key.suite} inline:{key.parameters.reveal()}"
    return f"{written} {key.session}" if key.session else written


@lru_cache(maxsize=512)
def _codec_lines(codecs: tuple[Codec, ...]) -> tuple[tuple[str, ...], tuple[Attribute, ...]]:
    lines: list[Attribute] = []
    for codec in codecs:
        suffix = f"/{codec.channels}" if codec.channels > 1 else ""
        lines.append(("rtpmap", f"{codec.payload_type} {codec.name}/{codec.clock_rate}{suffix}"))
        if codec.parameters:
            lines.append(("fmtp", f"{codec.payload_type} {codec.parameters}"))
    return tuple(str(codec.payload_type) for codec in codecs), tuple(lines)
