"""The serving side of a read: hands one file to one peer, block by block (RFC 1350 section 4).

Each order is one step: datagrams or the time in, datagrams out. Only a new acknowledgement moves the transfer on;
a repeated one changes nothing and sends nothing, so a delayed packet can never double the traffic for the rest of
the file (the Sorcerer's Apprentice fault, RFC 1123 section 4.2.3.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from ringward.protocols.tftp import netascii
from ringward.protocols.tftp.packets import (
    DEFAULT_BLOCK_SIZE,
    MAX_BLOCK,
    MAX_BLOCK_SIZE,
    MAX_TIMEOUT,
    MIN_BLOCK_SIZE,
    MIN_TIMEOUT,
    Acknowledgement,
    Address,
    Error,
    ErrorCode,
    MalformedPacket,
    Mode,
    OptionAcknowledgement,
    Options,
    Outgoing,
    ReadRequest,
    encode,
    encode_acknowledgement,
    encode_data,
    parse,
    whole_number,
)

LONGEST_TIMEOUT = 8.0
"""Seconds at which doubling stops (RFC 1123 section 4.2.3.2 asks for back-off)."""
MAX_FOREIGN_ANSWERS = 8
"""Strangers' packets a port answers with ERROR 5; more would make it a mirror for forged addresses."""
BASE_PATIENCE = 60.0
PATIENCE_PER_BLOCK = 1.0
"""A transfer may take this many seconds, and this many more for each block: far slower than any honest line, yet
a peer cannot hold a place for ever by acknowledging just before each time-out."""
MAX_TSIZE_DIGITS = 10**12
"""A requested ``tsize`` is 0 by RFC 2349; other numbers up to this are taken as the same question."""


@dataclass(frozen=True, slots=True)
class Retransmission:
    """How a server repeats itself."""

    timeout: float = 1.0
    """Seconds until the first repetition, doubling after each; phones and server share a site, so this is loss."""
    limit: int = 6
    """Repetitions of one packet; with these values a silent peer is given up after about 40 seconds."""


class TransferState(Enum):
    """Where a transfer stands."""

    OFFERING = "waits for the acknowledgement of its options"
    SENDING = "waits for the acknowledgement of a block"
    DONE = "the peer has the whole file"
    FAILED = "given up"


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What the options of a request lead to."""

    block_size: int
    timeout: int | None
    """Seconds between retransmissions as the peer wants them, or None for back-off."""
    acknowledgement: bytes
    """OACK for the options in force; empty when the first block is the answer."""


@lru_cache(maxsize=64)
def negotiate(options: Options, size: int, largest_block: int = MAX_BLOCK_SIZE) -> Negotiated:
    """Decide on the options of a read request for a file of ``size`` octets.

    Unknown options and impossible values are left out of the answer, which refuses them (RFC 2347); a block size
    above ``largest_block`` is answered with that (RFC 2348 lets the server choose a smaller one). Remembered:
    phones of one model wish for the same and get files of much the same length.
    """
    block_size, timeout = DEFAULT_BLOCK_SIZE, None
    answer: list[tuple[str, str]] = []
    for name, value in options:
        if name == "blksize":
            wanted = whole_number(value, MIN_BLOCK_SIZE, MAX_BLOCK_SIZE)
            if wanted is not None:
                block_size = min(wanted, largest_block)
                answer.append((name, str(block_size)))
        elif name == "timeout":
            seconds = whole_number(value, MIN_TIMEOUT, MAX_TIMEOUT)
            if seconds is not None:
                timeout = seconds
                answer.append((name, str(seconds)))
        elif name == "tsize" and whole_number(value, 0, MAX_TSIZE_DIGITS) is not None:
            answer.append((name, str(size)))
    return Negotiated(block_size, timeout, encode(OptionAcknowledgement(tuple(answer))) if answer else b"")


class ReadTransfer:
    """One file on its way to one peer.

    Call :meth:`start` once, then :meth:`receive` for each datagram and :meth:`advance` when :attr:`next_deadline`
    has come; each returns the datagrams to send. ``now`` is a monotonic clock in seconds.
    """

    __slots__ = (
        "_awaited",
        "_block",
        "_content",
        "_current",
        "_give_up_at",
        "_last_block",
        "_negotiated",
        "_retransmission",
        "_timeout",
        "_tries",
        "acknowledged",
        "failure",
        "next_deadline",
        "peer",
        "state",
    )

    def __init__(
        self,
        request: ReadRequest,
        content: bytes,
        peer: Address,
        *,
        largest_block: int = MAX_BLOCK_SIZE,
        retransmission: Retransmission = Retransmission(),
    ) -> None:
        self._content = netascii.encode(content) if request.mode is Mode.NETASCII else content
        self._negotiated = negotiate(request.options, len(self._content), largest_block)
        self._last_block = len(self._content) // self._negotiated.block_size + 1
        self._block = 0
        self._awaited = encode_acknowledgement(0)
        """The one datagram of the peer that moves the transfer on."""
        self._current = b""
        self._give_up_at = 0.0
        self._timeout = 0.0
        self._tries = 0
        self._retransmission = retransmission
        self.peer = peer
        self.state = TransferState.SENDING
        self.acknowledged = False
        """Whether the peer has answered at all, so that its address is not forged."""
        self.failure = ""
        """Why the transfer failed, in words."""
        self.next_deadline: float | None = None
        """When :meth:`advance` wants to be called, or None once the transfer is over."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.next_deadline is None

    @property
    def size(self) -> int:
        """Octets of the file as they travel."""
        return len(self._content)

    def start(self, now: float) -> Outgoing:
        """Answer the request: with the accepted options, or with the first block when there are none."""
        self._give_up_at = now + BASE_PATIENCE + PATIENCE_PER_BLOCK * self._last_block
        if self._negotiated.acknowledgement:
            self.state = TransferState.OFFERING
            return self._send(self._negotiated.acknowledgement, now)
        return self._send_block(1, now)

    def receive(self, datagram: bytes, now: float) -> Outgoing:
        """Take one datagram that the peer sent to this transfer."""
        if self.over:
            return []
        if datagram == self._awaited:
            return self._acknowledged(now)
        try:
            packet = parse(datagram)
        except MalformedPacket:
            return []
        match packet:
            case Acknowledgement():
                return []
            case Error(code, message):
                return self._fail(f"the peer ended it: error {code} {message}".rstrip())
            case _:
                self._fail("the peer sent something that is no answer to a block")
                return [(self.peer, encode(Error(ErrorCode.ILLEGAL_OPERATION, "only ACK belongs here")))]

    def repeat(self) -> Outgoing:
        """Send the current packet again: the peer repeated its request, so the answer got lost."""
        return [] if self.over else [(self.peer, self._current)]

    def advance(self, now: float) -> Outgoing:
        """Let time pass: repeat the current packet when its answer is overdue, or give up."""
        if self.next_deadline is None or now < self.next_deadline:
            return []
        if self._tries >= self._retransmission.limit:
            return self._fail("the peer does not answer")
        if now >= self._give_up_at:
            return self._fail("the peer takes too long")
        self._tries += 1
        if self._negotiated.timeout is None:
            self._timeout = min(self._timeout * 2, max(LONGEST_TIMEOUT, self._retransmission.timeout))
        self.next_deadline = now + self._timeout
        return [(self.peer, self._current)]

    def _acknowledged(self, now: float) -> Outgoing:
        self.acknowledged = True
        if self._block == self._last_block:
            self.state, self.next_deadline = TransferState.DONE, None
            return []
        if now >= self._give_up_at:
            return self._fail("the peer takes too long")
        self.state = TransferState.SENDING
        return self._send_block(self._block + 1, now)

    def _send_block(self, block: int, now: float) -> Outgoing:
        size = self._negotiated.block_size
        number = block & MAX_BLOCK
        self._block, self._awaited = block, encode_acknowledgement(number)
        return self._send(encode_data(number, self._content[(block - 1) * size : block * size]), now)

    def _send(self, datagram: bytes, now: float) -> Outgoing:
        self._current = datagram
        self._tries = 0
        self._timeout = float(self._negotiated.timeout or self._retransmission.timeout)
        self.next_deadline = now + self._timeout
        return [(self.peer, datagram)]

    def _fail(self, reason: str) -> Outgoing:
        self.state, self.failure, self.next_deadline = TransferState.FAILED, reason, None
        return []


class Strangers:
    """Who sends to a port of transfers without having one there (RFC 1350 section 4)."""

    __slots__ = ("_answers",)

    def __init__(self) -> None:
        self._answers = 0

    def receive(self, datagram: bytes, source: Address) -> Outgoing:
        """ERROR 5 to what is a packet, but never to an ERROR, and not to more than a few."""
        if self._answers >= MAX_FOREIGN_ANSWERS:
            return []
        try:
            packet = parse(datagram)
        except MalformedPacket:
            return []
        if isinstance(packet, Error):
            return []
        self._answers += 1
        return [(source, encode(Error(ErrorCode.UNKNOWN_TRANSFER_ID, "unknown transfer")))]
