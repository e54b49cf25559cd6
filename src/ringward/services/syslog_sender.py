"""Sends alarms to a syslog server: by UDP (RFC 5426), TCP (RFC 6587) or TLS (RFC 5425), in a thread of its own.

The way can be broken for as long as it likes: what waits is bounded, and nobody else waits for it.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ringward.domain.vocabulary import SyslogTransport
from ringward.protocols.syslog.message import SyslogMessage, framed

CAPACITY = 1_000
"""Messages that wait; of more the oldest are lost."""
RETRY_INTERVAL = 5.0
"""Seconds between two tries while the server cannot be reached."""
TIMEOUT = 5.0
"""Seconds for a connection, a handshake, or for the server to take a message."""
LAST_PATIENCE = 2.0
"""Seconds at the end for what still waits."""
DEFAULT_PORTS = {SyslogTransport.UDP: 514, SyslogTransport.TCP: 601, SyslogTransport.TLS: 6514}
"""RFC 5426 section 3.3, RFC 3195 section 9.2, RFC 5425 section 4.1."""


@dataclass(frozen=True, slots=True)
class SyslogTarget:
    """Where it goes."""

    host: str
    port: int
    """0 for the usual one of the transport."""
    transport: SyslogTransport
    trust: tuple[bytes, ...] = ()
    """Certificates (DER) that may vouch for the server, by TLS; without any none is believed."""


class SyslogSender:
    """See the module."""

    def __init__(
        self, on_trouble: Callable[[SyslogTarget, str], None], on_recovery: Callable[[SyslogTarget], None]
    ) -> None:
        """Both are called in the thread of the sender; trouble once for each try."""
        self._on_trouble = on_trouble
        self._on_recovery = on_recovery
        self._waiting: deque[SyslogMessage] = deque(maxlen=CAPACITY)
        self._target: SyslogTarget | None = None
        self._news = threading.Condition()
        self._stop_at: float | None = None
        self._way: tuple[SyslogTarget, socket.socket] | None = None
        self._thread = threading.Thread(target=self._run, name="syslog", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def aim(self, target: SyslogTarget | None) -> None:
        """Send there from now on; None for nowhere, and then nothing is kept."""
        with self._news:
            self._target = target
            if target is None:
                self._waiting.clear()
            self._news.notify()

    def put(self, message: SyslogMessage) -> None:
        """Take a message; returns at once."""
        with self._news:
            if self._target is not None and self._stop_at is None:
                self._waiting.append(message)
                self._news.notify()

    def stop(self) -> None:
        """Send what waits, if that goes quickly, and end."""
        with self._news:
            self._stop_at = time.monotonic() + LAST_PATIENCE
            self._news.notify()
        if self._thread.ident is not None:
            self._thread.join(LAST_PATIENCE + TIMEOUT)
        self._hang_up()

    def _run(self) -> None:
        while (found := self._next()) is not None:
            target, message = found
            try:
                self._send(target, message)
            except (OSError, ValueError) as error:  # ValueError: a host name that cannot be one
                self._hang_up()
                self._on_trouble(target, str(error) or type(error).__name__)
                with self._news:
                    if self._stop_at is not None:
                        return
                    self._news.wait(RETRY_INTERVAL)
            else:
                with self._news:
                    if self._waiting and self._waiting[0] is message:
                        self._waiting.popleft()
                self._on_recovery(target)

    def _next(self) -> tuple[SyslogTarget, SyslogMessage] | None:
        """What to send and where to, once there is something; None at the end."""
        with self._news:
            while not (self._waiting and self._target is not None):
                if self._stop_at is not None:
                    return None
                self._news.wait()
            if self._stop_at is not None and time.monotonic() > self._stop_at:
                return None
            return self._target, self._waiting[0]

    def _send(self, target: SyslogTarget, message: SyslogMessage) -> None:
        way = self._way
        if way is None or way[0] != target or _is_closed(way[1]):
            self._hang_up()
            way = self._way = target, _connect(target)
        data = message.encode()
        way[1].sendall(data if target.transport is SyslogTransport.UDP else framed(data))

    def _hang_up(self) -> None:
        way, self._way = self._way, None
        if way is not None:
            with contextlib.suppress(OSError):
                way[1].close()


def _connect(target: SyslogTarget) -> socket.socket:
    port = target.port or DEFAULT_PORTS[target.transport]
    if target.transport is not SyslogTransport.UDP:
        stream = socket.create_connection((target.host, port), TIMEOUT)
        if target.transport is SyslogTransport.TCP:
            return stream
        try:
            return _context(target.trust).wrap_socket(stream, server_hostname=target.host)
        except BaseException:
            stream.close()
            raise
    family, kind, protocol, _, address = socket.getaddrinfo(target.host, port, type=socket.SOCK_DGRAM)[0]
    datagrams = socket.socket(family, kind, protocol)
    try:
        datagrams.settimeout(TIMEOUT)
        datagrams.connect(address)
    except BaseException:
        datagrams.close()
        raise
    return datagrams


def _context(trust: Iterable[bytes]) -> ssl.SSLContext:
    """TLS by which only a server that the trust store vouches for, under its name, is believed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for each in trust:
        context.load_verify_locations(cadata=each)
    return context


def _is_closed(way: socket.socket) -> bool:
    """Whether a stream was closed by the other side, which is otherwise noticed one lost message later."""
    if way.type != socket.SOCK_STREAM:
        return False
    readable = select.poll()  # select itself takes no descriptors beyond 1,023, and phones may have these
    readable.register(way, select.POLLIN)
    if not readable.poll(0):
        return False
    way.setblocking(False)
    try:
        return not way.recv(4096)
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    except OSError:
        return True
    finally:
        way.settimeout(TIMEOUT)
