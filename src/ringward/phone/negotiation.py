"""The phone's side of offer and answer: one audio stream, G.711, digits as telephone events (RFC 3264)."""

from __future__ import annotations

import ipaddress

from ringward.calls.media import Codec, Direction, MediaDescription, MediaStream
from ringward.phone.media import Agreement
from ringward.protocols.rtp import telephone_event
from ringward.protocols.rtp.g711 import A_LAW, LAWS, MU_LAW, SAMPLE_RATE

PACKET_TIME = 20
"""Milliseconds, as asked for in every description."""
_DIGIT_PARAMETERS = "0-15"


class NothingInCommon(ValueError):
    """The far side offers, or answered with, nothing that this phone can do."""


_DIRECTION = {
    (True, True): Direction.SEND_RECEIVE,
    (True, False): Direction.SEND_ONLY,
    (False, True): Direction.RECEIVE_ONLY,
    (False, False): Direction.INACTIVE,
}
"""By whether we send and whether we receive."""


class Negotiator:
    """Makes the descriptions of one call and reads the far side's."""

    def __init__(self, host: str, port: int, digit_type: int | None, preferred: str = "") -> None:
        """``digit_type`` None: this phone does not do telephone events."""
        self._host = host
        self._port = port
        laws = [A_LAW, MU_LAW] if preferred.lower() in ("pcma", "g711alaw") else [MU_LAW, A_LAW]
        self._codecs = tuple(Codec(law.payload_type, law.name, SAMPLE_RATE) for law in laws)
        self._digits = (
            (Codec(digit_type, telephone_event.NAME, SAMPLE_RATE, parameters=_DIGIT_PARAMETERS),)
            if digit_type is not None
            else ()
        )
        self._own: MediaDescription | None = None
        self._shape: tuple[MediaStream, ...] = ()
        """The far side's streams, whose number and order every later offer must keep (RFC 3264 section 8)."""

    def offer(self, *, held: bool) -> MediaDescription:
        """An offer; ``held`` puts the far side on hold."""
        audio = self._stream(self._codecs + self._digits, _DIRECTION[True, not held])
        if not any(stream.kind == "audio" for stream in self._shape):
            self._own = MediaDescription((audio,))
        else:
            self._own = self._place(audio)
        return self._own

    def answer(self, far: MediaDescription, *, held: bool) -> tuple[MediaDescription, Agreement]:
        """The answer to an offer; raises :class:`NothingInCommon`."""
        self._shape = far.streams
        stream = self._audio_of(far)
        codec, digits = self._common(stream)
        sends = stream.direction.receives and stream.address != "0.0.0.0"  # noqa: S104  (the hold of RFC 2543)
        receives = stream.direction.sends and not held
        self._own = self._place(self._stream((codec, *digits), _DIRECTION[sends, receives]))
        return self._own, self._agreement(stream, codec, digits, sends, receives)

    def conclude(self, far: MediaDescription) -> Agreement:
        """What is agreed, now that our offer is answered; raises :class:`NothingInCommon`."""
        own = self._own.audio if self._own is not None else None
        if own is None:
            raise NothingInCommon("an answer to no offer")
        stream = self._audio_of(far)
        codec, digits = self._common(stream)
        sends = stream.direction.receives and own.direction.sends and stream.address != "0.0.0.0"  # noqa: S104
        return self._agreement(stream, codec, digits, sends, stream.direction.sends and own.direction.receives)

    def _stream(self, codecs: tuple[Codec, ...], direction: Direction) -> MediaStream:
        return MediaStream("audio", self._host, self._port, codecs, direction, packet_time=PACKET_TIME)

    def _place(self, audio: MediaStream) -> MediaDescription:
        """Our stream where the far side has its first audio stream, everything else refused."""
        streams = []
        placed = False
        for far in self._shape:
            if far.kind == "audio" and far.port and not placed:
                placed = True
                streams.append(audio)
            else:
                refused = MediaStream(far.kind, self._host, 0, far.codecs, Direction.INACTIVE, far.profile)
                streams.append(refused)
        return MediaDescription(tuple(streams) if placed else (audio,))

    def _audio_of(self, far: MediaDescription) -> MediaStream:
        stream = far.audio
        if stream is None or stream.profile not in ("RTP/AVP", "RTP/AVPF"):
            raise NothingInCommon("no audio in RTP")
        try:
            ipaddress.ip_address(stream.address)
        except ValueError:
            raise NothingInCommon(f"the media address {stream.address} is no IP address") from None
        return stream

    def _common(self, stream: MediaStream) -> tuple[Codec, tuple[Codec, ...]]:
        """The first of the far side's codecs that we have, with its payload types."""
        codec = next(
            (each for each in stream.codecs if each.name.upper() in LAWS and each.clock_rate == SAMPLE_RATE), None
        )
        if codec is None:
            raise NothingInCommon("no codec in common")
        if not self._digits:
            return codec, ()
        digits = tuple(
            each
            for each in stream.codecs
            if each.is_called(telephone_event.NAME) and each.clock_rate == SAMPLE_RATE
        )
        return codec, digits[:1]

    def _agreement(
        self, stream: MediaStream, codec: Codec, digits: tuple[Codec, ...], sends: bool, receives: bool
    ) -> Agreement:
        own = self._own.audio if self._own is not None else None
        own_digits = (
            [each for each in own.codecs if each.is_called(telephone_event.NAME)] if own is not None else []
        )
        return Agreement(
            (stream.address, stream.port),
            codec.name.upper(),
            codec.payload_type,
            digits[0].payload_type if digits else None,
            own_digits[0].payload_type if own_digits else None,
            sends,
            receives,
        )
