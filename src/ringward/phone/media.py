"""The media of a call: an RTP socket of its own, G.711 every 20 ms, and a check of what is heard.

All streams of a process share one clock, so that thousands of phones need one timer and not one task each.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random, SystemRandom

from ringward.calls.media import MediaKey
from ringward.domain.errors import Unavailable
from ringward.phone.hearing import Listener
from ringward.phone.sound import Sound, Tone, frames
from ringward.phone.srtp import TAG_LENGTH, MediaCipher, NotAuthentic
from ringward.protocols.rtp.g711 import LAWS, SAMPLE_RATE
from ringward.protocols.rtp.packet import MAX_PACKET, MalformedPacket, RtpPacket
from ringward.protocols.rtp.statistics import ReceptionReport, ReceptionStatistics
from ringward.protocols.rtp.stream import RtpSender
from ringward.protocols.rtp.telephone_event import DigitReceiver, TelephoneEvent

PACKET_TIME = 0.02
"""Seconds of sound in a packet."""
MAX_CATCH_UP = 5
"""Packets sent at once after the process was held up; what is more is left out, as a phone would."""
SILENCE_AFTER = 0.2
"""Seconds without a packet after which nothing is heard any more."""
MAX_BURST = 32
"""Datagrams read at once from one socket, so that a flood at one phone cannot starve the others."""
CAPTURED = 4
"""Datagrams kept of each stream as they came, enough to recognise a tone in them."""
MAX_DIGITS = 256
"""Digits remembered of a call."""

Address = tuple[str, int]
NOTHING_RECEIVED = ReceptionReport()


@dataclass(frozen=True, slots=True)
class MediaReport:
    """What went over one call's media, as far as the phone can tell."""

    packets_sent: int = 0
    bytes_sent: int = 0
    """Payload bytes."""
    packets_received: int = 0
    bytes_received: int = 0
    reception: ReceptionReport = NOTHING_RECEIVED
    heard: Tone | None = None
    """The tone that is heard now."""
    heard_since: float | None = None
    """Loop time."""
    last_heard: Tone | None = None
    """The last tone that was heard at all."""
    digits: str = ""
    """Digits that came as telephone events."""
    malformed: int = 0
    strangers: int = 0
    """Packets that came from elsewhere than agreed, or in no agreed format; none of them was played."""
    unauthentic: int = 0
    """Packets that were not encrypted with the key agreed, or came twice; none of them was played."""
    suite: str = ""
    """Crypto suite of the media now; empty if it is in the clear."""

    @property
    def lost(self) -> int:
        """Packets that were sent to us and have not come."""
        return self.reception.lost


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both sides agreed for one stream (RFC 3264)."""

    remote: Address
    codec: str
    """Encoding name, one of :data:`~ringward.protocols.rtp.g711.LAWS`."""
    payload_type: int
    digit_type: int | None
    """Payload type in which the far side takes telephone events."""
    own_digit_type: int | None
    """Payload type in which we take them."""
    sends: bool
    receives: bool
    keys: tuple[MediaKey, ...] = ()
    """The key that we encrypt with and the far side's; none for media in the clear."""


class MediaClock:
    """Gives every stream its turn each 20 ms. Runs while there are streams and stops when there are none."""

    def __init__(self) -> None:
        self._streams: dict[MediaStream, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self.skipped = 0
        """Turns left out because the process was held up; more than a few make media figures worthless."""

    def add(self, stream: MediaStream) -> None:
        """Give a stream its turns."""
        self._streams[stream] = None
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._due = loop.time() + PACKET_TIME
            self._timer = loop.call_at(self._due, self._tick)

    def remove(self, stream: MediaStream) -> None:
        """No more turns for a stream."""
        self._streams.pop(stream, None)
        if not self._streams and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def __len__(self) -> int:
        return len(self._streams)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        turns = 1 + max(0, int((now - self._due) / PACKET_TIME))
        self._due += turns * PACKET_TIME
        if turns > MAX_CATCH_UP:
            self.skipped += turns - MAX_CATCH_UP
            turns = MAX_CATCH_UP
        for stream in list(self._streams):
            for _ in range(turns):
                stream.tick(now)
        if self._streams:
            self._timer = loop.call_at(self._due, self._tick)


class PortRange:
    """Gives out even ports for media in turn, over and over (RFC 3550 section 11).

    One is shared by the phones of a process, so that they do not all try the same port first.
    """

    def __init__(self, first: int, last: int) -> None:
        self._ports = range(first + first % 2, last, 2)
        self._next = 0

    def __iter__(self) -> Iterator[int]:
        """Every port once, beginning after the one that was taken last."""
        for _ in range(len(self._ports)):
            port = self._ports[self._next]
            self._next = (self._next + 1) % len(self._ports)
            yield port


def open_socket(host: str, ports: PortRange | None) -> socket.socket:
    """A bound UDP socket for media on the first free port; raises :class:`Unavailable` if there is none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in ports or (0,):
        opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.setblocking(False)
        try:
            opened.bind((host, port))
        except OSError:
            opened.close()
            continue
        return opened
    raise Unavailable(f"no free port for media on {host}")


class MediaStream:
    """One call's audio. Opened before the offer, directed by each agreement, closed at the end."""

    def __init__(
        self,
        host: str,
        clock: MediaClock,
        *,
        ports: PortRange | None = None,
        sound: Sound = None,
        random: Random | None = None,
        on_heard: Callable[[Tone | None], None] | None = None,
        on_digit: Callable[[str], None] | None = None,
    ) -> None:
        self._socket = open_socket(host, ports)
        self._clock = clock
        self._on_heard = on_heard
        self._on_digit = on_digit
        self._agreement: Agreement | None = None
        self._sender = RtpSender(random or SystemRandom())
        self._statistics = ReceptionStatistics(SAMPLE_RATE)
        self._listener = Listener()
        self._digit_receiver = DigitReceiver()
        self._digits = ""
        self._bytes_received = self._malformed = self._strangers = self._unauthentic = 0
        self._captured: deque[bytes] = deque(maxlen=CAPTURED)
        self._cipher: MediaCipher | None = None
        self._last_arrival = 0.0
        self._sound = sound
        self._frames: tuple[bytes, ...] = ()
        self._frame = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._readable)

    @property
    def captured(self) -> tuple[bytes, ...]:
        """The last datagrams as the network brought them: what somebody on the way sees of this stream."""
        return tuple(self._captured)

    @property
    def port(self) -> int:
        """Where packets for this stream are to be sent."""
        return int(self._socket.getsockname()[1])

    @property
    def is_closed(self) -> bool:
        """Whether the stream is over; its report stays."""
        return self._socket.fileno() < 0

    def direct(self, agreement: Agreement) -> None:
        """Send and receive from now on as agreed."""
        if self.is_closed:
            return
        before, self._agreement = self._agreement, agreement
        if not agreement.keys:
            self._cipher = None
        elif self._cipher is None or self._cipher.keys != agreement.keys:
            same_party = before is not None and before.remote == agreement.remote
            sending, receiving = agreement.keys
            self._cipher = MediaCipher(sending, receiving, self._cipher, same_party=same_party)
        self._frames = frames(self._sound, LAWS[agreement.codec])
        if self._sound is not None or self._sender.digits.is_busy:
            self._clock.add(self)

    def play(self, sound: Sound) -> None:
        """Say something else from now on."""
        self._sound = sound
        if self._agreement is not None:
            self.direct(self._agreement)

    def send_digits(self, digits: str) -> bool:
        """Send digits as telephone events; False if the far side takes none. Raises ``ValueError`` for others."""
        agreement = self._agreement
        if agreement is None or agreement.digit_type is None or self.is_closed:
            return False
        self._sender.digits.add(digits)
        self._clock.add(self)
        return True

    def tick(self, now: float) -> None:
        """One turn: send what is due; called by the clock."""
        agreement = self._agreement
        if agreement is None:
            return
        self._notice_silence(now)
        if not agreement.sends:
            return
        frame = b""
        if self._frames:
            frame = self._frames[self._frame % len(self._frames)]
            self._frame += 1
        packet = self._sender.next_packet(agreement.payload_type, frame, agreement.digit_type)
        if not frame and not self._sender.digits.is_busy:
            self._clock.remove(self)
        if packet is not None:
            if self._cipher is not None:
                packet = self._cipher.protect(packet)
            with contextlib.suppress(OSError):  # a full buffer or an unreachable peer is loss, as on any network
                self._socket.sendto(packet, agreement.remote)

    def _readable(self) -> None:
        now = self._loop.time()
        for _ in range(MAX_BURST):
            try:
                data, source = self._socket.recvfrom(MAX_PACKET + TAG_LENGTH + 1)
            except OSError:
                return
            self._captured.append(data)
            self._receive(data, source, now)
            if self.is_closed:
                return

    def _receive(self, data: bytes, source: Address, now: float) -> None:
        agreement = self._agreement
        if agreement is None or source[0] != agreement.remote[0]:
            self._strangers += 1
            return
        try:
            packet = RtpPacket.parse(self._cipher.unprotect(data) if self._cipher is not None else data)
        except MalformedPacket:
            self._malformed += 1
            return
        except NotAuthentic:
            self._refuse(data, agreement, source)
            return
        if packet.payload_type not in (agreement.payload_type, agreement.own_digit_type):
            self._strangers += 1
            return
        if not agreement.receives:
            # On its way when the call was put on hold, or here before the answer that ends the hold.
            self._strangers += 1
            self._statistics.pass_over(packet.ssrc, packet.sequence)
            return
        if not self._statistics.receive(packet.ssrc, packet.sequence, packet.timestamp, now):
            return
        self._bytes_received += len(packet.payload)
        self._last_arrival = now
        if packet.payload_type == agreement.own_digit_type:
            self._receive_digit(packet)
        elif self._listener.receive(packet.sequence, packet.payload, agreement.codec, now):
            self._tell_heard()

    def _refuse(self, data: bytes, agreement: Agreement, source: Address) -> None:
        """Do not play a packet that no key agreed opens."""
        if source != agreement.remote:
            self._strangers += 1
            return
        if agreement.receives:
            self._unauthentic += 1
            return
        # It ends the hold with a new key, and is here before the answer that tells us the key.
        self._strangers += 1
        with contextlib.suppress(MalformedPacket):
            header = RtpPacket.parse(data)
            self._statistics.pass_over(header.ssrc, header.sequence)

    def _receive_digit(self, packet: RtpPacket) -> None:
        try:
            event = TelephoneEvent.parse(packet.payload)
        except MalformedPacket:
            self._malformed += 1
            return
        digit = self._digit_receiver.receive(packet.ssrc, packet.timestamp, event)
        if digit and len(self._digits) < MAX_DIGITS:
            self._digits += digit
            if self._on_digit is not None:
                self._on_digit(digit)

    def _notice_silence(self, now: float) -> None:
        if self._listener.heard is not None and now - self._last_arrival > SILENCE_AFTER:
            self._listener.silence(now)
            self._tell_heard()

    def _tell_heard(self) -> None:
        if self._on_heard is not None:
            self._on_heard(self._listener.heard)

    def report(self) -> MediaReport:
        """The figures so far."""
        if not self.is_closed:
            self._notice_silence(self._loop.time())
        reception = self._statistics.report()
        return MediaReport(
            self._sender.packets,
            self._sender.octets,
            reception.packets,
            self._bytes_received,
            reception,
            self._listener.heard,
            self._listener.since,
            self._listener.last_heard,
            self._digits,
            self._malformed,
            self._strangers,
            self._unauthentic,
            self._cipher.keys[0].suite if self._cipher is not None else "",
        )

    def close(self) -> None:
        """Stop sending and receiving."""
        if self.is_closed:
            return
        self._clock.remove(self)
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
