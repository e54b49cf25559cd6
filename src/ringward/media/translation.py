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
    r"([0-9]{1,9}) ([A-Za-z0-9_]{1,64}) inline:([A-Za-z0-9+/]{16,128}={0,2})"
    r"((?:\|(?:2\^)?[0-9]{1,15})?(?:\|[0-9]{1,10}:[0-9]{1,3})?)(?: (.*))?\Z"
)
"""A crypto attribute with one key: tag, suite, key and salt, lifetime and identifier, session parameters."""
_MAX_KEYS = 16
"""Keys of a stream; a phone offers one for each suite that it knows."""
_WEAKENING = ("UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP", "UNAUTHENTICATED_SRTP")
"""Session parameters that take away what the key is for (RFC 4568 section 6.3.2): such a key is none."""


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
    """The keys of a section that can be used; others are passed over as RFC 4568 section 7.1.2 says."""
    keys: list[MediaKey] = []
    for name, value in section.attributes:
        match = _KEY.match(value or "") if name == "crypto" else None
        if match is None or len(keys) == _MAX_KEYS:
            continue
        tag, suite, key, more, session = match.groups()
        size = SRTP_SUITES.get(suite)
        if size is None or len(key) * 3 // 4 - key.count("=") != size:
            continue
        if session and any(each.upper().startswith(_WEAKENING) for each in session.split()):
            continue
        keys.append(MediaKey(int(tag), suite, Secret(key + more)))
    return tuple(keys)


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
    attributes += [("crypto", f"{key.tag} {key.suite} inline:{key.parameters.reveal()}") for key in stream.keys]
    attributes.append((stream.direction.value, None))
    return MediaSection(stream.kind, stream.port, stream.profile, formats or ("0",), stream.address, attributes)


@lru_cache(maxsize=512)
def _codec_lines(codecs: tuple[Codec, ...]) -> tuple[tuple[str, ...], tuple[Attribute, ...]]:
    lines: list[Attribute] = []
    for codec in codecs:
        suffix = f"/{codec.channels}" if codec.channels > 1 else ""
        lines.append(("rtpmap", f"{codec.payload_type} {codec.name}/{codec.clock_rate}{suffix}"))
        if codec.parameters:
            lines.append(("fmtp", f"{codec.payload_type} {codec.parameters}"))
    return tuple(str(codec.payload_type) for codec in codecs), tuple(lines)
