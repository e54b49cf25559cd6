"""The ports that files are sent from, and the transfers at each of them (RFC 1350 section 4).

A port that nobody can foretell is drawn for every few transfers, not for each: to open a socket and watch it costs
more than to send a short file. A peer has no more than one transfer at a port, ever, so that what arrives late for
one is never taken for another's.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

from ringward.protocols.tftp.packets import Address, Outgoing, ReadRequest
from ringward.protocols.tftp.transfer import ReadTransfer, Strangers

log = logging.getLogger(__name__)

PEERS = 32
"""Transfers that begin at one port before the next port is drawn."""
DATAGRAM = 65536
"""Room for the longest datagram; none that is longer than a packet is cut to look like one."""
DATAGRAMS_AT_ONCE = 32
"""Read from one port before the loop turns to others."""


class TransferPorts:
    """Finds the port for each transfer."""

    def __init__(self) -> None:
        self._open: dict[str, TransferPort] = {}
        """The port that takes the next transfer from an address of ours."""

    def begin(self, transfer: Transfer, local: str) -> None:
        """Send the first packet of a transfer from our address ``local``; raises ``OSError`` without a socket."""
        port = self._open.get(local)
        if port is None or not port.takes(transfer.machine.peer):
            port = self._open[local] = TransferPort(local, self._closed)
        port.begin(transfer)

    def _closed(self, port: TransferPort) -> None:
        if self._open.get(port.local) is port:
            del self._open[port.local]


class TransferPort:
    """A socket and the transfers at it; closed as soon as there are none."""

    def __init__(self, local: str, closed: Callable[[TransferPort], None]) -> None:
        self.local = local
        self._closed = closed
        self._socket = bound_socket(local, 0)
        self._strangers = Strangers()
        self._peers: set[Address] = set()
        """Who has or had a transfer here."""
        self._transfers: dict[Address, Transfer] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._readable)

    def takes(self, peer: Address) -> bool:
        """Whether a transfer to ``peer`` may begin here."""
        return len(self._peers) < PEERS and peer not in self._peers

    def begin(self, transfer: Transfer) -> None:
        """Take a transfer and send its first packet."""
        peer = transfer.machine.peer
        self._peers.add(peer)
        self._transfers[peer] = transfer
        transfer.start(self, self._loop)

    def end(self, transfer: Transfer) -> None:
        """Forget a transfer."""
        del self._transfers[transfer.machine.peer]
        if not self._transfers:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._closed(self)

    def send(self, outgoing: Outgoing) -> None:
        """Send datagrams of a transfer."""
        send(self._socket, outgoing)

    def _readable(self) -> None:
        now = self._loop.time()
        for _ in range(DATAGRAMS_AT_ONCE):
            if not self._transfers:
                return
            try:
                datagram, source = self._socket.recvfrom(DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                log.debug("receiving at a transfer's port failed: %s", error)
                return
            transfer = self._transfers.get(source)
            if transfer is not None:
                transfer.receive(datagram, now)
            elif source not in self._peers:
                send(self._socket, self._strangers.receive(datagram, source))


class Transfer:
    """A transfer machine with its port and its timer."""

    __slots__ = ("_ended", "_loop", "_port", "_timer", "content", "machine", "request")

    def __init__(
        self, request: ReadRequest, content: bytes, machine: ReadTransfer, ended: Callable[[Transfer], None]
    ) -> None:
        """``ended`` hears once that it is over, however it ended."""
        self.request = request
        self.content = content
        self.machine = machine
        self._ended = ended
        self._port: TransferPort | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self, port: TransferPort, loop: asyncio.AbstractEventLoop) -> None:
        """Send the first packet from ``port``."""
        self._port, self._loop = port, loop
        port.send(self.machine.start(loop.time()))
        self._arm()

    def receive(self, datagram: bytes, now: float) -> None:
        """Take what the peer sent."""
        self._send(self.machine.receive(datagram, now))
        if self.machine.over:
            self.end()

    def repeat(self) -> None:
        """Send the present packet again."""
        self._send(self.machine.repeat())

    def end(self) -> None:
        """Leave the port; what had not arrived by now does not."""
        port, self._port = self._port, None
        if port is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        port.end(self)
        self._ended(self)

    def _send(self, outgoing: Outgoing) -> None:
        if self._port is not None:
            self._port.send(outgoing)

    def _arm(self) -> None:
        """Set the timer; acknowledgements only move the deadline, and the timer catches up when it rings."""
        if self.machine.next_deadline is not None:
            self._timer = self._loop.call_at(self.machine.next_deadline, self._ring)

    def _ring(self) -> None:
        self._send(self.machine.advance(self._loop.time()))
        if self.machine.over:
            self.end()
        else:
            self._arm()


def bound_socket(host: str, port: int) -> socket.socket:
    """A UDP socket that does not block; raises ``OSError``."""
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        own.setblocking(False)
        own.bind((host, port))
    except OSError:
        own.close()
        raise
    return own


def send(own: socket.socket, outgoing: Outgoing) -> None:
    """Send datagrams; one that the system does not take now is lost like any other and will be repeated."""
    for destination, datagram in outgoing:
        try:
            own.sendto(datagram, destination)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ENOBUFS, errno.ECONNREFUSED):
                log.debug("sending to %s failed: %s", destination[0], error)
