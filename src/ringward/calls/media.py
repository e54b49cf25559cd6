"""Neutral description of a call's media, so that no leg need know how another one writes it down."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from ringward.domain.secret import Secret


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


SRTP_SUITES = {
    "AEAD_AES_256_GCM": 44,
    "AES_256_CM_HMAC_SHA1_80": 46,
    "AEAD_AES_128_GCM": 28,
    "AES_CM_128_HMAC_SHA1_80": 30,
    "AES_256_CM_HMAC_SHA1_32": 46,
    "AES_CM_128_HMAC_SHA1_32": 30,
}
"""Crypto suites with the bytes of their master key and salt, the best first (RFC 4568 6.2, RFC 6188, RFC 7714)."""


@dataclass(frozen=True, slots=True)
class MediaKey:
    """A master key that the describing side encrypts with (RFC 4568). It prints nothing of itself."""

    tag: int = field(compare=False)
    """Names the key within one description only; the same key may have another tag in another one."""
    suite: str
    """One of :data:`SRTP_SUITES`."""
    parameters: Secret
    """Key and salt, lifetime, identifier, as they are written after ``inline:``."""
    session: str = ""
    """Session parameters, which say how the describer uses the key (RFC 4568 section 6.3), as they are written."""

    def answers(self, offered: tuple[MediaKey, ...]) -> bool:
        """Whether its tag and suite are those of a key that was offered."""
        return any(key.tag == self.tag and key.suite == self.suite for key in offered)


def common_key(offered: tuple[MediaKey, ...], own: tuple[MediaKey, ...]) -> MediaKey | None:
    """The key of ``own`` that answers an offer, of the best suite that both have; it takes the offer's tag."""
    for suite in SRTP_SUITES:
        for key in own:
            for asked in offered:
                if key.suite == asked.suite == suite:
                    return replace(key, tag=asked.tag)
    return None


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
    keys: tuple[MediaKey, ...] = ()
    """Keys that the describer offers to encrypt with, or the one that it answers with."""

    @property
    def is_held(self) -> bool:
        """Whether the describer has put the other side on hold (also the old all-zero address)."""
        return not self.direction.receives or self.address == "0.0.0.0"  # noqa: S104  (an SDP value, no bind)

    @property
    def is_encrypted(self) -> bool:
        """Whether the describer encrypts the stream, or offers to."""
        return bool(self.keys)

    @property
    def demands_encryption(self) -> bool:
        """Whether the profile leaves no choice: RTP/SAVP, RTP/SAVPF (RFC 3711, RFC 5124)."""
        return "SAVP" in self.profile

    def in_the_clear(self) -> MediaStream:
        """The same stream in RTP, without its keys."""
        if not self.keys and not self.demands_encryption:
            return self
        return replace(self, keys=(), profile=self.profile.replace("SAVP", "AVP"))


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

    @property
    def demands_encryption(self) -> bool:
        """Whether some stream leaves no choice."""
        return any(stream.demands_encryption for stream in self.streams if stream.port)

    def in_the_clear(self) -> MediaDescription:
        """The same media in RTP, without its keys."""
        return MediaDescription(tuple(stream.in_the_clear() for stream in self.streams))

    def to_be_heard(self) -> MediaDescription:
        """The same media flowing both ways: whoever was on hold is heard again."""
        if all(stream.direction is Direction.SEND_RECEIVE for stream in self.streams):
            return self
        return self.with_direction(Direction.SEND_RECEIVE)

    def declined(self) -> MediaDescription:
        """The answer that takes none of the streams (RFC 3264 section 6)."""
        return MediaDescription(tuple(replace(stream, port=0, keys=()) for stream in self.streams))

    def with_direction(self, direction: Direction) -> MediaDescription:
        """The same media with every stream flowing in ``direction``."""
        return MediaDescription(tuple(replace(stream, direction=direction) for stream in self.streams))
