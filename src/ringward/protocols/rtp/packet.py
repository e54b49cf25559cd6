"""RTP packets (RFC 3550 section 5.1), as they stand on the wire."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Self

VERSION = 2
HEADER_SIZE = 12
MAX_PACKET = 1500
"""Largest packet taken or made: what an Ethernet frame carries; 20 ms of G.711 need 172 bytes."""
MAX_CONTRIBUTORS = 15
"""The CSRC count is four bits wide (RFC 3550 section 5.1)."""

_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_PADDED, _EXTENDED = 0x20, 0x10
_RTCP_TYPES = range(72, 77)
"""Types 200 to 204 of RTCP as they look when read as RTP with a marker (RFC 3550 section 5.1, RFC 5761)."""


class MalformedPacket(ValueError):
    """Bytes that are no RTP packet, or no payload of the format they claim to be."""


@dataclass(frozen=True, slots=True)
class Extension:
    """The one header extension a packet may carry; its data is a whole number of 32-bit words."""

    profile: int
    data: bytes


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One packet. ``payload`` is without padding; padding is taken off on receipt and never sent."""

    payload_type: int
    sequence: int
    timestamp: int
    """In units of the codec's clock, 8000 per second for telephony."""
    ssrc: int
    payload: bytes = b""
    marker: bool = False
    contributors: tuple[int, ...] = ()
    extension: Extension | None = None

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read one datagram; raises :class:`MalformedPacket`."""
        size = len(data)
        if not HEADER_SIZE <= size <= MAX_PACKET:
            raise MalformedPacket(f"{size} bytes cannot be an RTP packet")
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        if first >> 6 != VERSION:
            raise MalformedPacket(f"RTP version {first >> 6}")
        payload_type = second & 0x7F
        if payload_type in _RTCP_TYPES:
            raise MalformedPacket("an RTCP packet where RTP was expected")
        start, end = HEADER_SIZE, size
        contributors: tuple[int, ...] = ()
        count = first & 0x0F
        if count:
            start += 4 * count
            if start > end:
                raise MalformedPacket("contributing sources beyond the end")
            contributors = struct.unpack_from(f"!{count}I", data, HEADER_SIZE)
        extension = None
        if first & _EXTENDED:
            extension, start = _read_extension(data, start)
        if first & _PADDED:
            end -= _padding(data, start)
        return cls(
            payload_type, sequence, timestamp, ssrc, data[start:end], second > 0x7F, contributors, extension
        )

    def encode(self) -> bytes:
        """The bytes for the wire; raises ``ValueError`` if a field does not fit."""
        if len(self.contributors) > MAX_CONTRIBUTORS:
            raise ValueError(f"{len(self.contributors)} contributing sources, at most {MAX_CONTRIBUTORS} fit")
        if not 0 <= self.payload_type <= 0x7F or self.payload_type in _RTCP_TYPES:
            raise ValueError(f"payload type {self.payload_type}")
        first = VERSION << 6 | len(self.contributors)
        more = b""
        if self.contributors:
            more = struct.pack(f"!{len(self.contributors)}I", *self.contributors)
        if self.extension is not None:
            first |= _EXTENDED
            words, rest = divmod(len(self.extension.data), 4)
            if rest:
                raise ValueError("a header extension is a whole number of 32-bit words")
            more += _EXTENSION.pack(self.extension.profile, words) + self.extension.data
        try:
            header = _HEADER.pack(
                first, self.marker << 7 | self.payload_type, self.sequence, self.timestamp, self.ssrc
            )
        except struct.error as error:
            raise ValueError(str(error)) from None
        packet = header + more + self.payload
        if len(packet) > MAX_PACKET:
            raise ValueError(f"an RTP packet of {len(packet)} bytes, at most {MAX_PACKET} may be sent")
        return packet


def _read_extension(data: bytes, start: int) -> tuple[Extension, int]:
    if start + _EXTENSION.size > len(data):
        raise MalformedPacket("header extension beyond the end")
    profile, words = _EXTENSION.unpack_from(data, start)
    start += _EXTENSION.size
    end = start + 4 * words
    if end > len(data):
        raise MalformedPacket("header extension beyond the end")
    return Extension(profile, data[start:end]), end


def _padding(data: bytes, start: int) -> int:
    count = data[-1]
    if count == 0 or count > len(data) - start:
        raise MalformedPacket("padding longer than the packet, or of no length")
    return count
