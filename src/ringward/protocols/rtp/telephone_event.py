"""Digits as named events in the media stream (RFC 4733)."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass
from typing import Self

from ringward.protocols.rtp.g711 import FRAME_SAMPLES
from ringward.protocols.rtp.packet import MalformedPacket

NAME = "telephone-event"
"""Encoding name in SDP (RFC 4733 section 7.1.1)."""
DIGITS = "0123456789*#ABCD"
"""The DTMF events, each at the place of its number (RFC 4733 section 3.2)."""
MAX_DURATION = 0xFFFF
"""Longest event in timestamp units, 8.19 s at 8000 Hz."""

_PAYLOAD = struct.Struct("!BBH")
_END, _RESERVED, _VOLUME = 0x80, 0x40, 0x3F
_LENGTH_FRAMES = 5
"""Length of a digit in packets of 20 ms: 100 ms, well above the 40 ms that any receiver must take (Q.24)."""
_PAUSE_FRAMES = 3
"""Silence after a digit, in packets of 20 ms."""
_END_COPIES = 3
"""The last packet is sent three times, since the loss of one would lose the end (RFC 4733 section 2.5.1.4)."""
_QUEUE = 128
"""Most digits waiting to be sent."""


@dataclass(frozen=True, slots=True)
class TelephoneEvent:
    """The payload of one packet."""

    event: int
    duration: int
    """Length so far in timestamp units."""
    end: bool = False
    volume: int = 10
    """Power below 1 mW, in dB without its sign, 0 to 63."""

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read a payload; raises :class:`MalformedPacket`. The reserved bit is ignored as the RFC asks."""
        if len(payload) != _PAYLOAD.size:
            raise MalformedPacket(f"a telephone event of {len(payload)} bytes")
        event, flags, duration = _PAYLOAD.unpack(payload)
        return cls(event, duration, bool(flags & _END), flags & _VOLUME)

    def encode(self) -> bytes:
        """The bytes of the payload; raises ``ValueError`` if a field does not fit."""
        if not 0 <= self.volume <= _VOLUME:
            raise ValueError(f"volume {self.volume}")
        try:
            return _PAYLOAD.pack(self.event, self.end << 7 | self.volume, self.duration)
        except struct.error as error:
            raise ValueError(str(error)) from None

    @property
    def digit(self) -> str:
        """The digit this event stands for, empty if it is another event (a flash, a tone)."""
        return DIGITS[self.event] if self.event < len(DIGITS) else ""


@dataclass(frozen=True, slots=True)
class EventPacket:
    """A packet that is to be sent now in place of sound."""

    event: TelephoneEvent
    first: bool
    """Whether the event begins: the marker is set and the stream's timestamp is kept for the whole event."""


class DigitSender:
    """Turns digits into packets, one for each 20 ms that pass."""

    __slots__ = ("_frame", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[int] = deque()
        self._frame = 0

    @property
    def is_busy(self) -> bool:
        """Whether digits are being sent, so that no sound is."""
        return bool(self._waiting)

    def add(self, digits: str) -> None:
        """Queue digits; raises ``ValueError`` for a character that is none, or for too many."""
        events = [DIGITS.find(digit) for digit in digits.upper()]
        if -1 in events:
            raise ValueError(f"{digits!r} are not digits; allowed: {DIGITS}")
        if len(self._waiting) + len(events) > _QUEUE:
            raise ValueError(f"more than {_QUEUE} digits")
        self._waiting.extend(events)

    def next_packet(self) -> EventPacket | None:
        """The packet of the next 20 ms; None for a pause or when nothing is to be sent."""
        if not self._waiting:
            return None
        frame, event = self._frame, self._waiting[0]
        self._frame += 1
        spoken = _LENGTH_FRAMES + _END_COPIES - 1
        if frame >= spoken:
            if self._frame >= spoken + _PAUSE_FRAMES:
                self._waiting.popleft()
                self._frame = 0
            return None
        lasted = min(frame + 1, _LENGTH_FRAMES)
        return EventPacket(
            TelephoneEvent(event, lasted * FRAME_SAMPLES, end=frame + 1 >= _LENGTH_FRAMES), first=frame == 0
        )


class DigitReceiver:
    """Turns the packets of events into digits; each event is told once, however many packets it has."""

    __slots__ = ("_current",)

    def __init__(self) -> None:
        self._current: tuple[int, int] | None = None

    def receive(self, ssrc: int, timestamp: int, event: TelephoneEvent) -> str:
        """The digit, if this packet is the first of one that is seen; else an empty text.

        All packets of an event carry the timestamp of its beginning (RFC 4733 section 2.1), so an event is known
        even if its first packets are lost.
        """
        current = (ssrc, timestamp)
        if current == self._current:
            return ""
        self._current = current
        return event.digit
