"""A reading client: fetches one file from one server (RFC 1350 section 4), used by the software phone."""

from __future__ import annotations

from enum import Enum

from ringward.protocols.tftp import netascii
from ringward.protocols.tftp.packets import (
    DEFAULT_BLOCK_SIZE,
    MAX_BLOCK,
    MIN_BLOCK_SIZE,
    MIN_TIMEOUT,
    Acknowledgement,
    Address,
    Data,
    Error,
    ErrorCode,
    MalformedPacket,
    Mode,
    OptionAcknowledgement,
    Options,
    Outgoing,
    ReadRequest,
    encode,
    parse,
    whole_number,
)

REQUEST_TIMEOUT = 1.0
"""Seconds until a request or an acknowledgement is repeated for the first time; doubles after each."""
LONGEST_TIMEOUT = 8.0
"""Seconds at which doubling stops."""
MAX_REPETITIONS = 6
"""Repetitions of one packet before the server is given up."""
MAX_FILE = 64 * 1024 * 1024
"""Octets a file may have when the caller sets no limit; the largest firmware of the models is a tenth of this."""
LINGER = 2.0
"""Seconds to stay after the last acknowledgement, in case it got lost (RFC 1350 section 6, "dallying")."""


class FetchState(Enum):
    """Where a fetch stands."""

    IDLE = "not started"
    REQUESTED = "waits for the server's first answer"
    RECEIVING = "takes blocks"
    DONE = "has the whole file"
    FAILED = "given up"


class ReadClient:
    """One fetch of one file.

    Call :meth:`start` once, then :meth:`receive` for each datagram and :meth:`advance` when :attr:`next_deadline`
    has come; each returns the datagrams to send. In state DONE :meth:`content` is the file; until
    :attr:`next_deadline` is None the socket is best kept, since the last acknowledgement may have to be repeated.
    """

    def __init__(
        self,
        server: Address,
        filename: str,
        *,
        mode: Mode = Mode.OCTET,
        block_size: int | None = None,
        timeout: int | None = None,
        ask_size: bool = False,
        max_size: int = MAX_FILE,
    ) -> None:
        """``block_size``, ``timeout`` (seconds) and, with ``ask_size``, the size are asked for as options."""
        self._server = server
        self._peer: Address | None = None
        self._max_size = max_size
        self._mode = mode
        options: list[tuple[str, str]] = []
        if block_size is not None:
            options.append(("blksize", str(block_size)))
        if timeout is not None:
            options.append(("timeout", str(timeout)))
        if ask_size:
            options.append(("tsize", "0"))
        self._asked = dict(options)
        self._request = encode(ReadRequest(filename, mode, tuple(options)))
        self._block_size = DEFAULT_BLOCK_SIZE
        self._first_timeout = float(timeout or REQUEST_TIMEOUT)
        self._timeout = self._first_timeout
        self._tries = 0
        self._block = 0
        self._content = bytearray()
        self._current = (server, self._request)
        self.state = FetchState.IDLE
        self.announced_size: int | None = None
        """Size the server named, where it was asked."""
        self.error: Error | None = None
        """What the server refused with, or what this client ended the transfer with."""
        self.failure = ""
        """Why the fetch failed, in words."""
        self.next_deadline: float | None = None
        """When :meth:`advance` wants to be called, or None once the fetch is over."""

    @property
    def finished(self) -> bool:
        """Whether the outcome is known, though the client may still linger."""
        return self.state in (FetchState.DONE, FetchState.FAILED)

    def content(self) -> bytes:
        """The file; raises ``RuntimeError`` before it is whole."""
        if self.state is not FetchState.DONE:
            raise RuntimeError("the file is not whole")
        received = bytes(self._content)
        return netascii.decode(received) if self._mode is Mode.NETASCII else received

    def start(self, now: float) -> Outgoing:
        """Ask for the file."""
        self.state = FetchState.REQUESTED
        return self._send(self._server, self._request, now)

    def receive(self, datagram: bytes, source: Address, now: float) -> Outgoing:
        """Take one datagram."""
        if self.next_deadline is None:
            return []
        try:
            packet = parse(datagram)
        except MalformedPacket:
            return []
        if self._peer is None:
            if source[0] != self._server[0]:
                return []
            if not isinstance(packet, Error):
                self._peer = source
        elif source != self._peer:
            return [] if isinstance(packet, Error) else [(source, _error(ErrorCode.UNKNOWN_TRANSFER_ID))]
        match packet:
            case Data(block, payload):
                return self._take_block(block, payload, source, now)
            case OptionAcknowledgement(options):
                return self._take_options(options, source, now)
            case Error():
                return self._refused(packet)
            case _:
                return self._break_off(
                    source, ErrorCode.ILLEGAL_OPERATION, "the server sent neither DATA nor OACK"
                )

    def advance(self, now: float) -> Outgoing:
        """Let time pass: repeat what was not answered, or give up."""
        if self.next_deadline is None or now < self.next_deadline:
            return []
        if self.state is FetchState.DONE:
            self.next_deadline = None
            return []
        if self._tries >= MAX_REPETITIONS:
            self._fail("the server does not answer")
            return []
        self._tries += 1
        self._timeout = min(self._timeout * 2, max(LONGEST_TIMEOUT, self._first_timeout))
        self.next_deadline = now + self._timeout
        return [self._current]

    def _take_block(self, block: int, payload: bytes, source: Address, now: float) -> Outgoing:
        if self.state is FetchState.DONE or block != (self._block + 1) & MAX_BLOCK:
            repeated = self._block > 0 and block == self._block & MAX_BLOCK
            return [self._current] if repeated else []
        if len(payload) > self._block_size:
            return self._break_off(source, ErrorCode.ILLEGAL_OPERATION, "a block is longer than agreed")
        if len(self._content) + len(payload) > self._max_size:
            return self._break_off(source, ErrorCode.DISK_FULL, f"the file is longer than {self._max_size} octets")
        self.state = FetchState.RECEIVING
        self._block += 1
        self._content += payload
        outgoing = self._send(source, encode(Acknowledgement(block)), now)
        if len(payload) < self._block_size:
            self.state = FetchState.DONE
            self.next_deadline = now + LINGER
        return outgoing

    def _take_options(self, options: Options, source: Address, now: float) -> Outgoing:
        if self._block > 0 or self.finished:
            return []
        for name, value in options:
            if name not in self._asked or not self._apply_option(name, value):
                return self._break_off(
                    source, ErrorCode.OPTION_REFUSED, f"the server's option {name} is not as asked"
                )
        if self.announced_size is not None and self.announced_size > self._max_size:
            return self._break_off(source, ErrorCode.DISK_FULL, f"the file is longer than {self._max_size} octets")
        self.state = FetchState.RECEIVING
        return self._send(source, encode(Acknowledgement(0)), now)

    def _apply_option(self, name: str, value: str) -> bool:
        if name == "blksize":
            size = whole_number(value, MIN_BLOCK_SIZE, int(self._asked[name]))
            if size is None:
                return False
            self._block_size = size
        elif name == "timeout":
            return whole_number(value, MIN_TIMEOUT, 255) == int(self._asked[name])
        elif name == "tsize":
            self.announced_size = whole_number(value, 0, 10**12)
            return self.announced_size is not None
        return True

    def _refused(self, error: Error) -> Outgoing:
        if self.state is not FetchState.DONE:
            self.error = error
            self._fail(f"the server refused: error {error.code} {error.message}".rstrip())
        return []

    def _break_off(self, source: Address, code: ErrorCode, reason: str) -> Outgoing:
        if self.state is FetchState.DONE:
            return []
        self.error = Error(code, reason)
        self._fail(reason)
        return [(source, encode(self.error))]

    def _send(self, destination: Address, datagram: bytes, now: float) -> Outgoing:
        self._current = (destination, datagram)
        self._tries = 0
        self._timeout = self._first_timeout
        self.next_deadline = now + self._timeout
        return [self._current]

    def _fail(self, reason: str) -> None:
        self.state, self.failure, self.next_deadline = FetchState.FAILED, reason, None


def _error(code: ErrorCode) -> bytes:
    return encode(Error(code, "unknown transfer"))
