"""Sockets of the line side: UDP, TCP and TLS with asyncio. Everything is bounded; the hot path awaits nothing."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from ringward.domain.alarm_catalogue import TLS_REFUSED
from ringward.pki.certificates import BadCertificate
from ringward.pki.device_certificate import DeviceCertificate
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.framing import PONG, StreamFramer
from ringward.services.accepting import Acceptor, reset
from ringward.services.call_manager.admission import Admission
from ringward.services.call_manager.connections import Connections, Visitor
from ringward.services.call_manager.device_trust import DeviceDoor
from ringward.services.call_manager.handshakes import HANDSHAKE_TIMEOUT, HandshakeQueue
from ringward.services.call_manager.offences import Offences

log = logging.getLogger(__name__)

MAX_FLOWS = 20_000
"""UDP peers remembered; over this the table is begun anew, which costs nobody anything but a little time."""
SHORTEST_MESSAGE = 5
"""Bytes; what is shorter in a datagram is a keep-alive of blank lines (RFC 5626 section 3.5.1)."""
MAX_UNSENT = 65_536
"""Bytes that may wait to be sent to one phone, the largest message; a phone that reads nothing is disconnected."""
READ_BYTES = 65_536
"""Bytes read at a time. Without a buffer of ours each TLS record would be read into a new one of 256 KiB, for
which the system has to be asked each time."""
UDP_BUFFER = 4 * 1024 * 1024
"""Socket buffer for bursts, as when all phones of a building boot at once."""
BACKLOG = 1_024
"""Connections that the system keeps until they are accepted."""
SWEEP = 1.0
"""Seconds between looks for connections that have to be closed."""
TURN = 0.05
"""Seconds between looks at who may begin his TLS handshake, while somebody waits."""
CLOSING_ROUNDS = 50
"""Rounds of the event loop that closing connections may take at the end; TLS takes some."""

Receiver = Callable[[bytes, Flow, float], None]
LossListener = Callable[[Flow, float], None]


def transmit(flow: Flow, data: bytes) -> None:
    """Send bytes by a flow; a flow that is gone drops them, as the network might."""
    channel = flow.channel
    if isinstance(channel, DatagramSide):
        channel.send(data, flow.remote)
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
        self._full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_BUFFER)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One datagram is one message, or a keep-alive of blank lines, which is dropped."""
        if len(data) < SHORTEST_MESSAGE:
            return
        flow = self._flows.get(addr)
        if flow is None:
            if not addr[1]:
                return  # a forged source: nobody can be reached at port 0
            if len(self._flows) >= MAX_FLOWS:
                self._flows.clear()
            flow = self._flows[addr] = Flow(Transport.UDP, self._local, (addr[0], addr[1]), self)
        self._receive(data, flow, self._loop.time())

    def send(self, data: bytes, remote: tuple[str, int]) -> None:
        """Send a datagram; dropped while the system takes none, since a queue of them would know no end."""
        if not self._full and self._transport is not None:
            self._transport.sendto(data, remote)

    def pause_writing(self) -> None:
        """The system takes no more for now."""
        self._full = True

    def resume_writing(self) -> None:
        """The system takes datagrams again."""
        self._full = False

    def error_received(self, exc: Exception) -> None:
        """An ICMP error of an earlier datagram: the transaction's own timer deals with it."""
        log.debug("UDP error: %s", exc)


class StreamConnection(asyncio.BufferedProtocol):
    """One TCP or TLS connection from a phone."""

    def __init__(self, side: StreamSide, visitor: Visitor) -> None:
        self._side = side
        self._visitor = visitor
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._rest: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A phone has connected, and for TLS finished the handshake."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=MAX_UNSENT)
        peer = transport.get_extra_info("peername") or (self._visitor.address, 0)
        try:
            shown = self._side.certificate_of(transport, peer[0])
        except BadCertificate as error:
            self._side.note("certificate", self._visitor.address, "%s closed: %s", self._visitor.address, error)
            self._visitor.close = self.close
            self._side.opened(self._visitor)
            self.close()
            return
        self._visitor.certificate = shown
        self._visitor.flow = Flow(
            self._side.transport,
            self._side.local,
            (peer[0], peer[1]),
            self,
            shown.device if shown is not None else "",
            _cipher_encrypts(transport),
            shown is not None and self._side.passes_over_lsc(shown),
        )
        self._visitor.close = self.close
        self._side.opened(self._visitor)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where bytes are read to: one place for all connections, since they are taken away at once."""
        return self._side.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have come."""
        self._received(bytes(self._side.buffer[:nbytes]))

    def _received(self, data: bytes) -> None:
        flow = self._visitor.flow
        if flow is None:
            return
        try:
            messages = self._framer.feed(data)
        except MalformedMessage as error:
            self._close_for(error.reason)
            return
        if self._framer.pings:
            self.send(PONG * self._framer.pings)
            self._framer.pings = 0
        now = self._side.loop.time()
        delay = self._side.admission.delay(flow.remote[0], len(messages), len(data), now)
        if delay:
            self._rest_for(delay)
        for message in messages:
            self._side.receive(message, flow, now)
        if not self._framer.waiting:
            self._visitor.partial_since = None
        elif messages or self._visitor.partial_since is None:
            self._visitor.partial_since = now

    def _rest_for(self, seconds: float) -> None:
        """Read nothing for a while: what the peer sends meanwhile waits on its own side."""
        if self._transport is None or self._transport.is_closing() or self._rest is not None:
            return
        self._side.note("flood", self._visitor.address, "flood by %s: read more slowly", self._visitor.flow)
        self._transport.pause_reading()
        self._rest = self._side.loop.call_later(seconds, self._read_again)

    def _read_again(self) -> None:
        self._rest = None
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _close_for(self, reason: str) -> None:
        self._side.note("connection closed", self._visitor.address, "%s closed: %s", self._visitor.flow, reason)
        self.close()

    def pause_writing(self) -> None:
        """The phone reads nothing any more."""
        self._close_for("it does not read what is sent to it")

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
        if self._rest is not None:
            self._rest.cancel()
        self._transport = self._rest = None
        self._side.lost(self._visitor)


def _cipher_encrypts(transport: asyncio.BaseTransport) -> bool:
    cipher = transport.get_extra_info("cipher")
    return cipher is not None and "NULL" not in cipher[0]


@dataclass(frozen=True, slots=True)
class Doorkeepers:
    """What all listeners of a node share to stay bounded."""

    admission: Admission
    connections: Connections
    offences: Offences


class StreamSide:
    """A listening TCP or TLS socket and its connections."""

    def __init__(
        self,
        transport: Transport,
        local: tuple[str, int],
        receive: Receiver,
        on_loss: LossListener,
        doorkeepers: Doorkeepers,
        door: DeviceDoor | None = None,
    ) -> None:
        self.transport = transport
        self.local = local
        self.receive = receive
        self.loop = asyncio.get_running_loop()
        self.buffer = memoryview(bytearray(READ_BYTES))
        self.admission = doorkeepers.admission
        self.note = doorkeepers.offences.note
        self._connections = doorkeepers.connections
        self._on_loss = on_loss
        self._door = door
        self._handshakes: HandshakeQueue[Visitor] = HandshakeQueue(self.loop.time())
        self._arriving: dict[Visitor, socket.socket] = {}
        self._tasks: dict[Visitor, asyncio.Task[None]] = {}
        self._open: dict[Visitor, None] = {}
        self._acceptor: Acceptor | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._turn: asyncio.TimerHandle | None = None

    def start(self, bind: str, port: int) -> None:
        """Begin to listen; raises ``OSError``."""
        self._acceptor = Acceptor((bind, port), BACKLOG, self._arrived, self._not_accepted)
        self._sweep()

    def _not_accepted(self, error: OSError) -> None:
        self.note("accepting", "system", "no connection could be accepted: %s", error)

    def _arrived(self, sock: socket.socket, address: str) -> None:
        now = self.loop.time()
        visitor = Visitor(address, lambda: self._turn_away(visitor), now)
        refusal = self._connections.enter(visitor, now)
        if refusal:
            self.note("connection refused", address, "a connection from %s was refused: %s", address, refusal)
            reset(sock)
            visitor.is_gone()
            return
        self._arriving[visitor] = sock
        if self._door is None:
            self._begin(visitor)
        else:
            self._handshakes.enter(visitor.source, visitor)
            self._begin_handshakes()

    def _begin_handshakes(self) -> None:
        while (visitor := self._handshakes.next(self.loop.time())) is not None:
            self._begin(visitor)
        if self._handshakes.is_waiting and self._turn is None:
            self._turn = self.loop.call_later(TURN, self._next_turn)

    def _next_turn(self) -> None:
        self._turn = None
        self._begin_handshakes()

    def _begin(self, visitor: Visitor) -> None:
        task = self.loop.create_task(self._connect(visitor, self._arriving.pop(visitor)))
        self._tasks[visitor] = task

    async def _connect(self, visitor: Visitor, sock: socket.socket) -> None:
        """Make a connection of a socket: at once for TCP, for TLS after its handshake."""
        try:
            await self.loop.connect_accepted_socket(
                lambda: StreamConnection(self, visitor),
                sock,
                ssl=self._door.context if self._door is not None else None,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT if self._door is not None else None,
            )
        except (OSError, EOFError, asyncio.CancelledError) as error:
            # OSError includes ssl.SSLError and time-outs.
            reason = self._door.failed(error, visitor.address, self.loop.time()) if self._door is not None else ""
            alarm = TLS_REFUSED if reason else ""  # otherwise it was no affair of TLS
            message = "no connection with %s: %s"
            self.note("handshake", visitor.address, message, visitor.address, reason or repr(error), alarm=alarm)
            self._forget(visitor)
        finally:
            self._tasks.pop(visitor, None)
            self._handshakes.leave(visitor.source, visitor)
            self._begin_handshakes()

    def _turn_away(self, visitor: Visitor) -> None:
        """End what has not become a connection yet."""
        sock, task = self._arriving.pop(visitor, None), self._tasks.get(visitor)
        if sock is not None:
            reset(sock)
            self._forget(visitor)
        elif task is not None:
            task.cancel()

    def _forget(self, visitor: Visitor) -> None:
        self._connections.leave(visitor)
        self._handshakes.leave(visitor.source, visitor)
        self._open.pop(visitor, None)
        visitor.is_gone()

    def certificate_of(self, transport: asyncio.BaseTransport, address: str) -> DeviceCertificate | None:
        """By which a new connection proves its device, if it does; raises :class:`BadCertificate`."""
        if self._door is None:
            return None
        return self._door.look_at(transport.get_extra_info("ssl_object"), address, self.loop.time())

    def passes_over_lsc(self, shown: DeviceCertificate) -> bool:
        """Whether a device that has an LSC shows another certificate."""
        return self._door is not None and self._door.passes_over_lsc(shown)

    def recheck(self) -> None:
        """Close connections of devices whose certificate is refused since the configuration has changed."""
        if self._door is None:
            return
        for visitor in list(self._open):
            reason = self._door.refusal_of(visitor.certificate) if visitor.certificate is not None else ""
            if reason:
                self.note("certificate", visitor.address, "%s closed: %s", visitor.flow, reason, alarm=TLS_REFUSED)
                visitor.close()

    def opened(self, visitor: Visitor) -> None:
        """A connection can be used."""
        self._open[visitor] = None

    def lost(self, visitor: Visitor) -> None:
        """A connection is gone."""
        flow = visitor.flow
        self._forget(visitor)
        if flow is not None:
            self._on_loss(flow, self.loop.time())

    def _sweep(self) -> None:
        now = self.loop.time()
        for visitor in self._handshakes.overdue(now):
            self._turn_away(visitor)
        for visitor, reason in self._connections.overdue(now):
            self.note(
                "connection closed", visitor.address, "%s closed: %s", visitor.flow or visitor.address, reason
            )
            visitor.close()
        self._begin_handshakes()
        self._sweeper = self.loop.call_later(SWEEP, self._sweep)

    @property
    def count(self) -> int:
        """Open connections."""
        return len(self._open)

    async def stop(self) -> None:
        """Stop listening and close what is open."""
        for timer in (self._sweeper, self._turn):
            if timer is not None:
                timer.cancel()
        if self._acceptor is not None:
            self._acceptor.stop()
        tasks = list(self._tasks.values())
        for visitor in [*self._arriving, *self._tasks, *self._open]:
            visitor.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(CLOSING_ROUNDS):
            if not self._open:
                break
            await asyncio.sleep(0)
        if self._turn is not None:
            self._turn.cancel()
