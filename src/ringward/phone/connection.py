"""The phone's way to a call manager: a UDP socket, a TCP or a TLS connection."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from ringward.domain.errors import RingwardError, Unavailable
from ringward.phone.configuration import Member
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.framing import PING, PONG, StreamFramer

CONNECT_TIMEOUT = 10.0
"""Seconds until a call manager that does not take a connection is passed over."""
PONG_TIMEOUT = 10.0
"""Seconds within which a keepalive on a stream must be answered (RFC 5626 section 4.4.1)."""
CLOSE_TIMEOUT = 2.0
"""Seconds that the call manager is given to close its side."""
MAX_PEERS = 64
"""Addresses, besides the call manager's, that are remembered on a UDP socket."""

Receive = Callable[[bytes, Flow], None]
Lost = Callable[["Connection", str], None]


class UntrustedServer(RingwardError):
    """The call manager's certificate is not one that the phone trusts; the phone does not talk to it."""


def client_context(trusted: Path, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """A TLS context that trusts the certificates in one PEM file, and may show one of its own.

    Either an authority that signed the call manager's certificate or that certificate itself may be in the file.
    The certificate must also carry the name or address by which the configuration calls the server. Raises
    :class:`Unavailable` if a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cafile=trusted)
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except OSError as error:  # SSLError is one too
        raise Unavailable(f"cannot use {certificate or trusted} for TLS: {error.strerror or error}") from None
    return context


class Connection:
    """An open way to one call manager."""

    def __init__(self, member: Member, on_message: Receive, on_lost: Lost) -> None:
        self.member = member
        self._on_message = on_message
        self._on_lost = on_lost
        self._closing = False
        self.flow: Flow
        """The way to the call manager itself."""

    def send(self, flow: Flow, data: bytes) -> None:
        """Send one message by a flow of this connection."""
        raise NotImplementedError

    def close(self) -> None:
        """Close, without telling :class:`Lost`."""
        raise NotImplementedError

    async def closed(self) -> None:
        """Wait until nothing is left of a connection that was closed, at most :data:`CLOSE_TIMEOUT` seconds."""

    def _lost(self, reason: str) -> None:
        if not self._closing:
            self._closing = True
            self._on_lost(self, reason)


class _DatagramConnection(Connection, asyncio.DatagramProtocol):
    _transport: asyncio.DatagramTransport

    def __init__(self, member: Member, on_message: Receive, on_lost: Lost) -> None:
        super().__init__(member, on_message, on_lost)
        self._peers: OrderedDict[tuple[str, int], Flow] = OrderedDict()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def begin(self, remote: tuple[str, int], local: tuple[str, int]) -> None:
        self.flow = Flow(Transport.UDP, local, remote, self)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        source = (addr[0], addr[1])
        if source == self.flow.remote:
            self._on_message(data, self.flow)
            return
        flow = self._peers.get(source)
        if flow is None:
            flow = self._peers[source] = self.flow.toward(source)
            if len(self._peers) > MAX_PEERS:
                self._peers.popitem(last=False)
        self._on_message(data, flow)

    def error_received(self, exc: Exception) -> None:
        """Unreachable for the moment, or a forged ICMP message: SIP's own time-outs decide."""

    def send(self, flow: Flow, data: bytes) -> None:
        if not self._closing:
            self._transport.sendto(data, flow.remote)

    def close(self) -> None:
        self._closing = True
        self._transport.close()


class _StreamConnection(Connection, asyncio.Protocol):
    _transport: asyncio.Transport

    def __init__(self, member: Member, on_message: Receive, on_lost: Lost, keep_alive: float) -> None:
        super().__init__(member, on_message, on_lost)
        self._framer = StreamFramer()
        self._keep_alive = keep_alive
        self._timer: asyncio.TimerHandle | None = None
        """Waits for the time of the next ping, or for the answer to one."""
        self._asks = False
        """Whether a ping is unanswered."""
        self._gone = asyncio.Event()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        secure = transport.get_extra_info("ssl_object") is not None
        local, remote = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        self.flow = Flow(
            Transport.TLS if secure else Transport.TCP, (local[0], local[1]), (remote[0], remote[1]), self
        )
        self._ping_later()

    def _ping_later(self) -> None:
        self._stop_timer()
        self._asks = False
        if self._keep_alive:
            self._timer = asyncio.get_running_loop().call_later(self._keep_alive, self._ping)

    def _ping(self) -> None:
        self._asks = True
        self._transport.write(PING)
        self._timer = asyncio.get_running_loop().call_later(PONG_TIMEOUT, self._unanswered)

    def _unanswered(self) -> None:
        self._transport.abort()
        self._lost("the call manager does not answer keepalives")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def data_received(self, data: bytes) -> None:
        if self._asks:
            self._ping_later()
            if data == PONG and not self._framer.waiting:
                return
        try:
            messages = self._framer.feed(data)
        except MalformedMessage as error:
            self._transport.abort()
            self._lost(f"the call manager sent no SIP: {error}")
            return
        for _ in range(self._framer.pings):
            self._transport.write(PONG)
        self._framer.pings = 0
        for message in messages:
            self._on_message(message, self.flow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set()
        self._stop_timer()
        self._lost(str(exc) if exc else "the call manager closed the connection")

    def send(self, flow: Flow, data: bytes) -> None:
        if not self._closing:
            self._transport.write(data)

    def close(self) -> None:
        self._closing = True
        self._stop_timer()
        self._transport.close()

    async def closed(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._gone.wait()
        except TimeoutError:  # over TLS the call manager has to say that it closes, too
            self._transport.abort()
            await self._gone.wait()


async def connect(
    member: Member,
    transport: Transport,
    on_message: Receive,
    on_lost: Lost,
    *,
    local: tuple[str, int] = ("", 0),
    context: ssl.SSLContext | None = None,
    keep_alive: float = 0.0,
) -> Connection:
    """Open the way to a call manager; raises :class:`Unavailable` or :class:`UntrustedServer`.

    ``keep_alive``: seconds between pings on a stream, 0 for none. ``local`` is the address to send from: an empty
    host leaves the choice to the system, as does port 0.
    """
    if transport is Transport.TLS and context is None:
        raise UntrustedServer(f"{member}: the phone was given no certificate to know the call manager by")
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            if transport is Transport.UDP:
                return await _open_datagram(loop, member, on_message, on_lost, local)
            _, stream = await loop.create_connection(
                lambda: _StreamConnection(member, on_message, on_lost, keep_alive),
                member.host,
                member.port,
                ssl=context if transport is Transport.TLS else None,
                local_addr=local if local[0] else None,
            )
            return stream
    except ssl.SSLCertVerificationError as error:
        raise UntrustedServer(f"{member}: {error.verify_message}") from None
    except TimeoutError:
        raise Unavailable(f"{member} does not take the connection") from None
    except OSError as error:
        raise Unavailable(f"{member}: {error.strerror or error}") from None


async def _open_datagram(
    loop: asyncio.AbstractEventLoop, member: Member, on_message: Receive, on_lost: Lost, local: tuple[str, int]
) -> Connection:
    found = await loop.getaddrinfo(member.host, member.port, type=socket.SOCK_DGRAM)
    family, _, _, _, address = found[0]
    remote = (str(address[0]), int(address[1]))
    host = local[0] or _own_address(family, remote)
    transport, connection = await loop.create_datagram_endpoint(
        lambda: _DatagramConnection(member, on_message, on_lost), local_addr=(host, local[1]), family=family
    )
    name = transport.get_extra_info("sockname")
    connection.begin(remote, (name[0], name[1]))
    return connection


def _own_address(family: int, remote: tuple[str, int]) -> str:
    """The address that this host uses toward ``remote``; nothing is sent to find out."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(remote)
        return str(probe.getsockname()[0])
