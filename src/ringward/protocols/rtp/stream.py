"""The sending half of an RTP stream: numbers, timestamps and markers (RFC 3550 section 5.1)."""

from __future__ import annotations

from random import Random

from ringward.protocols.rtp.g711 import FRAME_SAMPLES
from ringward.protocols.rtp.packet import RtpPacket
from ringward.protocols.rtp.telephone_event import DigitSender

_SEQUENCES = 1 << 16
_TIMESTAMPS = 1 << 32


class RtpSender:
    """Makes the packets of one stream, one for each 20 ms, from frames of sound and waiting digits.

    First sequence number, timestamp and SSRC come from ``random``, as RFC 3550 section 5.1 asks.
    """

    __slots__ = (
        "_event_timestamp",
        "_spurt_begins",
        "_timestamp",
        "digits",
        "octets",
        "packets",
        "sequence",
        "ssrc",
    )

    def __init__(self, random: Random) -> None:
        self.ssrc = random.getrandbits(32)
        self.sequence = random.getrandbits(16)
        """Number of the next packet."""
        self._timestamp = random.getrandbits(32)
        self._event_timestamp = 0
        self._spurt_begins = True
        self.digits = DigitSender()
        self.packets = 0
        self.octets = 0
        """Bytes of payload sent, as an RTCP sender report counts them."""

    def next_packet(self, payload_type: int, frame: bytes, event_type: int | None) -> bytes | None:
        """The packet of the next 20 ms, or None while a digit pauses or there is no frame.

        ``event_type`` is the payload type agreed for telephone events; without one digits wait.
        """
        timestamp = self._timestamp
        self._timestamp = (timestamp + FRAME_SAMPLES) % _TIMESTAMPS
        if event_type is not None and self.digits.is_busy:
            self._spurt_begins = True
            packet = self.digits.next_packet()
            if packet is None:
                return None
            if packet.first:
                self._event_timestamp = timestamp
            return self._make(event_type, self._event_timestamp, packet.event.encode(), packet.first)
        if not frame:
            self._spurt_begins = True
            return None
        marker, self._spurt_begins = self._spurt_begins, False
        return self._make(payload_type, timestamp, frame, marker)

    def _make(self, payload_type: int, timestamp: int, payload: bytes, marker: bool) -> bytes:
        sequence = self.sequence
        self.sequence = (sequence + 1) % _SEQUENCES
        self.packets += 1
        self.octets += len(payload)
        return RtpPacket(payload_type, sequence, timestamp, self.ssrc, payload, marker).encode()
