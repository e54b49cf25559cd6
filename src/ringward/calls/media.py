"""Neutral description of a call's media, so that no leg need know how another one writes it down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class Direction(Enum):
    """Which way a stream flows, seen from the side that describes it (RFC 3264 section 5.1)."""

    SEND_RECEIVE = "sendrecv"
    SEND_ONLY = "sendonly"
    RECEIVE_ONLY = "recvonly"
    INACTIVE = "inactive"

    @classmethod
    def of(cls, *, sends: bool, receives: bool) -> Direction:
        """The direction of a side that sends or not, and receives or not."""
        if sends:
            return cls.SEND_RECEIVE if receives else cls.SEND_ONLY
        return cls.RECEIVE_ONLY if receives else cls.INACTIVE

    @property
    def sends(self) -> bool:
        """Whether the describing side sends."""
        return self in (Direction.SEND_RECEIVE, Direction.SEND_ONLY)

    @property
    def receives(self) -> bool:
        """Whether the describing side wants to receive."""
        return self in (Direction.SEND_RECEIVE, Direction.RECEIVE_ONLY)


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to code a stream, as offered under one payload type."""

    payload_type: int
    name: str
    """Encoding name in the case the offerer wrote it; compare with :meth:`is_called`."""
    clock_rate: int
    channels: int = 1
    parameters: str = ""
    """Format parameters, uninterpreted."""

    def is_called(self, name: str) -> bool:
        """Compare encoding names, which have no case (RFC 4855 section 3)."""
        return self.name.upper() == name.upper()


@dataclass(frozen=True, slots=True)
class MediaStream:
    """One stream: where its describer wants to receive it, and how."""

    kind: str
    """"audio", "video" ... as in SDP."""
    address: str
    port: int
    """0 means that the stream is refused or over."""
    codecs: tuple[Codec, ...]
    direction: Direction = Direction.SEND_RECEIVE
    profile: str = "RTP/AVP"
    packet_time: int | None = None
    """Milliseconds of sound in a packet, if stated."""
    attributes: tuple[tuple[str, str | None], ...] = ()
    """Further attributes handed through untouched."""

    @property
    def is_held(self) -> bool:
        """Whether the describer has put the other side on hold (also the old all-zero address)."""
        return not self.direction.receives or self.address == "0.0.0.0"  # noqa: S104  (an SDP value, no bind)

    @property
    def is_encrypted(self) -> bool:
        """Whether the stream runs in SRTP: RTP/SAVP, RTP/SAVPF and their DTLS forms (RFC 3711, RFC 5124)."""
        return "SAVP" in self.profile


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """What one side offers or answers: its streams in order."""

    streams: tuple[MediaStream, ...]

    @property
    def audio(self) -> MediaStream | None:
        """The first audio stream that is not refused."""
        for stream in self.streams:
            if stream.kind == "audio" and stream.port:
                return stream
        return None

    @property
    def is_held(self) -> bool:
        """Whether every accepted stream is on hold."""
        live = [stream for stream in self.streams if stream.port]
        return bool(live) and all(stream.is_held for stream in live)

    @property
    def is_encrypted(self) -> bool:
        """Whether there is media and every stream of it runs in SRTP (CALL-03)."""
        live = [stream for stream in self.streams if stream.port]
        return bool(live) and all(stream.is_encrypted for stream in live)

    def to_be_heard(self) -> MediaDescription:
        """The same media flowing both ways: whoever was on hold is heard again."""
        if all(stream.direction is Direction.SEND_RECEIVE for stream in self.streams):
            return self
        return self.with_direction(Direction.SEND_RECEIVE)

    def with_direction(self, direction: Direction) -> MediaDescription:
        """The same media with every stream flowing in ``direction``."""
        return MediaDescription(tuple(replace(stream, direction=direction) for stream in self.streams))
