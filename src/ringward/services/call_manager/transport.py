"""Sockets of the line side: UDP, TCP and TLS with asyncio. Everything is bounded; the hot path awaits nothing."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.framing import PONG, StreamFramer

log = logging.getLogger(__name__)

MAX_FLOWS = 20_000
"""UDP peers remembered; over this the table is begun anew, which costs nobody anything but a little time."""
MAX_CONNECTIONS = 12_000
"""Streams of a node; a cluster of this kind serves some thousand phones a node."""
MAX_CONNECTIONS_PER_ADDRESS = 2_000
"""Streams from one address; a whole office may be behind one."""
FIRST_MESSAGE_TIMEOUT = 30.0
"""Seconds until a new stream must have brought a first whole message (RFC 3261 names no limit)."""
PARTIAL_MESSAGE_TIMEOUT = 30.0
"""Seconds that the rest of a message may take to come."""
MAX_UNSENT = 262_144
"""Bytes that may wait to be sent to one phone; a phone that reads nothing is disconnected."""
UDP_BUFFER = 4 * 1024 * 1024
"""Socket buffer for bursts, as when all phones of a building boot at once."""

Receiver = Callable[[bytes, Flow, float], None]
LossListener = Callable[[Flow, float], None]


def transmit(flow: Flow, data: bytes) -> None:
    """Send bytes by a flow; a flow that is gone drops them, as the network might."""
    channel = flow.channel
    if flow.transport is Transport.UDP:
        cast("asyncio.DatagramTransport", channel).sendto(data, flow.remote)
    elif isinstance(channel, StreamConnection):
        channel.send(data)


class DatagramSide(asyncio.DatagramProtocol):
    """The UDP socket."""

    def __init__(self, local: tuple[str, int], receive: Receiver) -> None:
        self._local = local
        self._receive = receive
        self._flows: dict[Any, Flow] = {}
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_BUFFER)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One datagram is one message, or a keep-alive of blank lines, which is dropped."""
        flow = self._flows.get(addr)
        if flow is None:
            if len(self._flows) >= MAX_FLOWS:
                self._flows.clear()
            flow = self._flows[addr] = Flow(Transport.UDP, self._local, (addr[0], addr[1]), self._transport)
        if len(data) > 4:
            self._receive(data, flow, self._loop.time())

    def error_received(self, exc: Exception) -> None:
        """An ICMP error of an earlier datagram: the transaction's own timer deals with it."""
        log.debug("UDP error: %s", exc)


class StreamConnection(asyncio.Protocol):
    """One TCP or TLS connection from a phone."""

    def __init__(self, side: StreamSide) -> None:
        self._side = side
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.flow: Flow | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A phone has connected, and for TLS finished the handshake."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername") or ("", 0)
        if not self._side.admit(peer[0]):
            self._transport.abort()
            return
        self.flow = Flow(self._side.transport, self._side.local, (peer[0], peer[1]), self, _subject_of(transport))
        self._side.enter(self)
        self._transport.set_write_buffer_limits(high=MAX_UNSENT)
        self._expect_within(FIRST_MESSAGE_TIMEOUT)

    def _expect_within(self, seconds: float) -> None:
        self._cancel_deadline()
        self._deadline = self._side.loop.call_later(seconds, self._too_slow)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        log.warning("%s closed: no whole message came in time", self.flow)
        self.close()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        flow = self.flow
        if flow is None:
            return
        try:
            messages = self._framer.feed(data)
        except MalformedMessage as error:
            log.warning("%s closed: %s", flow, error.reason)
            self.close()
            return
        if messages or self._framer.pings:
            self._cancel_deadline()
        while self._framer.pings:
            self._framer.pings -= 1
            self.send(PONG)
        now = self._side.loop.time()
        for message in messages:
            self._side.receive(message, flow, now)
        if self._framer.waiting and self._deadline is None:
            self._expect_within(PARTIAL_MESSAGE_TIMEOUT)

    def pause_writing(self) -> None:
        """The phone reads nothing any more."""
        log.warning("%s closed: it does not read what is sent to it", self.flow)
        self.close()

    def send(self, data: bytes) -> None:
        """Send bytes; dropped if the connection is closing."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._cancel_deadline()
        if self.flow is not None:
            self._side.leave(self)


def _subject_of(transport: asyncio.BaseTransport) -> str:
    """Common name of the certificate that the peer showed and TLS verified, else empty."""
    certificate = transport.get_extra_info("peercert") or {}
    for part in certificate.get("subject", ()):
        for name, value in part:
            if name == "commonName":
                return str(value)
    return ""


class StreamSide:
    """A listening TCP or TLS socket and its connections."""

    def __init__(
        self, transport: Transport, local: tuple[str, int], receive: Receiver, on_loss: LossListener
    ) -> None:
        self.transport = transport
        self.local = local
        self.receive = receive
        self.loop = asyncio.get_running_loop()
        self._on_loss = on_loss
        self._connections: set[StreamConnection] = set()
        self._addresses: Counter[str] = Counter()
        self._server: asyncio.Server | None = None

    async def start(self, bind: str, port: int, context: ssl.SSLContext | None) -> None:
        """Begin to listen."""
        self._server = await self.loop.create_server(
            lambda: StreamConnection(self),
            bind,
            port,
            ssl=context,
            backlog=1024,
            ssl_handshake_timeout=FIRST_MESSAGE_TIMEOUT if context is not None else None,
        )

    def admit(self, address: str) -> bool:
        """Whether one more connection from an address is taken."""
        if len(self._connections) >= MAX_CONNECTIONS or self._addresses[address] >= MAX_CONNECTIONS_PER_ADDRESS:
            log.warning("connection from %s refused: too many connections", address)
            return False
        return True

    def enter(self, connection: StreamConnection) -> None:
        """Count a connection that was admitted."""
        if connection.flow is not None:
            self._connections.add(connection)
            self._addresses[connection.flow.remote[0]] += 1

    def leave(self, connection: StreamConnection) -> None:
        """A connection is gone."""
        flow = connection.flow
        if connection not in self._connections or flow is None:
            return
        self._connections.discard(connection)
        self._addresses[flow.remote[0]] -= 1
        if not self._addresses[flow.remote[0]]:
            del self._addresses[flow.remote[0]]
        self._on_loss(flow, self.loop.time())

    @property
    def count(self) -> int:
        """Open connections."""
        return len(self._connections)

    async def stop(self) -> None:
        """Stop listening and close what is open."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        if self._server is not None:
            await self._server.wait_closed()
