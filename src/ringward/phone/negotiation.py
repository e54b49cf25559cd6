"""The phone's side of offer and answer: one audio stream, G.711, digits as telephone events (RFC 3264).

Where the phone is set for it the stream is encrypted (RFC 4568). Each offer has new keys, and so has the answer to
one that changes who is at the other end or who is on hold: whoever was told a key hears nothing that comes later.
"""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, count

from ringward.calls.media import Codec, Direction, MediaDescription, MediaKey, MediaStream, common_key
from ringward.phone.media import Agreement
from ringward.protocols.rtp import telephone_event
from ringward.protocols.rtp.g711 import A_LAW, LAWS, MU_LAW, SAMPLE_RATE

PACKET_TIME = 20
"""Milliseconds, as asked for in every description."""
_DIGIT_PARAMETERS = "0-15"


_OPEN_OFFERS = 4
"""Offers of ours that may still be answered: one under way, one that waits for its turn or is tried again."""


class NothingInCommon(ValueError):
    """The far side offers, or answered with, nothing that this phone can do."""


_DIRECTION = {
    (True, True): Direction.SEND_RECEIVE,
    (True, False): Direction.SEND_ONLY,
    (False, True): Direction.RECEIVE_ONLY,
    (False, False): Direction.INACTIVE,
}
"""By whether we send and whether we receive."""


def _is_understood(key: MediaKey) -> bool:
    """Whether this phone can decrypt what the far side encrypts with a key.

    It has one key for all packets of a direction, so it knows no key identifiers, which each packet would carry,
    and no derivation rate (RFC 3711 sections 4.3 and 9.5).
    """
    has_identifier = ":" in key.parameters.reveal()
    return not has_identifier and not any(
        each.startswith("KDR=") and int(each[4:]) for each in key.session.upper().split()
    )


class Negotiator:
    """Makes the descriptions of one call and reads the far side's."""

    def __init__(
        self,
        host: str,
        port: int,
        digit_type: int | None,
        preferred: str = "",
        *,
        new_keys: Callable[[], tuple[MediaKey, ...]] | None = None,
        falls_back: bool = True,
    ) -> None:
        """``digit_type`` None: this phone does not do telephone events.

        ``new_keys`` makes keys of its own, one for each suite that it knows; with it the phone offers encrypted
        media, and if it does not ``falls_back`` it takes no other.
        """
        self._new_keys = new_keys
        self._keys: tuple[MediaKey, ...] = ()
        """Those of the latest offer or answer of ours."""
        self._offered: deque[tuple[MediaKey, ...]] = deque(maxlen=_OPEN_OFFERS)
        self._tags = count(1)
        """No two keys of a call have the same tag, so that an answer names the very offer that it is for."""
        self._agreed: tuple[MediaStream, tuple[MediaKey, ...]] | None = None
        """The far side's stream as it was last agreed, and the keys: ours and theirs."""
        self._falls_back = falls_back
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
        """An offer, with new keys; ``held`` puts the far side on hold."""
        self._renew_keys()
        self._offered.append(self._keys)
        audio = self._stream(self._codecs + self._digits, _DIRECTION[True, not held])
        if not any(stream.kind == "audio" for stream in self._shape):
            self._own = MediaDescription((audio,))
        else:
            self._own = self._place(audio)
        return self._own

    def check(self, far: MediaDescription) -> None:
        """Raise :class:`NothingInCommon` if an offer could not be answered."""
        stream = self._audio_of(far)
        self._common(stream)
        self._answering_keys(stream)

    def answer(self, far: MediaDescription, *, held: bool) -> tuple[MediaDescription, Agreement]:
        """The answer to an offer; raises :class:`NothingInCommon`."""
        self._shape = far.streams
        stream = self._audio_of(far)
        codec, digits = self._common(stream)
        keys = self._answering_keys(stream)
        sends = stream.direction.receives and stream.address != "0.0.0.0"  # noqa: S104  (the hold of RFC 2543)
        receives = stream.direction.sends and not held
        own = replace(
            self._stream((codec, *digits), _DIRECTION[sends, receives]), keys=keys[:1], profile=stream.profile
        )
        self._own = self._place(own if keys else own.in_the_clear())
        return self._own, self._agreement(stream, codec, digits, sends, receives, keys)

    def conclude(self, far: MediaDescription) -> Agreement:
        """What is agreed, now that our offer is answered; raises :class:`NothingInCommon`."""
        own = self._own.audio if self._own is not None else None
        if own is None:
            raise NothingInCommon("an answer to no offer")
        stream = self._audio_of(far)
        codec, digits = self._common(stream)
        sends = stream.direction.receives and own.direction.sends and stream.address != "0.0.0.0"  # noqa: S104
        receives = stream.direction.sends and own.direction.receives
        return self._agreement(stream, codec, digits, sends, receives, self._answered_keys(stream))

    def _answering_keys(self, offered: MediaStream) -> tuple[MediaKey, ...]:
        """Our key and the far side's for an offer; none for media in the clear."""
        theirs = tuple(filter(_is_understood, offered.keys))
        own = self._kept_key(offered, theirs)
        if own is None:
            self._renew_keys()
            own = common_key(theirs, self._keys)
        if own is not None:
            return own, next(key for key in theirs if key.tag == own.tag and key.suite == own.suite)
        if offered.demands_encryption:
            raise NothingInCommon("no way to encrypt in common")
        self._in_the_clear()
        return ()

    def _kept_key(self, offered: MediaStream, theirs: tuple[MediaKey, ...]) -> MediaKey | None:
        """Our key, if the offer comes from the same party with the same suite and holds or resumes nothing."""
        if self._agreed is None or not self._agreed[1]:
            return None
        before, (own, _) = self._agreed
        if (before.address, before.port, before.direction) != (offered.address, offered.port, offered.direction):
            return None
        return common_key(theirs, (own,))

    def _renew_keys(self) -> None:
        keys = self._new_keys() if self._new_keys is not None else ()
        self._keys = tuple(replace(key, tag=next(self._tags)) for key in keys)

    def _answered_keys(self, answered: MediaStream) -> tuple[MediaKey, ...]:
        """Our key and the far side's, now that it has chosen one; none for media in the clear."""
        for far in filter(_is_understood, answered.keys):
            for own in chain.from_iterable(self._offered):
                if (own.tag, own.suite) == (far.tag, far.suite):
                    return own, far
        if answered.demands_encryption:
            raise NothingInCommon("an answer with a key that was not offered")
        self._in_the_clear()
        return ()

    def _in_the_clear(self) -> None:
        if self._new_keys is not None and not self._falls_back:
            raise NothingInCommon("media in the clear, which this phone does not take")

    def _stream(self, codecs: tuple[Codec, ...], direction: Direction) -> MediaStream:
        profile = "RTP/SAVP" if self._keys else "RTP/AVP"
        return MediaStream(
            "audio", self._host, self._port, codecs, direction, profile, PACKET_TIME, keys=self._keys
        )

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
        if stream is None:
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
        self,
        stream: MediaStream,
        codec: Codec,
        digits: tuple[Codec, ...],
        sends: bool,
        receives: bool,
        keys: tuple[MediaKey, ...],
    ) -> Agreement:
        self._agreed = stream, keys
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
            keys,
        )
